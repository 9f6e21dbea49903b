// The middle of the story: more than half of the agents, the largest among them, are cut off, and both sides go on with the same
// orders. Then the hub is killed while its operators write. Then the link heals, and the largest agent is killed in the first push.

import Core
import Foundation
import Shell

/// One side's turn at an order that both sides edit.
private struct Turn: Sendable {
  let index: Int
  let charge: Charge
  let mark: String
  let place: JSON?
}

extension Script {
  /// The three largest platforms, and every other one of the rest.
  var cutPlatforms: [String] {
    bySize.prefix(3) + bySize.dropFirst(3).enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
  }

  /// Cuts the lines: some are refused, the others go silent.
  func cut(_ platforms: [String]) throws {
    for (index, platform) in platforms.enumerated() {
      world.proxy.line(platform).set(index % 2 == 0 ? .refusing : .silent)
    }
    // A poll on a link that went silent is given up some seconds after its wait.
    try wait("the agents do not notice the cut", seconds: 60) {
      try platforms.allSatisfy { try desk.get(.agent($0), "/v1/status")["link"]?["state"] == "offline" }
    }
  }

  /// Both sides go on; then the hub is killed under a stream of its operators' writes.
  mutating func workApart(_ platforms: [String]) throws {
    let start = ledger.edits.count
    var jobs = contradictingJobs(platforms)
    jobs += ownWork(platforms)
    jobs.shuffle(using: &random)
    try Workers.run("both sides go on", jobs)
    // Nothing but writes of the hotline, so that one of its group commits is hit.
    let world = world
    let desk = desk
    let storm = platforms.flatMap { imported[$0] ?? [] }.shuffled(using: &random).prefix(share(400))
    try Workers.run(
      "the hotline writes",
      storm.map { order in { try desk.perform(.hub, order) { .note("\($0) all lines are busy") } } }
    ) {
      try world.kill(.hub)
      try world.start(.hub)
    }
    try repeatSome(share(60), from: start)
    countBothSides(from: start)
  }

  /// Opens the lines. The largest agent gets its first bytes through and is killed; then its line is open too.
  mutating func heal(_ platforms: [String]) throws {
    let largest = platforms[0]
    let line = world.proxy.line(largest)
    line.set(.open)
    line.set(.holdingRequests(afterBytes: share(20_000)))
    for platform in platforms.dropFirst() { world.proxy.line(platform).set(.open) }
    try Workers.each(platforms.map { Side.agent($0) }) { [world] in _ = try world.demand($0, ["sync"]) }
    try wait("\(largest) pushed nothing") { line.counts.heldRequestBytes > 0 }
    try killHolding(.agent(largest), line)
    try waitUntilEqual("catching up")
    measures.conflictsAtHeal = try desk.get(.hub, "/v1/conflicts")
  }

  // MARK: What both sides do to the same orders

