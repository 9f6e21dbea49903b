// What is written reads back as the same bytes, whatever an author puts in; and what the hub says beside a line never enters the
// merge.

import Testing

@testable import Core

@Suite struct CodingProperties {
  static let all: [any AnyProperty] = [lines, batches]

  private static let numbers = [1, 2, 9, 10, 65_535, 1 << 40, Limits.maxInteger]
  private static let texts = ["a", "", "\"", "\\", "\n\r\t", "\u{0}\u{1F}\u{7F}", "é", "e\u{301}", "修🚰", "\u{2028}/"]
  /// Odd on purpose: their exact bytes must survive.
  private static let raws = [
    "null", "0", "-0.0e-0", "1.50", "1e400", "123456789012345678901234567890", #""\u0041\/\b""#, #""\ud83d\udeb0""#,
    "\"e\u{301}\"", #"{"b":1,"a":{"z":[],"y":{}}}"#, #"{ "a" : [ 1 , 2 ] }"#, "[ ]", "true", "\"\"",
  ]
  private static let replicas = [Some.hub, Some.otherHub, Some.water, Some.gas, Some.heat]

  @Sendable private static func change(_ choices: inout Choices) -> Change {
    func dot(_ choices: inout Choices) -> Dot { Dot(choices.pick(replicas), choices.pick(numbers)) }
    let names = ["title", "assignment/a1/progress", "void/\(Dot(Some.water, 1))", "future/~!\"\\"]
    return Change(
      order: OrderID(
        maker: choices.pick([.hub, PlatformName(unchecked: "heat-2")]), milliseconds: choices.pick(numbers),
        random: [UInt8(choices.below(256))]),
      dot: dot(&choices),
      context: VersionVector(choices.list(atMost: 3, goOn: 60) { ($0.pick(replicas), $0.pick(numbers)) }),
      at: HybridTime(choices.pick(numbers), choices.pick([0, 1, 65_535])),
      author: Author(
        name: choices.pick(texts), role: choices.pick(texts), onBehalfOf: choices.chance(20) ? choices.pick(texts) : nil
      ),
      edits: choices.list(atMost: 3, goOn: 70) { choices in
        let value = JSONText(unchecked: Array(choices.pick(raws).utf8))
        return choices.chance(25)
          ? .append(kind: choices.pick(["note", "urge"]), value: value)
          : .set(register: choices.pick(names), value: value)
      },
      request: choices.chance(30) ? choices.pick(texts) : nil,
      origin: choices.chance(20) ? Origin(dot: dot(&choices), hash: .of([UInt8(choices.below(256))])) : nil)
  }

  static let lines = Property<Change>(
    name: "a line reads back as its bytes", cases: 9_000, generate: change,
    story: { String(decoding: ChangeLine.encode($0), as: UTF8.self) },
    fault: { change in
      let line = ChangeLine.encode(change)
      let again = try ChangeLine.decode(line)
      if again != change { return "it reads otherwise" }
      return ChangeLine.encode(again) == line ? nil : "it is written otherwise"
    })

  @Test(arguments: 0..<Cases.parts)
  func aLineReadsBackAsItsBytes(part: Int) { CodingProperties.lines.check(part: part) }

  private static func entry(_ change: Change, _ choices: inout Choices) -> Entry {
    let line = ChangeLine.encode(change)
    var head = Head(order: change.order, dot: change.dot, prev: choices.below(change.dot.n), hash: Hash.of(line))
    if choices.chance(50) { head.chain = Hash.of([UInt8(choices.below(256))]) }
    if choices.chance(50) { head.receipt = Hash.of([UInt8(choices.below(256))]) }
    if choices.chance(50) { head.verdict = choices.pick(Verdict.allCases) }
    if choices.chance(50) { head.received = choices.pick(numbers) }
    if choices.chance(50) { head.position = choices.pick(numbers) }
    if choices.chance(50) { head.feedHash = Hash.of([UInt8(choices.below(256))]) }
    head.isLane = choices.chance(30)
    head.sealed = choices.list(atMost: 2, goOn: 30) { choices in
      SealedValue(
        nonce: [UInt8](repeating: UInt8(choices.below(256)), count: 16),
        value: JSONText(unchecked: Array(choices.pick(raws).utf8)))
    }
    return Entry(head: head, line: line)
  }

  /// The same changes with two sets of heads, as two hubs might send them; some go without their line in the one.
  struct Batches {
    let world: [Change]
    let one: Batch
    let other: Batch
  }

  static let batches = Property<Batches>(
    name: "a batch reads back as its bytes, and no head enters the merge", cases: 1_000,
    generate: { choices in
      let world = choices.chance(50) ? World(&choices, steps: 5).changes : choices.list(atMost: 3, change)
      func batch(_ choices: inout Choices) -> Batch {
        Batch(
          header: ["cursor": [.int(choices.pick(numbers)), .string(choices.pick(texts))]],
          entries: world.map { entry($0, &choices) })
      }
      return Batches(world: world, one: batch(&choices), other: batch(&choices))
    },
    story: { String(decoding: $0.one.bytes + $0.other.bytes, as: UTF8.self) },
    fault: { given in
      var states: [[UInt8]] = []
      for batch in [given.one, given.other] {
        var sent = batch
        if let last = sent.entries.indices.last { sent.entries[last].line = nil }
        for form in [batch, sent] {
          let again = try Batch(parsing: form.bytes)
          if again.header != form.header || again.entries != form.entries { return "it reads otherwise" }
          if again.bytes != form.bytes { return "it is written otherwise" }
        }
        let items = try Batch(parsing: batch.bytes).entries.compactMap(\.line).map {
          Merge.LogItem.change(try ChangeLine.decode($0))
        }
        states.append(Copy(receiving: items).canonical)
      }
      return states[0] == states[1] ? nil : "what the hub said beside the lines entered the merge"
    })

  @Test(arguments: 0..<Cases.parts)
  func aBatchReadsBackAsItsBytesAndNoHeadEntersTheMerge(part: Int) { CodingProperties.batches.check(part: part) }
}
