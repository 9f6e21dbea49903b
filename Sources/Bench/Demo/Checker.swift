// The proof. It reads logs and canonical states through the APIs and compares bytes, hashes and the ledger; it computes no merge:
// it never asks the product's code what a state should be, only whether both sides have the same one and every edit is in it.

import Core
import Foundation
import Shell
import Synchronization

/// What the checker found.
struct Verdict: Sendable {
  /// Orders held by agents whose state was compared with the hub's.
  var compared = 0
  /// Charges that were given.
  var charges = 0
  var lost: [String] = []
  var doubled: [String] = []
  var diverged: [String] = []
  /// Whatever is still under way or put aside.
  var waiting: [String] = []

  var isProof: Bool {
    lost.isEmpty && doubled.isEmpty && diverged.isEmpty && waiting.isEmpty && compared == charges
  }
}

struct Checker {
  /// One line of a log.
  private struct Row: Sendable {
    let dot: String
    let order: String
    let hash: String
    let verdict: String
    let isApplied: Bool
    let line: String
  }

  let desk: Desk
  let charges: Set<Charge>
  private var verdict = Verdict()
  /// The hub's log, and the rows of each order.
  private var hubLog: [Row] = []
  private var hubOrders: [String: [Row]] = [:]
  private var agentLogs: [String: [Row]] = [:]
  /// The hub's canonical states by order.
  private var states: [String: String] = [:]

  init(_ desk: Desk, charges: Set<Charge>) {
    self.desk = desk
    self.charges = charges
  }

  mutating func check() throws -> Verdict {
    try read()
    try compareStates()
    compareLogs()
    findMarkers()
    try lookForWaiting()
    verdict.charges = charges.count
    verdict.doubled += desk.ledger.faults
    return verdict
  }

  // MARK: Reading

  private mutating func read() throws {
    hubLog = try log(.hub)
    hubOrders = Dictionary(grouping: hubLog, by: \.order)
    for side in desk.world.agents { agentLogs[side.name] = try log(side) }
    let read = Mutex<[String: String]>([:])
    let desk = desk
    try Workers.run(
      "reading the hub's states",
      hubOrders.keys.sorted().map { order in
        {
          let text = String(decoding: try desk.bytes(.hub, "/v1/orders/\(order)/state"), as: UTF8.self)
          read.withLock { $0[order] = text }
        }
      })
    states = read.withLock { $0 }
  }

  private func log(_ side: Side) throws -> [Row] {
    try desk.all(side, "changes").map { row in
      Row(
        dot: try row.string("dot"), order: try row.string("order"), hash: row["hash"]?.asString ?? "",
        verdict: row["verdict"]?.asString ?? "", isApplied: row["applied"]?.asBool ?? false,
        line: row["line"]?.asString ?? "")
    }
  }

  // MARK: Equal on both sides

  /// Each agent holds exactly what was given to it, and each state is the hub's: by hash, and byte for byte.
  private mutating func compareStates() throws {
    let hashes = try hashes(of: .hub)
    let given = Dictionary(grouping: charges, by: \.platform).mapValues { Set($0.map(\.order)) }
    var jobs: [@Sendable () throws -> Void] = []
    let different = Mutex<[String]>([])
    let desk = desk
    for side in desk.world.agents {
      let held = try self.hashes(of: side)
      let wanted = given[side.name] ?? []
      for order in wanted where held[order] == nil { verdict.lost.append("\(side.name) does not hold \(order)") }
      for order in held.keys where !wanted.contains(order) {
        verdict.diverged.append("\(side.name) holds \(order), which was never given to it")
      }
      for (order, hash) in held where wanted.contains(order) {
        verdict.compared += 1
        if hashes[order] != hash {
          verdict.diverged.append("\(side.name): the state of \(order) has another hash at the hub")
        }
        let state = states[order] ?? ""
        jobs.append {
          let own = String(decoding: try desk.bytes(side, "/v1/orders/\(order)/state"), as: UTF8.self)
          if own != state {
            different.withLock { $0.append("\(side.name): the state of \(order) has other bytes at the hub") }
          }
        }
      }
    }
    try Workers.run("comparing states", jobs)
    verdict.diverged += different.withLock { $0.sorted() }
  }

