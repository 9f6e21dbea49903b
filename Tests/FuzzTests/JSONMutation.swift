// Mutations of a JSON value as a tree, so that what comes out is still JSON nearly always and is refused late; and of a batch, whose
// hashes and lengths are set right again so that what is in it gets read.

@testable import Core

struct JSONMutation {
  let corpus: FuzzCorpus

  /// Raw texts in place of a value; some are no JSON.
  private static let odd: [JSON] =
    [
      "0", "-1", "1", "2", "-0", "-0.0", "1.5", "1.0", "1e0", "1e300", "1e-300", "1e999999999", "65535", "65536",
      "1000",
      "1001", "2001", "4096", "9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740991",
      "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
      "18446744073709551616", String(repeating: "9", count: 64), String(repeating: "9", count: 65), "00", "01", "1.",
      "-", "NaN", "true", "false", "null", "\"\"", "{}", "[]", "\"\\ud800\"", "\"\\udc00\\ud800\"",
      "\"\\ud83d\\ude00\"",
      "\"\\u0000\"", "\"a\\u0000b\"", "\"\u{0}\"", "\"\\u2028\\u000a\"", "\"\\x\"", "\"\\u00g0\"",
      "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"sealed\":\"\"}", "[1,2", "\"",
    ].map { JSON.number($0) }

  /// One change at one place, both by chance.
  func mutated(_ tree: JSON, _ random: inout FuzzRandom) -> JSON {
    var place = random.below(JSONMutation.size(tree))
    return rewritten(tree, key: nil, at: &place, &random)
  }

  private static func size(_ json: JSON) -> Int {
    switch json {
    case .array(let elements): elements.reduce(1) { $0 + size($1) }
    case .object(let members): members.reduce(1) { $0 + size($1.value) }
    default: 1
    }
  }

  private func rewritten(_ json: JSON, key: String?, at place: inout Int, _ random: inout FuzzRandom) -> JSON {
    guard place != 0 else {
      place = -1
      return changed(json, key: key, &random)
    }
    place -= 1
    switch json {
    case .array(var elements):
      for index in elements.indices where place >= 0 {
        elements[index] = rewritten(elements[index], key: nil, at: &place, &random)
      }
      return .array(elements)
    case .object(var members):
      for index in members.indices where place >= 0 {
        let member = members[index]
        members[index] = JSON.Member(member.key, rewritten(member.value, key: member.key, at: &place, &random))
      }
      return .object(members)
    default: return json
    }
  }

  private func changed(_ json: JSON, key: String?, _ random: inout FuzzRandom) -> JSON {
    switch random.below(12) {
    case 0, 1: return random.pick(JSONMutation.odd)
    case 2, 3, 4:
      // What stands under this key elsewhere is most likely to be taken.
      guard let key, let plausible = corpus.valuesByKey[key] else { return random.pick(corpus.values) }
      return random.pick(plausible)
    case 5: return random.pick(corpus.values)
    case 6:
      let depth = random.chance(80) ? 1 + random.below(6) : 20 + random.below(24)
      return (0..<depth).reduce(json) { inner, _ in random.chance(50) ? .array([inner]) : ["a": inner] }
    default: return within(json, &random)
    }
  }

  /// A change inside the value, which stays of its type.
  private func within(_ json: JSON, _ random: inout FuzzRandom) -> JSON {
    switch json {
    case .object(let members): return .object(changed(members, &random))
    case .array(var elements):
      guard !elements.isEmpty else { return [random.pick(corpus.values)] }
      let index = random.below(elements.count)
      switch random.below(5) {
      case 0: elements.remove(at: index)
      case 1: elements.insert(elements[index], at: random.below(elements.count))
      case 2: elements.swapAt(index, random.below(elements.count))
      case 3: elements.append(random.pick(corpus.values))
      default:
        let many = random.chance(90) ? random.below(5) : random.below(300)
        elements += Array(repeating: elements[index], count: many)
      }
      return .array(elements)
    case .string(let text):
      if random.chance(3) {
        return .string(
          String(repeating: text.isEmpty ? "x" : text, count: 1 + random.below(40_000 / (text.utf8.count + 1))))
      }
      var bytes = Array(text.utf8)
      ByteMutation.mutate(&bytes, other: Array("water".utf8), &random)
      return .string(String(decoding: bytes, as: UTF8.self))
    case .int(let value):
      return random.pick([.int(value &+ 1), .int(value &- 1), .int(0 &- value), .int(value &* 1_000), .int(value / 2)])
    case .bool(let value): return .bool(!value)
    case .number, .null: return random.pick(JSONMutation.odd)
    }
  }

