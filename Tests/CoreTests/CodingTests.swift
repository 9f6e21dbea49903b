// What is written reads back as it was, and what an author wrote is kept byte for byte. Bad input is DecodersNeverTrap's.

import Testing

@testable import Core

/// Entries as a hub would send them, made of one random world.
enum Sample {
  static func entries(seed: UInt64) -> [Entry] {
    var random = SplitMix64(seed: seed)
    return World(seed: seed).changes.map { change in
      let line = ChangeLine.encode(change)
      var head = Head(order: change.order, dot: change.dot, prev: change.prev, hash: Hash.of(line))
      if random.chance(50) { head.chain = Hash.chain(.zero, head.hash) }
      if random.chance(50) {
        head.receipt = Hash.authenticating(line, key: [1])
        head.verdict = random.pick(Verdict.allCases)
        head.received = random.below(1 << 40)
      }
      if random.chance(50) {
        head.position = 1 + random.below(1 << 20)
        head.feedHash = Hash.feed(.zero, change.dot, head.hash)
        head.isLane = random.chance(30)
      }
      head.sealed = (0..<random.below(3)).map { index in
        SealedValue(
          nonce: [UInt8](repeating: UInt8(index), count: 16), value: JSONText(["phone": .string("138\n0000\(index)")]))
      }
      return Entry(head: head, line: random.chance(80) ? line : nil)
    }
  }

  static func batch(seed: UInt64) -> Batch {
    Batch(header: ["cursor": [3, "x"], "wait": 25], entries: entries(seed: seed))
  }
}

@Suite struct CodingTests {
  @Test func aChangeReadsBackAsItWasWritten() throws {
    for seed in 0..<UInt64(150) {
      for change in World(seed: seed).changes {
        let line = ChangeLine.encode(change)
        let again = try ChangeLine.decode(line)
        #expect(again == change, "seed \(seed)")
        #expect(ChangeLine.encode(again) == line, "seed \(seed)")
      }
    }
  }

  @Test func aChangeWithEveryFieldReadsBack() throws {
    let change = Change(
      order: Some.order, dot: Dot(Some.water, Limits.maxInteger),
      context: VersionVector([(Some.hub, 3), (Some.gas, 1)]),
      at: HybridTime(Limits.maxInteger, 65_535),
      author: Author(name: "王\"\\\u{7F}\u{1}\n", role: "crew", onBehalfOf: "water"),
      edits: [
        Some.set("title", "\u{0}\u{1F}🚰"), .append(kind: "note", value: JSONText(["text": "t", "visibility": "all"])),
      ],
      request: "req-1\t", origin: Origin(dot: Dot(Some.water, 4), hash: Hash.of([4])))
    #expect(try ChangeLine.decode(ChangeLine.encode(change)) == change)
  }

  @Test func unknownFieldsOfALineAreIgnored() throws {
    let plain = line("\"value\":1")
    let known = try ChangeLine.decode(plain)
    let text = String(decoding: plain, as: UTF8.self)
    let wider = text.replacingFirst("{\"order\"", with: "{\"new\":{\"a\":[1e400,null]},\"order\"")
      .replacingFirst("{\"name\"", with: "{\"new\":1,\"name\"").replacingFirst("{\"set\"", with: "{\"new\":[],\"set\"")
    #expect(wider != text)
    #expect(try ChangeLine.decode(Array(wider.utf8)) == known)
  }

  @Test func unknownFieldsOfAHeadAreIgnored() throws {
    let entry = try #require(Sample.entries(seed: 1).first)
    var bytes: [UInt8] = []
    Entry(head: entry.head, line: nil).write(to: &bytes)
    let wider = String(decoding: bytes, as: UTF8.self).replacingFirst("{", with: "{\"new\":[{\"n\":1.5}],")
    #expect(try Entry.readHead(Array(wider.utf8)).head == entry.head)
  }

  /// A line whose one edit holds `value`.
  private func line(_ value: String) -> [UInt8] {
    Array(
      """
      {"order":"\(Some.order)","dot":["\(Some.water)",2],"context":{},"at":[1,0],"author":{"name":"a","role":"b"},\
      "edits":[{"set":"title",\(value)}]}
      """.utf8)
  }