  private mutating func contradictingJobs(_ platforms: [String]) -> [Job] {
    var pool = platforms.flatMap { platform in
      (imported[platform] ?? []).map { Charge(platform: platform, order: $0) }.filter { !untouched.contains($0) }
    }
    pool.shuffle(using: &random)
    var jobs: [Job] = []
    let desk = desk
    let elsewhere = world.agencies.map(\.slug).filter { !platforms.contains($0) }

    /// Two jobs for each of so many orders, independent of each other. One in five goes through the real command lines.
    func both(
      _ count: Int, crew: @escaping @Sendable (Turn) -> Step, hotline: @escaping @Sendable (Turn) -> Step,
      needsPlace: Bool = false, then: (@Sendable (Turn) throws -> Void)? = nil
    ) {
      for (index, charge) in pool.prefix(share(count)).enumerated() {
        for (side, make) in [(charge.agent, crew), (.hub, hotline)] {
          jobs.append {
            let place =
              needsPlace ? try desk.get(side, "/v1/orders/\(charge.order)")["registers"]?["location"]?["value"] : nil
            try desk.perform(side, charge.order, byCommandLine: index % 5 == 0) {
              make(Turn(index: index, charge: charge, mark: $0, place: place))
            }
            if side == .hub { try then?(Turn(index: index, charge: charge, mark: "", place: nil)) }
          }
        }
      }
      pool.removeFirst(min(share(count), pool.count))
    }

    // Recalled while done; some are dispatched to another platform at once.
    both(
      35, crew: { .complete("\($0.mark) pothole filled") }, hotline: { .recall("\($0.mark) wrong platform") },
      then: { turn in
        guard turn.index % 3 == 0, !elsewhere.isEmpty else { return }
        let next = elsewhere[turn.index % elsewhere.count]
        try desk.perform(.hub, turn.charge.order) { .dispatch(next, "\($0) yours after all") }
      })
    // Closed while working.
    both(
      35, crew: { _ in .progress("working") },
      hotline: { .close($0.index % 2 == 0 ? "withdrawn" : "special", "\($0.mark) the caller took it back") })
    // One register written by both.
    both(
      45, crew: { .location($0.place, note: "\($0.mark) 从后门进") },
      hotline: { .location($0.place, note: "\($0.mark) corner of the square") }, needsPlace: true)
    both(12, crew: { _ in .priority("emergency") }, hotline: { _ in .priority("urgent") })
    both(
      10, crew: { .result("\($0.mark) as the crew wrote it") },
      hotline: { .resultByPhone("\($0.mark) as told by phone", of: $0.charge.platform) })
    // Asked while closed, and asked while nobody answers yet.
    let types = ["return", "suspension", "exemption"]
    both(
      6, crew: { .request(types[$0.index % 3], "\($0.mark) not ours") },
      hotline: { .close("notAccepted", "\($0.mark) outside the city") })
    both(
      24, crew: { .request(types[$0.index % 3], "\($0.mark) waiting for a part") },
      hotline: { .urge("\($0.mark) where are you?") })
    // Cancelled while done, and while working.
    both(5, crew: { .complete("\($0.mark) done before") }, hotline: { .cancel("\($0.mark) twice in the file") })
    both(5, crew: { _ in .progress("working") }, hotline: { .cancel("\($0.mark) not needed") })
    both(20, crew: { .note("\($0.mark) 邻居说凌晨开始漏水") }, hotline: { .note("\($0.mark) the caller is at home") })
    // The rest is the crews' own work, offline.
    for (index, charge) in pool.enumerated() where index % 5 < 2 {
      jobs.append { try desk.perform(charge.agent, charge.order) { .complete("\($0) closed by the crew") } }
    }
    return jobs
  }

  /// What has nothing to do with the cut: new orders of the platforms themselves, work of those that are online, and steps that the
  /// order's state does not allow.
  private func ownWork(_ platforms: [String]) -> [Job] {
    var jobs: [Job] = []
    let desk = desk
    for agency in world.agencies {
      let side = Side.agent(agency.slug)
      let sector = agency.sectors.first ?? "property"
      if platforms.contains(agency.slug) {
        for index in 0..<2 {
          jobs.append {
            try desk.perform(side, nil, byCommandLine: index == 0) { .create("\($0) 市民直接报修", sector: sector) }
          }
        }
      } else {
        for (index, order) in (imported[agency.slug] ?? []).enumerated() where index % 12 != 11 && index % 2 == 0 {
          jobs.append { try desk.perform(side, order, byCommandLine: index == 0) { .complete("\($0) done, online") } }
        }
      }
    }
    for charge in untouched.sorted(by: { $0.order < $1.order }).prefix(share(8)) {
      jobs.append {
        let outcome = try desk.perform(charge.agent, charge.order) { .complete("\($0) not even accepted") }
        if case .recorded = outcome { throw CommandFailure("\(charge.order) was completed before it was accepted") }
      }
    }
    return jobs
  }

  // MARK: Repeats, and what it amounts to

  /// Gives recorded commands again with their request ids, half of the hotline's and half of the crews'.
  private mutating func repeatSome(_ count: Int, from start: Int) throws {
    let recent = ledger.edits[start...].shuffled(using: &random)
    let hub = recent.filter { $0.side == .hub }.prefix(count / 2 + 1)
    let crews = recent.filter { $0.side != .hub }.prefix(count / 2 + 1)
    let desk = desk
    try Workers.run("repeats", (hub + crews).map { edit in { try desk.again(edit) } })
  }

  private mutating func countBothSides(from start: Int) {
    var sides: [String: Set<Bool>] = [:]
    var registers: [String: Set<Bool>] = [:]
    for edit in ledger.edits[start...] {
      sides[edit.order, default: []].insert(edit.side == .hub)
      guard edit.step.what == "describe" || edit.step.what == "result" else { continue }
      let names = edit.step.fields.first { $0.0 == "registers" }?.1.asObject?.map(\.key) ?? ["result"]
      for name in names { registers["\(edit.order) \(name)", default: []].insert(edit.side == .hub) }
    }
    measures.editedOnBothSides = sides.values.count { $0.count == 2 }
    measures.sameRegister = registers.values.count { $0.count == 2 }
  }
}