  private func changed(_ members: [JSON.Member], _ random: inout FuzzRandom) -> [JSON.Member] {
    var members = members
    let added = JSON.Member(random.pick(corpus.keys), random.pick(corpus.values))
    guard !members.isEmpty else { return [added] }
    let index = random.below(members.count)
    let other = random.below(members.count)
    switch random.below(7) {
    case 0: members.remove(at: index)
    case 1: members.insert(JSON.Member(members[index].key, members[other].value), at: other)
    case 2: members.insert(added, at: index)
    case 3: members[index] = JSON.Member(random.pick(corpus.keys), members[index].value)
    case 4:
      let value = members[index].value
      members[index] = JSON.Member(members[index].key, members[other].value)
      members[other] = JSON.Member(members[other].key, value)
    case 5: members.swapAt(index, other)
    default:
      let many = random.chance(90) ? 1 + random.below(14) : random.below(300)
      members += (0..<many).map { JSON.Member("x\($0)", .int($0)) }
    }
    return members
  }
}

struct BatchMutation {
  let corpus: FuzzCorpus

  func mutated(_ batch: Batch, _ rounds: Int, _ random: inout FuzzRandom) -> [UInt8] {
    var batch = batch
    for _ in 0..<rounds { mutate(&batch, &random) }
    guard random.chance(20), let raw = withHeadMutated(batch, &random) else { return batch.bytes }
    return raw
  }

  private func mutate(_ batch: inout Batch, _ random: inout FuzzRandom) {
    let json = JSONMutation(corpus: corpus)
    guard !batch.entries.isEmpty, random.chance(85) else {
      batch.header = json.mutated(batch.header, &random)
      return
    }
    let index = random.below(batch.entries.count)
    switch random.below(9) {
    case 0: batch.entries.remove(at: index)
    case 1: batch.entries.insert(batch.entries[index], at: random.below(batch.entries.count))
    case 2: batch.entries.swapAt(index, random.below(batch.entries.count))
    case 3:
      let head = batch.entries[index].head
      let sealed = SealedValue(nonce: random.bytes(random.below(70)), value: JSONText(random.pick(corpus.values)))
      batch.entries[index].head.sealed = head.sealed + Array(repeating: sealed, count: 1 + random.below(3))
    default:
      guard let line = batch.entries[index].line, let tree = try? JSON(parsing: line) else { return }
      let mutated = json.mutated(tree, &random).bytes
      // A line feed would end the line: it stands for itself in the bytes that follow.
      batch.entries[index].line = mutated.isEmpty ? nil : mutated
    }
    if random.chance(90) { repair(&batch) }
  }

  /// Hashes and chains as their author would have made them.
  private func repair(_ batch: inout Batch) {
    var chain: Hash?
    for index in batch.entries.indices {
      guard let line = batch.entries[index].line else { continue }
      let dot = batch.entries[index].head.dot
      batch.entries[index].head.hash = .of(line)
      guard batch.entries[index].head.chain != nil else { continue }
      // Every scene's runs go on from those of the working one.
      let before = chain ?? (try? FuzzScene.working())?.facts.highWater(dot.replica).chain ?? .zero
      chain = .chain(before, batch.entries[index].head.hash)
      batch.entries[index].head.chain = chain
    }
  }

  /// The batch with one head line mutated as JSON.
  private func withHeadMutated(_ batch: Batch, _ random: inout FuzzRandom) -> [UInt8]? {
    guard !batch.entries.isEmpty else { return nil }
    let chosen = random.below(batch.entries.count)
    var output = JSON.object((batch.header.asObject ?? []) + [JSON.Member("entries", .int(batch.entries.count))]).bytes
    output.append(0x0A)
    for (index, entry) in batch.entries.enumerated() {
      var bytes: [UInt8] = []
      entry.write(to: &bytes)
      if index == chosen, let end = bytes.firstIndex(of: 0x0A), let head = try? JSON(parsing: Array(bytes[..<end])) {
        bytes.replaceSubrange(..<end, with: JSONMutation(corpus: corpus).mutated(head, &random).bytes)
      }
      output += bytes
    }
    return output
  }
}
