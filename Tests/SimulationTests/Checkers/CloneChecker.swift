// What must hold where machines were copied while they ran: what a copy cuts off it has written again, as it was, having seen nothing
// that it had not; and of all that stands for one change one counts.

import Core

@testable import Agent
@testable import Hub

extension Checker {
  /// Takes note of a change that an agent holds; what was written again must be what it was.
  func see(_ held: HeldChange, at agent: AgentNode, isAuthor: Bool) {
    let isFirst = world.model.content(of: Origin(dot: held.dot, hash: held.hash)) == nil
    world.model.see(
      held.dot, held.hash, held.order, at: agent.name, isAuthor: isAuthor, origin: held.change?.origin)
    guard isFirst, let change = held.change, let origin = change.origin else { return }
    guard let original = decoded.known(origin.hash) else { return }
    if original.order != change.order || original.edits != change.edits || original.author != change.author
      || original.at != change.at || original.request != change.request
    {
      world.violation("I-11", "\(agent.name) wrote \(held.dot) again for \(origin.dot), and not as it was")
    }
  }

  /// Runs that became shorter since the last look were cut off, which only settling a fork does: everything is looked at anew. Returns
  /// the orders that are to be looked at.
  func checkSettling(_ agent: AgentNode, _ store: AgentStore, _ mirror: AgentMirror) throws -> Set<OrderID> {
    let runs = try store.database.read { db in
      try db.rows("SELECT id, n FROM replica ORDER BY id") { (try ReplicaID($0.text(0)), $0.int(1)) }
    }
    let cut = Dictionary(
      runs.filter { $0.1 < mirror.runs[$0.0] ?? 0 }.map { ($0.0, $0.1) }, uniquingKeysWith: { first, _ in first })
    mirror.runs = Dictionary(runs.map { ($0.0, $0.1) }, uniquingKeysWith: { first, _ in first })
    guard !cut.isEmpty else { return [] }
    world.note("\(agent.name) cut off \(cut.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" })")
    let isDamaged = world.damage.lines[agent.name] != nil
    if !isDamaged, !cut.keys.contains(where: { world.model.copied[$0] != nil }) {
      world.violation("I-5", "\(agent.name) cut off \(cut.keys.sorted()), and no machine that wrote them was copied")
    }
    if cut.count > 1 { world.sometimes(.laterRunSettled) }
    let before = mirror.dots
    let rows = try held(store, after: 0)
    mirror.lastSeq = 0
    mirror.dots = [:]
    mirror.byOrder = [:]
    mirror.again = []
    for (seq, held) in rows {
      mirror.lastSeq = max(mirror.lastSeq, seq)
      mirror.take(held)
    }
    let dropped = try checkDropped(before, cut, agent, store, mirror)
    checkAgain(rows.map(\.change).filter { before[$0.dot] == nil }, for: dropped, cut, agent, store, mirror)
    // A comparison before the fork was settled may have brought others' changes that name the other machine's: they wait for those again.
    if world.hubRollbacks > 0 || world.feedCuts.values.contains(where: { $0 > 1 }) { mirror.vectors = [:] }
    for (order, vector) in mirror.vectors {
      mirror.vectors[order] = VersionVector(
        vector.components.filter { $0.n <= cut[$0.replica] ?? .max }.map { ($0.replica, $0.n) })
    }
    return Set(mirror.byOrder.keys)
  }

  /// What is not held any more, or with another content, was cut off, and is held as what was written again for it. Returns the hashes
  /// by what they stand for.
  private func checkDropped(
    _ before: [Dot: Hash], _ cut: [ReplicaID: Int], _ agent: AgentNode, _ store: AgentStore, _ mirror: AgentMirror
  ) throws -> [Origin: Hash] {
    var dropped: [Origin: Hash] = [:]
    for (dot, hash) in before.sorted(by: { $0.key < $1.key }) where mirror.dots[dot] != hash {
      if dot.n <= cut[dot.replica] ?? .max {
        world.violation("I-2", "\(agent.name) dropped \(dot), which was not cut off")
      }
      let root = world.model.root(Origin(dot: dot, hash: hash))
      if world.damage.isAltered(dot, in: agent.name), !mirror.again.contains(root) {
        try gaveUp(Origin(dot: dot, hash: hash), agent, store)
        continue
      }
      dropped[root] = hash
      if !mirror.again.contains(root) {
        world.violation("I-2", "\(agent.name) dropped \(dot) and did not write it again")
      }
    }
    return dropped
  }

  /// Row 115: what is written again names what its author had seen, by the dots that everyone knows; what the other copy wrote under the
  /// dots that were cut off arrives as unseen.
  private func checkAgain(
    _ fresh: [HeldChange], for dropped: [Origin: Hash], _ cut: [ReplicaID: Int], _ agent: AgentNode,
    _ store: AgentStore, _ mirror: AgentMirror
  ) {
    var latest: [OrderID: Int] = [:]
    for held in fresh.sorted(by: { $0.dot < $1.dot }) {
      see(held, at: agent, isAuthor: agentRuns(store).contains(held.dot.replica))
      guard let change = held.change, let origin = change.origin else {
        world.violation("I-3", "\(agent.name) wrote \(held.dot) while it settled, and it replaces nothing")
        continue
      }
      // Written again once more it stands for the first; what its author had seen is in what was dropped.
      guard let hash = dropped[origin], let old = decoded.known(hash) else { continue }
      let dot = held.dot
      if change.context.components.contains(where: { $0.n > cut[$0.replica] ?? .max }) {
        world.violation("row 115", "\(dot), written again for \(origin.dot), names what was cut off")
      }
      if let last = latest[held.order], change.context[dot.replica] < last {
        world.violation("row 115", "\(dot), written again for \(origin.dot), leaves out \(dot.replica):\(last)")
      }
      latest[held.order] = dot.n
      for component in old.context.components {
        let limit = cut[component.replica] ?? .max
        let kept = (mirror.byOrder[held.order] ?? []).filter { $0.replica == component.replica && $0.n <= limit }
        let wanted = component.n <= limit ? component.n : kept.map(\.n).max() ?? 0
        if change.context[component.replica] < wanted {
          world.violation(
            "row 115", "\(dot), written again for \(origin.dot), leaves out \(component.replica):\(wanted)")
        }
      }
    }
  }

  /// I-3: of all that stands for one change exactly one counts, and the state has the same in mind as the definition.
  func checkCounting(_ order: OrderID, _ state: OrderState, _ changes: [HeldChange], _ place: String) {
    guard changes.contains(where: { $0.change?.origin != nil }) else { return }
    let counting = OrderFacts.counting(changes)
    var heads: [Origin: Dot] = [:]
    for held in changes where held.isApplied {
      guard let change = held.change else { continue }
      let counts = state.counts(change)
      if counts != counting.contains(held.dot) {
        world.violation("I-3", "\(place) \(counts ? "counts" : "does not count") \(held.dot) of \(order)")
      }
      guard counts else { continue }
      let root = held.rightfulOrigin ?? Origin(dot: held.dot, hash: held.hash)
      if let other = heads[root] {
        world.violation("I-3", "\(place) counts \(other) and \(held.dot) of \(order), which stand for \(root.dot)")
      }
      heads[root] = held.dot
      if held.rightfulOrigin == nil, change.origin != nil { world.sometimes(.falseOrigin) }
    }
    noteConflicts(state, changes)
  }

  /// Two copies' writes of one register, under the same n of the run that both wrote or later ones.
  private func noteConflicts(_ state: OrderState, _ changes: [HeldChange]) {
    let origins = Dictionary(changes.map { ($0.dot, $0.rightfulOrigin) }, uniquingKeysWith: { first, _ in first })
    for register in state.conflicts {
      let dots = state.siblings(register).map(\.dot)
      let again = dots.compactMap { origins[$0] ?? nil }.filter { world.model.copied[$0.dot.replica] != nil }
      if again.contains(where: { origin in dots.contains { $0.replica == origin.dot.replica } }) {
        world.sometimes(.copiesInConflict)
      }
    }
  }
}