  @Test(arguments: [
    "1.50", "1e400", "-0", "-0.0e-0", "1E+2", "123456789012345678901234567890", #""\u0041\/\b""#, #""\ud83d\udeb0""#,
    "\"e\u{301}\"", "\"\u{e9}\"", "\"\u{2028}\"", #"{"b":1,"a":{"z":[],"y":{}}}"#, #"{ "a" : [ 1 , 2 ] }"#, "null",
    "\"\"",
  ])
  func aValueIsKeptAsTheBytesItsAuthorWrote(value: String) throws {
    let change = try ChangeLine.decode(line("\"value\": \(value) "))
    let expected = Edit.set(register: "title", value: JSONText(unchecked: Array(value.utf8)))
    #expect(change.edits == [expected])
    #expect(try ChangeLine.decode(ChangeLine.encode(change)).edits == [expected])
    var copy = Copy()
    copy.receive(change)
    let stored = try OrderState(id: Some.order, stored: copy.state.stored)
    #expect(stored == copy.state)
    #expect(stored.siblings("title").first?.value.bytes == Array(value.utf8))
    #expect(String(decoding: copy.canonical, as: UTF8.self).contains("\(change.dot) 1.0 \(value)\n"))
  }

  @Test func aBatchReadsBackAsItWasWritten() throws {
    for seed in 0..<UInt64(100) {
      let batch = Sample.batch(seed: seed)
      let again = try Batch(parsing: batch.bytes)
      #expect(again.header == batch.header && again.entries == batch.entries, "seed \(seed)")
      #expect(again.bytes == batch.bytes, "seed \(seed)")
    }
  }

  @Test func aTreeReadsBackAsItWasWritten() throws {
    var random = SplitMix64(seed: 9)
    func tree(_ depth: Int) -> JSON {
      switch random.below(depth > 0 ? 8 : 6) {
      case 0: .null
      case 1: .bool(random.chance(50))
      case 2: .int(Int(truncatingIfNeeded: random.next()))
      case 3: .number("-1.5e\(random.below(400))")
      case 4, 5: .string(String((0..<random.below(5)).map { _ in random.pick(Array("a\"\\/\n\t\u{0}\u{7F}é🚰修")) }))
      case 6: .array((0..<random.below(4)).map { _ in tree(depth - 1) })
      default: .object((0..<random.below(4)).map { JSON.Member("k\($0)\n", tree(depth - 1)) })
      }
    }
    for _ in 0..<3_000 {
      let value = tree(4)
      #expect(try JSON(parsing: value.bytes) == value)
      #expect(!value.bytes.contains { $0 < 0x20 || $0 == 0x7F })
    }
  }

  @Test func theCanonicalFormIsMadeOfTheLinesThatAreDocumented() throws {
    var hand = Hand()
    let first = hand.change(
      Some.hub, at: 5,
      [Some.set("title", "爆管"), .append(kind: "note", value: JSONText(["text": "b", "visibility": "all"]))])
    let second = hand.change(Some.water, at: 6, [Some.set("title", 1), .append(kind: "urge", value: JSONText([:]))])
    var copy = Copy()
    for change in [second, first] { copy.receive(change) }
    #expect(
      String(decoding: copy.canonical, as: UTF8.self) == """
        order \(Some.order)
        vector \(Some.hub) 1
        vector \(Some.water) 1
        register title \(Some.hub):1 5.0 "爆管"
        register title \(Some.water):1 6.0 1
        entry \(Some.hub):1 1 note {"text":"b","visibility":"all"}
        entry \(Some.water):1 1 urge {}

        """)
  }
}

extension String {
  /// The text with the first occurrence of `part` replaced.
  func replacingFirst(_ part: String, with replacement: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(in: range, with: replacement)
  }

  private func firstRange(of part: String) -> Range<String.Index>? { ranges(of: part).first }

  private func replacingCharacters(in range: Range<String.Index>, with replacement: String) -> String {
    String(self[..<range.lowerBound]) + replacement + String(self[range.upperBound...])
  }
}
