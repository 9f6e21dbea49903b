// From what an author wants to write to the change that says it: plain drafts, sealing, the change itself. Ids and nonces are passed in.

/// One edit in plain values, before sealing.
public enum Draft: Sendable, Hashable {
  case set(String, JSON)
  case append(String, JSON)
}

public enum Authoring {
  /// Turns drafts into edits; sealed values are replaced by their commitments and returned beside. `nonce` gives 16 random bytes.
  public static func seal(_ drafts: [Draft], nonce: () -> [UInt8]) -> (edits: [Edit], sealed: [SealedValue]) {
    var sealed: [SealedValue] = []
    func hide(_ value: JSON) -> JSON {
      let hidden = SealedValue(nonce: nonce(), value: JSONText(value))
      sealed.append(hidden)
      return hidden.placeholder
    }
    let edits = drafts.map { draft -> Edit in
      switch draft {
      case .set(let register, let value):
        guard RegisterName(register)?.row.sealedFor != nil, !value.isNull else {
          return .set(register: register, value: JSONText(value))
        }
        return .set(register: register, value: JSONText(hide(value)))
      case .append(let kind, let value):
        return .append(kind: kind, value: JSONText(sealEntry(kind, value, hide)))
      }
    }
    return (edits, sealed)
  }

  /// An `own` note's text and a contact's number are sealed.
  private static func sealEntry(_ kind: String, _ value: JSON, _ hide: (JSON) -> JSON) -> JSON {
    guard let members = value.asObject else { return value }
    let field: String
    switch kind {
    case "note" where value["visibility"] == .string("own"): field = "text"
    case "contact": field = "number"
    default: return value
    }
    return .object(members.map { $0.key == field ? JSON.Member($0.key, hide($0.value)) : $0 })
  }

  /// What is wrong with the sealed values beside one change, or nil. Both authors ask before they write, the hub on arrival.
  public static func faultInSealed(_ values: [SealedValue]) -> String? {
    if values.count > Limits.maxSealedValues {
      return "a change has at most \(Limits.maxSealedValues) personal values"
    }
    if values.contains(where: { $0.value.bytes.count > Limits.maxSealedBytes }) {
      return "a personal value has at most \(Limits.maxSealedBytes) bytes"
    }
    if values.contains(where: { depth($0.value.bytes) > Limits.maxSealedDepth }) {
      return "a personal value is nested at most \(Limits.maxSealedDepth) deep"
    }
    return nil
  }

  /// Levels of arrays and objects in the text of one JSON value.
  private static func depth(_ bytes: [UInt8]) -> Int {
    var level = 0
    var deepest = 0
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else if byte == 0x22 {
          isInString = false
        }
        continue
      }
      switch byte {
      case 0x22: isInString = true
      case 0x5B, 0x7B:
        level += 1
        deepest = max(deepest, level)
      case 0x5D, 0x7D: level -= 1
      default: break
      }
    }
    return deepest
  }

  /// What is wrong with plain drafts, or nil: each register and entry against its row.
  public static func fault(_ drafts: [Draft]) -> String? {
    for draft in drafts {
      switch draft {
      case .set(let name, let value):
        guard let register = RegisterName(name) else { return "there is no register '\(name)'" }
        if value.isNull {
          if !register.row.isNullable { return "\(name): null is not allowed" }
        } else if let fault = register.row.shape.faultInPlain(value, at: name) {
          return fault
        }
      case .append(let kind, let value):
        guard let row = RegisterTable.entry(kind) else { return "there is no entry '\(kind)'" }
        if let fault = row.shape.faultInPlain(value, at: kind) { return fault }
        // The table has any JSON here, since in a line it may be a commitment.
        if kind == "note", value["text"]?.asString == nil { return "note.text: must be text" }
      }
    }
    return nil
  }
}

/// The commitments that a change's line names, and for whom their values are.
public struct SealedMention: Sendable, Hashable {
  public let commitment: Hash
  /// The register or entry kind.
  public let place: String
  public let isForLead: Bool
}

extension Change {
  /// Every commitment in this change's line.
  public var sealedMentions: [SealedMention] {
    edits.flatMap { edit -> [SealedMention] in
      switch edit {
      case .set(let name, let value):
        guard let sealedFor = RegisterName(name)?.row.sealedFor, !value.isNull,
          let commitment = SealedValue.commitment(in: value.json)
        else { return [] }
        if case .lead = sealedFor { return [SealedMention(commitment: commitment, place: name, isForLead: true)] }
        return [SealedMention(commitment: commitment, place: name, isForLead: false)]
      case .append(let kind, let value):
        guard kind == "note" || kind == "contact", let members = value.json.asObject else { return [] }
        return members.compactMap { member in
          SealedValue.commitment(in: member.value).map {
            SealedMention(commitment: $0, place: kind, isForLead: false)
          }
        }
      }
    }
  }
}
