// What goes on while processes are killed: operators dispatch and follow up, crews accept, progress and complete, each on a thread of
// its own, all through Desk, which repeats a call that broke off and writes what was answered into the ledger.

import Core
import Foundation
import Shell
import Synchronization

/// Crews and operators at work until they are told to stop.
final class KillLoad: Sendable {
  private let desk: Desk
  private let seed: Int
  private let isStopping = Mutex(false)
  private let failure = Mutex<(any Error)?>(nil)
  private let group = DispatchGroup()

  private static let lanesPerAgent = 2
  private static let lanesOfHub = 3

  init(_ desk: Desk, seed: Int) {
    self.desk = desk
    self.seed = seed
  }

  func start() {
    for (index, side) in desk.world.agents.enumerated() {
      for lane in 0..<KillLoad.lanesPerAgent {
        var crew = Crew(desk, side, SeededRandom(seed: seed &+ 1_000 * (index + 1) + lane))
        spawn { try crew.turn() }
      }
    }
    for lane in 0..<KillLoad.lanesOfHub {
      var operators = Operators(desk, SeededRandom(seed: seed &+ 500 + lane))
      spawn { try operators.turn() }
    }
  }

  /// Throws what has ended the work before its time.
  func check() throws {
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// Lets every call that is under way be answered.
  func stop() throws {
    isStopping.withLock { $0 = true }
    group.wait()
    try check()
  }

  private func spawn(_ turn: sending @escaping () throws -> Void) {
    group.enter()
    nonisolated(unsafe) let turn = turn  // only this thread has it
    Thread { [self] in
      do {
        while !isStopping.withLock({ $0 }) { try turn() }
      } catch {
        failure.withLock { if $0 == nil { $0 = error } }
        isStopping.withLock { $0 = true }
      }
      group.leave()
    }.start()
  }
}

/// What both kinds have: a pause, and a repeat now and then.
private struct Pace {
  let desk: Desk
  var random: SeededRandom

  init(_ desk: Desk, _ random: SeededRandom) {
    self.desk = desk
    self.random = random
  }

  /// As Desk's, but that two assignments of an order may be in force is no failure here: then a step must say which, and ours do
  /// not.
  @discardableResult
  func perform(_ side: Side, _ order: String?, _ make: (String) -> Step) throws -> Outcome {
    do {
      return try desk.perform(side, order, make)
    } catch let failure as CommandFailure where failure.message.contains("name one of") {
      return .refused
    }
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  /// Bursts, so that pushes and group commits hold several changes, and rests, so that the proof stays short.
  mutating func rest() throws {
    if chance(10), let edit = desk.ledger.edit(at: .random(in: 0..<1, using: &random)) {
      try desk.patiently { try desk.again(edit) }
    }
    if chance(40) { Thread.sleep(forTimeInterval: .random(in: 0...0.4, using: &random)) }
  }
}

/// One crew of a platform.
private struct Crew {
  private let side: Side
  private var pace: Pace
  /// Open orders, and whether each is accepted.
  private var orders: [(id: String, isAccepted: Bool)] = []
  private var turns = 0

  private static let steps = ["enRoute", "onSite", "working"]
  private static let requests = ["return", "suspension", "exemption"]

  init(_ desk: Desk, _ side: Side, _ random: SeededRandom) {
    self.side = side
    pace = Pace(desk, random)
  }

  mutating func turn() throws {
    if turns % 20 == 0 {
      orders = try pace.desk.all(side, "orders", query: [("open", "true")]).map { row in
        (try row.string("id"), row["assignment"]?["progress"]?.asString != nil)
      }
    }
    turns += 1
    try work()
    try pace.rest()
  }

  private mutating func work() throws {
    guard let index = orders.indices.randomElement(using: &pace.random), !pace.chance(2) else {
      try pace.perform(side, nil) { .create("\($0) reported at the depot", sector: "road") }
      return
    }
    let order = orders[index].id
    guard orders[index].isAccepted else {
      orders[index].isAccepted = true
      try pace.perform(side, order) { _ in .accept }
      return
    }
    switch Int.random(in: 0..<20, using: &pace.random) {
    case 0..<6:
      let step = Crew.steps.randomElement(using: &pace.random) ?? "working"
      try pace.perform(side, order) { _ in .progress(step) }
    case 6..<15: try pace.perform(side, order) { .note("\($0) 已到现场，正在处理") }
    case 15: try pace.perform(side, order) { _ in .priority("urgent") }
    case 16:
      let type = Crew.requests.randomElement(using: &pace.random) ?? "return"
      try pace.perform(side, order) { .request(type, "\($0) waiting for a part") }
    default:
      try pace.perform(side, order) { .complete("\($0) done and swept") }
      orders.remove(at: index)
    }
  }
}

/// One place of the hotline.
private struct Operators {
  private var pace: Pace
  private let platforms: [String]
  /// The latest orders that were dispatched from this place.
  private var recent: [String] = []
  private var turns = 0

  private static let remembered = 60

  init(_ desk: Desk, _ random: SeededRandom) {
    pace = Pace(desk, random)
    platforms = desk.world.agencies.map(\.slug)
  }

  mutating func turn() throws {
    turns += 1
    if turns % 20 == 0 { try callBack() } else { try work() }
    try pace.rest()
  }

  private mutating func work() throws {
    guard let order = recent.randomElement(using: &pace.random), !pace.chance(25) else { return try dispatchNew() }
    switch Int.random(in: 0..<20, using: &pace.random) {
    case 0..<11: try pace.perform(.hub, order) { .note("\($0) the caller rang again") }
    case 11..<15: try pace.perform(.hub, order) { .urge("\($0) due soon") }
    case 15..<18: try pace.perform(.hub, order) { _ in .priority("emergency") }
    case 18:
      guard let platform = platforms.randomElement(using: &pace.random) else { return }
      guard case .recorded = try pace.perform(.hub, order, { .recall("\($0) wrong platform") }) else { return }
      try pace.perform(.hub, order) { .dispatch(platform, "\($0) yours after all") }
    default: try pace.perform(.hub, order) { .cancel("\($0) the caller took it back") }
    }
  }

  private mutating func dispatchNew() throws {
    guard let platform = platforms.randomElement(using: &pace.random) else { return }
    let made = try pace.perform(.hub, nil) { .create("\($0) 中山路爆管", sector: "road") }
    guard case .recorded(let order, _) = made else { return }
    try pace.perform(.hub, order) { .dispatch(platform, "\($0) please look") }
    recent.append(order)
    if recent.count > Operators.remembered { recent.removeFirst() }
  }

  /// What crews have finished is closed, or comes back once.
  private mutating func callBack() throws {
    let page = try pace.desk.get(.hub, "/v1/orders?status=repaired&limit=10")
    for row in page["orders"]?.asArray ?? [] {
      let order = try row.string("id")
      let isContent = !pace.chance(10)
      try pace.perform(.hub, order) {
        .callBack("\($0) asked", solved: isContent ? "yes" : "no", mark: isContent ? 5 : 1)
      }
      if isContent {
        try pace.perform(.hub, order) { .close("solved", "\($0) the citizen is content") }
      } else {
        try pace.perform(.hub, order) { .rework("\($0) it leaks again") }
      }
    }
  }
}
