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
}

final class Model {
  /// Every dot ever written, and its one content (I-3, I-4).
  private(set) var authored: [Dot: Authored] = [:]
  /// What an agent's people were answered "recorded", by agent (I-2).
  private(set) var recorded: [String: Set<Dot>] = [:]
  /// What the hub said that it holds, by replica (I-15).
  private(set) var acknowledged: [ReplicaID: Int] = [:]
  /// The dot that answered a command, by platform and request id (row 117).
  private(set) var answers: [String: Dot] = [:]
  /// Dots that died with every disk that held them.
  private(set) var lost: Set<Dot> = []
  /// What is lost is looked for when the hub is there again.
  private(set) var mustNoteLost = false
  private unowned let world: World

  init(world: World) { self.world = world }

  /// Takes note of a dot's content where it is first seen at its author, and compares it anywhere else.
  func see(_ dot: Dot, _ hash: Hash, _ order: OrderID, at place: String, isAuthor: Bool, isHonest: Bool = true) {
    guard let known = authored[dot] else {
      if !isAuthor { world.violation("I-3", "\(place) holds \(dot), which nobody wrote") }
      authored[dot] = Authored(hash: hash, order: order, by: place, isHonest: isHonest)
      return
    }
    if known.hash != hash || known.order != order {
      world.violation("I-4", "\(dot) has two contents: \(known.by)'s and another at \(place)")
    }
  }

  func recorded(_ answer: Recorded, request: String, by agent: AgentNode) {
    if answer.repeated {
      if let first = answers["\(agent.platform)/\(request)"], first != answer.dot {
        world.violation("I-3", "the command \(request) was answered with \(first), and again with \(answer.dot)")
      }
    } else {
      if let first = answers["\(agent.platform)/\(request)"], !lost.contains(first) {
        world.violation("I-3", "the command \(request) made \(first), and repeated it made \(answer.dot)")
      }
      if authored[answer.dot] == nil {
        world.violation("I-2", "\(agent.name) answered that \(answer.dot) is recorded and does not hold it")
      }
    }
    answers["\(agent.platform)/\(request)"] = answer.dot
    recorded[agent.name, default: []].insert(answer.dot)
  }

  func answered(push entries: [Entry], _ reply: PushReply, by hub: HubNode) {
    guard let replica = entries.first?.head.dot.replica else { return }
    acknowledged[replica] = max(acknowledged[replica] ?? 0, reply.acceptedThrough)
  }

  /// An agent's disk went back to an older copy: what only it held is gone, and that is no fault of the product's.
  func forget(_ agent: AgentNode) { recorded[agent.name] = [] }

  /// After a database went back and was opened: what no database holds is lost.
  func noteLost(_ checker: Checker) {
    mustNoteLost = world.store.database == nil
    if mustNoteLost { return }
    let mirrors = world.agents.map { checker.mirror(of: $0) }
    for dot in authored.keys where !checker.hub.holds(dot) && !mirrors.contains(where: { $0.dots[dot] != nil }) {
      lost.insert(dot)
    }
  }

  /// The hub forgot what it had promised; what survives elsewhere must be there in the end.
  func forgetAcknowledged() { acknowledged = [:] }

  /// I-11: whatever any database held when another one went back is at the hub in the end.
  func checkNothingLost(_ checker: Checker) {
    for dot in authored.keys.sorted() where !lost.contains(dot) && isHonest(dot) && !checker.hub.holds(dot) {
      let holders = world.agents.filter { checker.mirror(of: $0).dots[dot] != nil }
      world.violation(
        "I-11",
        "\(dot), written by \(authored[dot]?.by ?? "nobody"), is not at the hub in the end and survived at "
          + holders.map { "\($0.name) (\(checker.heldText(dot, $0)))" }.joined(separator: ", "))
    }
  }

  func isHonest(_ dot: Dot) -> Bool { authored[dot]?.isHonest ?? true }
}