  private func hashes(of side: Side) throws -> [String: String] {
    Dictionary(
      try desk.all(side, "states").map { (try $0.string("order"), try $0.string("hash")) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Each agent's log has every change of its orders, with the hub's hash, once, and no other.
  private mutating func compareLogs() {
    for (dot, rows) in Dictionary(grouping: hubLog, by: \.dot) where rows.count > 1 {
      verdict.doubled.append("the hub's log has \(dot) \(rows.count) times")
    }
    for (agent, log) in agentLogs {
      let own = Dictionary(grouping: log, by: \.dot)
      for (dot, rows) in own where rows.count > 1 {
        verdict.doubled.append("\(agent)'s log has \(dot) \(rows.count) times")
      }
      var expected = 0
      for charge in charges where charge.platform == agent {
        for row in hubOrders[charge.order] ?? [] {
          expected += 1
          guard let mine = own[row.dot]?.first else {
            verdict.lost.append("\(agent)'s log lacks \(row.dot) of \(row.order)")
            continue
          }
          if mine.hash != row.hash { verdict.diverged.append("\(agent) has \(row.dot) with another content") }
          if !mine.isApplied { verdict.waiting.append("\(row.dot) waits at \(agent)") }
        }
      }
      if own.count > expected {
        verdict.diverged.append("\(agent)'s log has \(own.count - expected) changes that the hub lacks")
      }
    }
  }

  // MARK: Every edit once

  private mutating func findMarkers() {
    let rows = Dictionary(
      grouping: hubLog.flatMap { row in Checker.markers(in: row.line).map { ($0, row) } }, by: { $0.0 }
    )
    .mapValues { $0.map(\.1) }
    for marker in desk.ledger.refusedMarkers where rows[marker] != nil {
      verdict.doubled.append("\(marker) was refused, and is in the hub's log")
    }
    let settlements = Set(desk.ledger.edits.filter { $0.step.what == "settle" }.map(\.dot))
    let ownRows = agentLogs.mapValues { Set($0.map(\.dot)) }
    for edit in desk.ledger.edits {
      let name = "\(edit.marker) (\(edit.step.what) on \(edit.order) by \(edit.side.name))"
      // Who settles a conflict writes the value that is shown once more, with the marker of its first author.
      let found = (rows[edit.marker] ?? []).filter { !settlements.contains($0.dot) || $0.dot == edit.dot }
      guard let row = found.first else {
        verdict.lost.append("\(name) is not in the hub's log")
        continue
      }
      if found.count > 1 { verdict.doubled.append("\(name) is in the hub's log \(found.count) times") }
      if row.dot != edit.dot || row.order != edit.order {
        verdict.diverged.append("\(name) was answered as \(edit.dot)")
      }
      if row.verdict == "void" { verdict.lost.append("\(name) is void") }
      if case .agent(let agent) = edit.side, ownRows[agent]?.contains(edit.dot) != true {
        verdict.lost.append("\(name) is not in its agent's log")
      }
      place(edit, row, name)
    }
  }

  /// Each of the edit's writes stands in the state once, or a later write that knew it has taken its place; each entry stands once.
  private mutating func place(_ edit: Edit, _ row: Row, _ name: String) {
    guard let state = states[edit.order], let change = try? JSON(parsing: Array(row.line.utf8)) else {  // said so here
      verdict.lost.append("\(name): its order's state or its line cannot be read")
      return
    }
    let lines = state.split(separator: "\n")
    var places: Set<Step.Place> = []
    for (index, item) in (change["edits"]?.asArray ?? []).enumerated() {
      let hasMarker = String(decoding: item.bytes, as: UTF8.self).contains(edit.marker)
      let start: String
      if let kind = item["append"]?.asString {
        start = "entry \(edit.dot) \(index) \(kind) "
        if hasMarker { places.insert(.entry) }
      } else if let register = item["set"]?.asString {
        start = "register \(register) \(edit.dot) "
        if hasMarker { places.insert(.register) }
      } else {
        continue
      }
      let count = lines.count { $0.hasPrefix(start) && (!hasMarker || $0.contains(edit.marker)) }
      if count > 1 { verdict.doubled.append("\(name): '\(start)' is in the state \(count) times") }
      if count == 0 {
        guard let register = item["set"]?.asString, isReplaced(register, edit.dot, row) else {
          verdict.lost.append("\(name): '\(start)' is not in the state, and nothing has replaced it")
          continue
        }
      }
    }
    if edit.step.place != .authorOnly, !places.contains(edit.step.place) {
      verdict.lost.append("\(name): its text is not in its line")
    }
    if lines.count(where: { $0.contains(edit.marker) }) > 1 {
      verdict.doubled.append("\(name) is in the state more than once")
    }
  }

  /// Whether another change of the order that saw this one has written the register.
  private func isReplaced(_ register: String, _ dot: String, _ row: Row) -> Bool {
    guard let colon = dot.lastIndex(of: ":"), let n = Int(dot[dot.index(after: colon)...]) else { return false }
    let replica = String(dot[..<colon])
    return (hubOrders[row.order] ?? []).contains { other in
      guard other.dot != dot, other.verdict != "void", other.line.contains("\"\(register)\""),
        let change = try? JSON(parsing: Array(other.line.utf8)),  // a line that cannot be read replaces nothing
        let seen = change["context"]?[replica]?.asInt, seen >= n
      else { return false }
      return change["edits"]?.asArray?.contains { $0["set"]?.asString == register } == true
    }
  }

  /// The markers that a line names, each once.
  private static func markers(in line: String) -> Set<String> {
    var found: Set<String> = []
    var rest = line[...]
    while let range = rest.range(of: "mark-") {
      let end = rest.index(range.upperBound, offsetBy: 7, limitedBy: rest.endIndex) ?? rest.endIndex
      found.insert(String(rest[range.lowerBound..<end]))
      rest = rest[end...]
    }
    return found
  }

  // MARK: Nothing under way

  private mutating func lookForWaiting() throws {
    for side in desk.world.agents {
      let status = try desk.get(side, "/v1/status")
      let figures = [
        ("outbox", status["outbox"]?["depth"]), ("lag", status["cursor"]?["lag"]), ("waiting", status["waiting"]),
        ("quarantined", status["quarantined"]),
      ]
      for (name, value) in figures where value != .int(0) {
        verdict.waiting.append(
          "\(side.name): \(name) is \(value.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "unknown")")
      }
    }
    let status = try desk.get(.hub, "/v1/status")
    if status["quarantined"] != 0 { verdict.waiting.append("the hub has put changes into quarantine") }
  }
}
