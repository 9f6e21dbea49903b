// Bad input of every kind: a typed error that names what is wrong, never a trap. Each trap would end a hub for everyone.

import Testing

@testable import Core

@Suite struct DecodersNeverTrap {
  /// The line of a sound change, with one part replaced.
  private func line(_ part: String = "", _ replacement: String = "") -> [UInt8] {
    let sound =
      #"{"order":"\#(Some.order)","dot":["\#(Some.water)",2],"context":{"\#(Some.hub)":3},"at":[1,0],"#
      + #""author":{"name":"a","role":"b"},"request":"q","edits":[{"set":"title","value":"v"}]}"#
    return Array(sound.replacingFirst(part, with: replacement).utf8)
  }

  @Test func theSoundLineIsSound() throws {
    #expect(try ChangeLine.decode(line()).request == "q")
  }

  @Test(arguments: [
    (",2]", ",2.0]", JSONError.Reason.wrongType), (",2]", ",2e0]", .wrongType), (",2]", ",\"2\"]", .wrongType),
    (",2]", ",0]", .outOfRange), (",2]", ",-1]", .outOfRange), (",2]", ",9007199254740992]", .outOfRange),
    (",2]", ",9223372036854775808]", .outOfRange), (",2]", ",02]", .unexpected), (",2]", ",2,3]", .unexpected),
    (",2]", "]", .missing), (":3}", ":3.5}", .wrongType), (":3}", ":0}", .outOfRange),
    (":3}", ":9223372036854775808}", .outOfRange), (":3}", ":-9223372036854775808}", .outOfRange),
    ("[1,0]", "[1]", .missing), ("[1,0]", "[1,65536]", .outOfRange), ("[1,0]", "[-1,0]", .outOfRange),
    ("[1,0]", "[1,0,0]", .unexpected), ("[1,0]", "[1e3,0]", .wrongType), ("[1,0]", "{}", .unexpected),
    (",\"request\":\"q\"", ",\"request\":1", .wrongType), ("\"edits\":[{", "\"edits\":{\"a\":[{", .unexpected),
    (",\"value\":\"v\"", "", .missing), ("\"set\":\"title\",", "", .unexpected),
    ("\"set\":\"title\"", "\"set\":\"title\",\"append\":\"note\"", .unexpected),
    ("\"set\":\"title\"", "\"set\":\"\"", .outOfRange), ("\"set\":\"title\"", "\"set\":\"a b\"", .outOfRange),
    ("\"set\":\"title\"", "\"set\":\"a\\nb\"", .outOfRange), ("\"order\"", "\"ordre\"", .missing),
    ("\"dot\"", "\"bot\"", .missing), ("\"context\"", "\"kontext\"", .missing), ("\"at\"", "\"it\"", .missing),
    ("\"edits\"", "\"edicts\"", .missing), ("\"at\"", "\"dot\"", .duplicateKey),
    ("\"v\"", "{\"a\":1,\"a\":2}", .duplicateKey),
    ("\"v\"", "{\"a\":1,\"\\u0061\":2}", .duplicateKey), ("\"v\"", "\"\\ud83d\"", .badString),
    ("\"v\"", "\"\\udeb0\"", .badString), ("\"v\"", "\"\\ud83d\\u0041\"", .badString),
    ("\"v\"", "\"\\u00g0\"", .badString),
    ("\"v\"", "\"\\x\"", .badString), ("\"v\"", "\"a\u{1}\"", .badString), ("\"v\"", "\"\t\"", .badString),
    ("\"v\"", "01", .unexpected), ("\"v\"", "1.", .badNumber), ("\"v\"", ".5", .unexpected),
    ("\"v\"", "+1", .unexpected),
    ("\"v\"", "1e", .badNumber), ("\"v\"", "-", .badNumber), ("\"v\"", "NaN", .unexpected),
    ("\"v\"", "tru", .unexpected),
    ("\"v\"", "'v'", .unexpected), ("\"v\"", "[1,]", .unexpected), ("\"v\"", "{\"a\":1,}", .unexpected),
    ("\"v\"", String(repeating: "1", count: 65), .badNumber), ("}]}", "}]}x", .trailing), ("}]}", "}]}{}", .trailing),
    ("}]}", "}]", .truncated), ("\"name\":\"a\"", "\"name\":null", .wrongType),
  ])
  func aFaultInALineIsNamed(part: String, replacement: String, reason: JSONError.Reason) {
    let bad = line(part, replacement)
    #expect(bad != line())
    #expect {
      try ChangeLine.decode(bad)
    } throws: { error in
      (error as? JSONError)?.reason == reason
    }
  }

  /// The canonical form is made of lines, and of the very bytes of the values.
  @Test(arguments: ["[1,\n2]", "\n1", "{\"a\"\n:1}"])
  func aLineIsOneLine(value: String) {
    #expect(throws: JSONError.self) { try ChangeLine.decode(line("\"v\"", value)) }
    #expect(throws: JSONError.self) { try JSONText(checking: Array(value.utf8)) }
  }

  @Test func depthIsBoundedBeforeItIsFollowed() throws {
    func nested(_ depth: Int) -> [UInt8] {
      [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
    }
    _ = try JSON(parsing: nested(32))
    for depth in [33, 1_000, 200_000] {
      #expect(throws: JSONError(.tooDeep, at: 33)) { try JSON(parsing: nested(depth)) }
      #expect(throws: JSONError(.tooDeep, at: 33)) { try JSONText(checking: nested(depth)) }
    }
    let objects = Array(String(repeating: "{\"a\":", count: 33).utf8)
    #expect { try JSON(parsing: objects) } throws: { ($0 as? JSONError)?.reason == .tooDeep }
    // A value lies three deep in its line.
    #expect(throws: Never.self) { try ChangeLine.decode(line("\"v\"", String(decoding: nested(29), as: UTF8.self))) }
    #expect(throws: JSONError.self) {
      try ChangeLine.decode(line("\"v\"", String(decoding: nested(30), as: UTF8.self)))
    }
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xBF], [0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]])
  func whatIsNotUTF8IsRefused(bytes: [UInt8]) {
    let text = Array("\"".utf8) + bytes + Array("\"".utf8)
    #expect(throws: JSONError(.notUTF8)) { try JSON(parsing: text) }
    #expect(throws: JSONError(.notUTF8)) { try ChangeLine.decode(Array("{\"a\":".utf8) + text + Array("}".utf8)) }
  }

  @Test func limitsAreCheckedAndNamed() {
    func error(_ part: String, _ replacement: String) -> String {
      do { return "read \(try ChangeLine.decode(line(part, replacement)).dot)" } catch { return "\(error)" }
    }
    let components = (0..<4_097).map { index in
      "\"\(ReplicaID(platform: .hub, random: [1, UInt8(index >> 8), UInt8(index & 255)]))\":1"
    }
    #expect(error("\"\(Some.hub)\":3", components.joined(separator: ",")).contains("4096"))
    #expect(error("\"\(Some.hub)\":3", components.dropLast().joined(separator: ",")).contains("read"))
    let edits = Array(repeating: "{\"set\":\"title\",\"value\":1}", count: 128).joined(separator: ",")
    #expect(error("\"edits\":[", "\"edits\":[\(edits),").contains("128"))
    #expect(error("\"q\"", "\"\(String(repeating: "q", count: 129))\"").contains("128"))
    #expect(error("\"v\"", "\"\(String(repeating: "v", count: Limits.maxValueBytes))\"").contains("65536"))
    #expect(error("\"v\"", "[\(String(repeating: " ", count: Limits.maxLineBytes))]").contains("262144"))
    #expect(error("\"title\"", "\"\(String(repeating: "t", count: 513))\"").contains("edits.set"))
  }

  @Test func aBatchThatIsCutAnywhereIsRefusedWhole() throws {
    let bytes = Sample.batch(seed: 5).bytes
    for length in 0..<bytes.count {
      #expect(throws: JSONError.self, "cut at \(length)") { try Batch(parsing: Array(bytes[..<length])) }
    }
  }

  @Test func everyCutOfALineAHeadAndAStateIsAnError() throws {
    let entries = (0..<UInt64(20)).flatMap { Sample.entries(seed: $0) }
    let entry = try #require(entries.first { $0.line != nil && !$0.head.sealed.isEmpty })
    let sound = try #require(entry.line)
    for length in 0..<sound.count {
      #expect(throws: JSONError.self) { try ChangeLine.decode(Array(sound[..<length])) }
    }
    var head: [UInt8] = []
    Entry(head: entry.head, line: nil).write(to: &head)
    for length in 0..<head.count - 1 {
      #expect(throws: JSONError.self) { try Entry.readHead(Array(head[..<length])) }
    }
    let stored = Merge.fold(World(seed: 7).items, order: Some.order).state.stored
    for length in 0..<stored.count {
      #expect(throws: StateError.self) { try OrderState(id: Some.order, stored: Array(stored[..<length])) }
    }
  }

  @Test(arguments: 0..<Cases.parts)
  func mutatedBytesNeverTrap(part: Int) {
    var random = SplitMix64(seed: UInt64(part) + 77)
    let entries = (0..<8).flatMap { Sample.entries(seed: UInt64(part) << 8 | $0) }
    let states = (0..<8).map { Merge.fold(World(seed: $0).items, order: Some.order).state.stored }
    let batch = Batch(header: ["cursor": [3, "x"]], entries: Array(entries.prefix(2))).bytes
    var read = 0
    var refused = 0
    func attempt(_ decode: () throws -> Void) {
      do {
        try decode()
        read += 1
      } catch {
        refused += 1
        if "\(error)".isEmpty { Issue.record("an error without words") }
      }
    }
    for _ in 0..<Cases.scaled(20_000) / Cases.parts {
      let entry = random.pick(entries)
      switch random.below(8) {
      case 0: attempt { _ = try Batch(parsing: mutated(batch, &random)) }
      case 1, 2:
        let stored = mutated(random.pick(states), &random)
        attempt { use(try OrderState(id: Some.order, stored: stored)) }
      case 3, 4:
        var head: [UInt8] = []
        Entry(head: entry.head, line: nil).write(to: &head)
        let bad = mutated(head, &random)
        attempt { _ = try Entry.readHead(bad) }
      default:
        let bad = mutated(entry.line ?? line(), &random)
        attempt {
          var copy = Copy()
          copy.receive(try ChangeLine.decode(bad))
          use(copy.state)
        }
      }
    }
    #expect(Cases.scaled(20_000) < 1_000 || (read > 0 && refused > read), "\(read) read, \(refused) refused")
  }

  /// What anyone would do with a state that was read.
  private func use(_ state: OrderState) {
    _ = state.stored
    let view = OrderView(state)
    _ = view.status(now: 5)
    for register in state.registers.keys { _ = state.value(register) }
  }

  private static let splices = [
    "9223372036854775808", "-9223372036854775808", "1e999999999", "1.5", "null", "[[[[", "{\"a\":", "\\ud800", "\u{0}",
    "\"", "}",
    "]", "-", "\\", "00", "é", "true", "18446744073709551616",
  ].map { Array($0.utf8) }

  private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(3) {
      guard !bytes.isEmpty else { return bytes }
      let place = random.below(bytes.count)
      switch random.below(6) {
      case 0: bytes[place] = UInt8(random.below(256))
      case 1: bytes[place] ^= 1 << UInt8(random.below(8))
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(contentsOf: random.pick(DecodersNeverTrap.splices), at: place)
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(40)))
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + random.below(40))], at: place)
      }
    }
    return bytes
  }
}
