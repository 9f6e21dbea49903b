// What really happened, kept outside the product: who wrote which dot with which content, what people and agents were promised.

import Core

@testable import Agent
@testable import Hub

/// A change as its author made it.
struct Authored {
  let hash: Hash
  let order: OrderID
  /// The agent or hub that wrote it; a Byzantine one is marked.
  let by: String
  let isHonest: Bool
  /// What it was written again for.
  let origin: Origin?
}

final class Model {
  /// Every dot ever written, and its one content (I-3, I-4); of a run that a copied machine writes too there may be several.
  private(set) var authored: [Dot: [Authored]] = [:]
  /// The runs that were under way in machines that were copied, and their n at the copy: beyond it each process writes its own.
  private(set) var copied: [ReplicaID: Int] = [:]
  /// What an agent's people were answered "recorded", by agent (I-2).
  private(set) var recorded: [String: Set<Origin>] = [:]
  /// What the hub said that it holds, by replica (I-15).
  private(set) var acknowledged: [ReplicaID: Int] = [:]
  /// What answered a command, by platform and request id (row 117).
  private(set) var answers: [String: Origin] = [:]
  /// What died with every disk that held it.
  private(set) var lost: Set<Origin> = []
  /// The content under which the hub was first seen to hold a dot (I-4).
  private var atHub: [Dot: Hash] = [:]
  /// What is lost is looked for when the hub is there again.
  private(set) var mustNoteLost = false
  private unowned let world: World

  init(world: World) { self.world = world }

  // MARK: Contents

  /// Takes note of a dot's content where it is first seen at its author, and compares it anywhere else.
  func see(
    _ dot: Dot, _ hash: Hash, _ order: OrderID, at place: String, isAuthor: Bool, isHonest: Bool = true,
    origin: Origin? = nil
  ) {
    let known = authored[dot] ?? []
    if known.contains(where: { $0.hash == hash && $0.order == order }) { return }
    if let first = known.first, !isAuthor || copied[dot.replica].map({ dot.n <= $0 }) ?? true {
      return world.violation("I-4", "\(dot) has two contents: \(first.by)'s and another at \(place)")
    }
    if !isAuthor { world.violation("I-3", "\(place) holds \(dot), which nobody wrote") }
    if let origin, isHonest, content(of: origin) == nil {
      world.violation("I-3", "\(place) wrote \(dot) again for \(origin.dot), which nobody wrote")
    }
    authored[dot, default: []].append(
      Authored(hash: hash, order: order, by: place, isHonest: isHonest, origin: origin))
  }

  /// The hub holds one content of a dot, whoever wrote it. True at the first sight.
  func seeAtHub(_ dot: Dot, _ hash: Hash) -> Bool {
    guard let first = atHub[dot] else {
      atHub[dot] = hash
      return true
    }
    if first != hash { world.violation("I-4", "the hub held \(dot) with one content and holds it with another") }
    return false
  }

  func content(of change: Origin) -> Authored? { authored[change.dot]?.first { $0.hash == change.hash } }

  /// What a change stands for: what it was written again for, or else itself.
  func root(_ change: Origin) -> Origin { content(of: change)?.origin ?? change }

  func isHonest(_ dot: Dot) -> Bool { authored[dot]?.first?.isHonest ?? true }

  /// A machine was copied while it wrote under `run`, of which it had written `n` changes: its copy has answered what it had answered.
  func copy(_ agent: AgentNode, to copy: AgentNode, run: ReplicaID?, n: Int) {
    recorded[copy.name] = recorded[agent.name]
    if let run { copied[run] = min(copied[run] ?? n, n) }
  }

  // MARK: Promises

  func recorded(_ answer: Recorded, request: String, by agent: AgentNode) {
    guard let hash = world.checker.mirror(of: agent).dots[answer.dot] else {
      return world.violation("I-2", "\(agent.name) answered that \(answer.dot) is recorded and does not hold it")
    }
    let key = "\(agent.platform)/\(request)"
    let change = Origin(dot: answer.dot, hash: hash)
    if let first = answers[key] {
      if answer.repeated, root(first) != root(change) {
        world.violation("I-3", "the command \(request) was answered with \(first.dot), and again with \(answer.dot)")
      } else if !answer.repeated, !lost.contains(first) {
        world.violation("I-3", "the command \(request) made \(first.dot), and repeated it made \(answer.dot)")
      }
    }
    answers[key] = change
    recorded[agent.name, default: []].insert(change)
  }

  func answered(push entries: [Entry], _ reply: PushReply, by hub: HubNode) {
    guard let replica = entries.first?.head.dot.replica else { return }
    acknowledged[replica] = max(acknowledged[replica] ?? 0, reply.acceptedThrough)
  }

  /// An agent's disk went back to an older copy: what only it held is gone, and that is no fault of the product's.
  func forget(_ agent: AgentNode) { recorded[agent.name] = [] }

  // MARK: What is lost, and what may not be

  /// After a database went back and was opened: what no database holds is lost.
  func noteLost(_ checker: Checker) {
    mustNoteLost = world.store.database == nil
    if mustNoteLost { return }
    let mirrors = world.agents.map { checker.mirror(of: $0) }
    for change in changes where !checker.hub.keeps(change, root(change)) {
      if !mirrors.contains(where: { $0.keeps(change, root(change)) }) { lost.insert(change) }
    }
  }

  /// The only one who had it gave it up.
  func lose(_ change: Origin) { lost.insert(change) }

  func isLost(_ change: Origin) -> Bool { lost.contains(change) }

  func isLost(_ dot: Dot) -> Bool { lost.contains { $0.dot == dot } }

  private var changes: [Origin] {
    authored.keys.sorted().flatMap { dot in (authored[dot] ?? []).map { Origin(dot: dot, hash: $0.hash) } }
  }

  /// The hub forgot what it had promised; what survives elsewhere must be there in the end.
  func forgetAcknowledged() {
    acknowledged = [:]
    atHub = [:]
  }

  /// I-11: whatever any database held when another one went back is at the hub in the end, itself or written again.
  func checkNothingLost(_ checker: Checker) {
    for change in changes where !lost.contains(change) && isHonest(change.dot) {
      if checker.hub.keeps(change, root(change)) { continue }
      let dot = change.dot
      let holders = world.agents.filter { checker.mirror(of: $0).keeps(change, root(change)) }
      world.violation(
        "I-11",
        "\(dot), written by \(content(of: change)?.by ?? "nobody"), is not at the hub in the end and survived at "
          + holders.map { "\($0.name) (\(checker.heldText(dot, $0)))" }.joined(separator: ", "))
    }
  }
}
