// An order told step by step at stated times, for tests of deadlines: the hotline and two platforms write, each having seen all before.

import Core
import Foundation
import Testing

@testable import Hub

/// An order in words: what happened when. Times are local, of the policy's zone, as `2026-11-25 10:00`.
struct Tale {
  let policy: Policy
  private(set) var state: OrderState
  private(set) var milestones = Milestones()
  private(set) var changes: [Change] = []
  private var numbers: [String: Int] = [:]
  /// When the hub first held it.
  private(set) var created = 0

  init(_ policy: Policy = .standard) throws {
    self.policy = policy
    state = OrderState(id: OrderID(maker: .hub, milliseconds: 1, random: [1]))
  }

  /// The instant of a local time.
  static func time(_ text: String, _ policy: Policy = .standard) throws -> Int {
    let format = try LocalDateFormat("yyyy-MM-dd HH:mm", timeZone: policy.calendar.clock.timeZone)
    return try #require(format.instant(text)).milliseconds
  }

  /// An instant as local time.
  static func text(_ instant: Int, _ policy: Policy = .standard) -> String {
    let (day, milliseconds) = policy.calendar.clock.local(instant)
    let minute = milliseconds / 60_000
    return "\(day) " + String(format: "%02d:%02d", minute / 60, minute % 60)
  }

  mutating func tell(_ time: String, by platform: String = "hub", _ edits: Edit...) throws {
    try tell(try Tale.time(time, policy), by: platform, edits)
  }

  mutating func tell(_ instant: Int, by platform: String = "hub", _ edits: [Edit]) throws {
    let replica = ReplicaID(platform: try PlatformName(platform), random: [UInt8](repeating: 3, count: 10))
    let n = (numbers[platform] ?? 0) + 1
    numbers[platform] = n
    let change = Change(
      order: state.id, dot: Dot(replica, n), context: state.vector, at: HybridTime(instant),
      author: Author(name: "x", role: "x"), edits: edits)
    if changes.isEmpty { created = instant }
    try #require(Merge.apply(change, to: &state) == .applied)
    changes.append(change)
    milestones.take(change, at: instant)
  }

  /// Takes an order and dispatches it, with the deadlines that the policy gives.
  mutating func dispatch(
    _ time: String, to platform: String = "water", _ registers: [(String, JSON)] = [("kind", "repair")]
  ) throws {
    let drafts = registers.map { Draft.set($0.0, $0.1) } + [Tale.assignment("a1", platform)]
    let since = try Tale.time(time, policy)
    try tell(since, Tale.edits(drafts + Deadlines.creating(drafts, since: since, policy)))
  }

  /// A change of the hub with what follows from it.
  mutating func direct(_ time: String, _ drafts: Draft...) throws {
    let now = try Tale.time(time, policy)
    try tell(now, Tale.edits(drafts + Deadlines.following(drafts, on: OrderView(state), now: now, policy)))
  }

  /// A request of the crew, granted.
  mutating func grant(_ time: String, _ type: String, until: String? = nil, id: String = "r1") throws {
    let until = try until.map { JSON.int(try Tale.time($0, policy)) }
    let register = "assignment/a1/request/\(id)"
    let asked = JSON.compact([("type", .string(type)), ("reason", "x"), ("until", until)])
    try tell(time, by: "water", .set(register, asked))
    try direct(time, .set(register + "/answer", .compact([("granted", true), ("until", until)])))
  }

  static func assignment(_ id: String, _ platform: String, role: String = "lead", round: Int = 1) -> Draft {
    .set("assignment/\(id)", ["platform": .string(platform), "role": .string(role), "round": .int(round)])
  }

  static func edits(_ drafts: [Draft]) -> [Edit] {
    drafts.map { draft in
      switch draft {
      case .set(let register, let value): .set(register, value)
      case .append(let kind, let value): .append(kind: kind, value: JSONText(value))
      }
    }
  }

  var view: OrderView { OrderView(state) }

  func deadlines(_ corrections: [ClockCorrection] = []) -> [Deadline] {
    Deadline.all(of: view, milestones, created: created, policy, corrections)
  }

  func deadline(
    _ stage: String, of assignment: String? = "a1", corrections: [ClockCorrection] = []
  ) throws -> Deadline {
    try #require(deadlines(corrections).first { $0.stage == stage && $0.assignment == assignment })
  }

  /// By when, as local time.
  func due(_ stage: String, of assignment: String? = "a1") throws -> String {
    Tale.text(try deadline(stage, of: assignment).at, policy)
  }
}
