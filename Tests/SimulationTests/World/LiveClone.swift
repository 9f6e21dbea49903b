// Machines that are copied while they run: disk and memory, so that two processes write one run under one certificate.

import Core

@testable import Agent

extension World {
  /// Copies a machine that runs. Some copies are taken with unsent changes, of a copy too; in some cases one of the two is cut off for a
  /// while, so that both write under the same n.
  func copyMachine(_ random: inout SimRandom) {
    // A process that is about to settle a fork has more in memory than the store's part, which is all that is copied here.
    let running = agents.filter { agent in
      guard let store = agent.process?.store, !agent.disk.hasCrashed, !agent.isSuspended else { return false }
      return store.broken == nil && !store.isForked
    }
    let writing = running.filter { $0.process?.store.present != nil }
    let copies = writing.filter { original in
      agents.contains { $0 !== original && $0.certifiedName == original.certifiedName }
    }
    let busy = writing.filter { hasUnsent($0) }
    let wanted = random.chance(0.7) && !copies.isEmpty ? copies : random.chance(0.6) && !busy.isEmpty ? busy : writing
    guard let original = random.pick(wanted) ?? random.pick(running), let store = original.process?.store else {
      return
    }
    clones += 1
    let copy = AgentNode(
      name: "\(original.certifiedName)-clone\(clones)", platform: original.platform, peer: original.peer, world: self,
      random: random.split())
    note("\(original.name) is copied to \(copy.name)\(hasUnsent(original) ? ", with unsent changes" : "")")
    model.copy(original, to: copy, run: store.present, n: lastOfPresentRun(store))
    join(copy)
    damage.copy(original.name, to: copy.name)
    copy.become(original)
    if random.chance(0.6) { cut(random.chance(0.5) ? original : copy, for: 5_000 + random.below(120_000)) }
    // Both have people who go on where they were.
    for node in [original, copy] {
      for _ in 0..<random.below(4) {
        timeline.after(random.below(8_000)) { [self] in _ = crews.act(at: node) }
      }
    }
  }

  private func cut(_ agent: AgentNode, for milliseconds: Int) {
    agent.link.mode = .refusing
    timeline.after(milliseconds) { agent.link.mode = .open }
  }

  private func hasUnsent(_ agent: AgentNode) -> Bool {
    // A store that cannot be read shows elsewhere.
    let health = try? agent.process?.store.health(now: agent.wall)
    return (health?.outbox ?? 0) > 0
  }

  private func lastOfPresentRun(_ store: AgentStore) -> Int {
    guard let run = store.present else { return 0 }
    // With 0 the checks are laxer, no more; what cannot be read shows elsewhere.
    let n = try? store.database.read { db in
      try db.first("SELECT n FROM replica WHERE id = ?", [.text(run.text)]) { $0.int(0) }
    }
    return n ?? 0
  }

  /// How an agent learns that its run has two authors.
  func sometimes(foundBy call: SyncCall) {
    switch call {
    case .push: sometimes(.forkByPush)
    case .pull: sometimes(.forkByPull)
    case .hello: sometimes(.forkByHello)
    case .probe, .reconcile: break
    }
  }
}
