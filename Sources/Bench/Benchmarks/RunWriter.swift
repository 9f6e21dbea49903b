// The changes of one run, written as an agent writes them: numbered, chained, in pushes. What they say is the benchmarks' choice.

import Core
import Foundation

/// One push: a run's contiguous entries.
struct Push {
  let replica: ReplicaID
  let entries: [Entry]
}

/// A fresh run of the measured platform.
struct RunWriter {
  private static let entriesInPush = 500

  let replica: ReplicaID
  /// Of the last change.
  private(set) var lineBytes = 0
  private let now = Int(Date().timeIntervalSince1970 * 1_000)
  private var n = 0
  private var chain = Hash.zero
  private var entries: [Entry] = []
  private var pushes: [Push] = []

  init(_ platform: PlatformName) { replica = ReplicaID(platform: platform, random: RunWriter.random()) }

  /// Ten random bytes, as names of runs and orders are made of.
  private static func random() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<10).map { _ in .random(in: .min ... .max, using: &generator) }
  }

  /// Writes the next change.
  @discardableResult
  mutating func write(_ edits: [Core.Edit], to order: OrderID, _ context: VersionVector, request: String? = nil) -> Dot
  {
    n += 1
    let change = Change(
      order: order, dot: Dot(replica, n), context: context, at: HybridTime(now),
      author: Author(name: "crew", role: "crew"), edits: edits, request: request)
    let line = ChangeLine.encode(change)
    lineBytes = line.count
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    var head = Head(order: order, dot: change.dot, prev: change.prev, hash: hash)
    head.chain = chain
    entries.append(Entry(head: head, line: line))
    if entries.count == RunWriter.entriesInPush { closePush() }
    return change.dot
  }

  /// Creates an order of the platform's own making, with itself in the lead, and writes a note to it.
  mutating func writeOrder(_ number: Int) {
    let order = OrderID(maker: replica.platform, milliseconds: now, random: RunWriter.random())
    let registers: [(String, JSON)] = [
      ("source", "platform"), ("receivedAt", .int(now)), ("kind", "repair"),
      ("title", .string("burst pipe \(number)")), ("location", ["address": "1 Main Street", "district": "Heping"]),
      ("assignment/a1", ["platform": .string(replica.platform.text), "role": "lead", "round": 1, "cause": "first"]),
    ]
    var context = VersionVector()
    context.advance(
      to: write(registers.map { .set(register: $0.0, value: JSONText($0.1)) }, to: order, context))
    let note: JSON = [
      "text": .string("crew 7 on site, valve closed; 3.2 bar at the hydrant \(number)"), "visibility": "all",
    ]
    write([.append(kind: "note", value: JSONText(note))], to: order, context)
  }

  private mutating func closePush() {
    if !entries.isEmpty { pushes.append(Push(replica: replica, entries: entries)) }
    entries = []
  }

  /// All pushes, in order.
  mutating func finish() -> [Push] {
    closePush()
    return pushes
  }
}
