// The immutable fact: one change of one order by one author. How it is written is ChangeLine's; what it means is Merge's.

/// Who made a change, for people; decides nothing.
public struct Author: Sendable, Hashable {
  public var name: String
  public var role: String
  /// The platform on whose behalf the hotline recorded it by phone, else nil.
  public var onBehalfOf: String?

  public init(name: String, role: String, onBehalfOf: String? = nil) {
    self.name = name
    self.role = role
    self.onBehalfOf = onBehalfOf
  }

  var json: JSON {
    .compact([("name", .string(name)), ("role", .string(role)), ("for", onBehalfOf.map(JSON.string))])
  }
}

/// One edit of a change. Values are exact bytes.
public enum Edit: Sendable, Hashable {
  /// Writes a register (DOMAIN's table, `RegisterTable`).
  case set(register: String, value: JSONText)
  /// Appends an entry of a kind (`EntryKind`).
  case append(kind: String, value: JSONText)
}

/// What a re-authored change replaces: the original's dot and hash.
public struct Origin: Sendable, Hashable {
  public let dot: Dot
  public let hash: Hash
  public init(dot: Dot, hash: Hash) {
    self.dot = dot
    self.hash = hash
  }
}

/// A change, decoded. Its identity is the hash of its line, not this value.
public struct Change: Sendable, Hashable {
  public let order: OrderID
  public let dot: Dot
  /// The order's vector that the author saw before making it.
  public let context: VersionVector
  public let at: HybridTime
  public let author: Author
  public let edits: [Edit]
  /// The caller's own id of the command, by which a repeat finds the first answer.
  public let request: String?
  public let origin: Origin?

  public init(
    order: OrderID, dot: Dot, context: VersionVector, at: HybridTime, author: Author, edits: [Edit],
    request: String? = nil, origin: Origin? = nil
  ) {
    self.order = order
    self.dot = dot
    self.context = context
    self.at = at
    self.author = author
    self.edits = edits
    self.request = request
    self.origin = origin
  }

  /// The replica's previous n on this order, 0 for its first.
  public var prev: Int { context[dot.replica] }

  /// Dots that this change of the hub's says to be another order's: whoever holds them as changes of this one gives them up.
  public var forkedElsewhere: [Dot] {
    guard dot.replica.isHub else { return [] }
    return edits.compactMap { edit in
      guard case .set(let register, let value) = edit, register.hasPrefix("lost/"), value.json["reason"] == "fork"
      else { return nil }
      return try? Dot(String(register.dropFirst(5)))
    }
  }

  /// True for a hub change that writes a `void/…`, `lost/…` or `purged/…` register: it cannot itself be voided.
  public var cannotBeVoided: Bool {
    dot.replica.isHub
      && edits.contains {
        if case .set(let register, _) = $0 {
          register.hasPrefix("void/") || register.hasPrefix("lost/") || register.hasPrefix("purged/")
        } else {
          false
        }
      }
  }
}

/// A sealed value: it travels in a head and lies beside the line, which holds only its commitment.
public struct SealedValue: Sendable, Hashable {
  /// 16 random bytes.
  public let nonce: [UInt8]
  public let value: JSONText
  public let commitment: Hash

  public init(nonce: [UInt8], value: JSONText) {
    self.nonce = nonce
    self.value = value
    commitment = .commitment(nonce: nonce, value: value.bytes)
  }

  /// What stands in the line: `{"sealed":"<commitment>"}`.
  public var placeholder: JSON { ["sealed": commitment.json] }

  /// The commitment that a value in a line stands for, or nil where it is no placeholder.
  public static func commitment(in value: JSON) -> Hash? { value["sealed"]?.asString.flatMap(Hash.init) }
}
