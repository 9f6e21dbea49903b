// A hijacked agent: it holds a platform's certificate and sends whatever it likes. Nothing that it does may touch what is not its
// platform's, and nobody else may be held up by it.

import Core
import Crypto
import Shell

@testable import Agent
@testable import Hub

final class Byzantine {
  private unowned let world: World
  private var random: SimRandom
  private let platform: PlatformName
  private let peer: PeerIdentity
  private var replica: ReplicaID
  private let link = Link()
  private var n = 0
  private var chain = Hash.zero
  /// What the hub holds of it, to contradict it.
  private var sent: [Entry] = []
  static let name = "hijacked"

  init(world: World, random: SimRandom) throws {
    self.world = world
    self.random = random
    platform = world.platformNames[world.platformNames.count - 1]
    link.isCached = false
    peer = try world.enrol(platform, Byzantine.name)
    replica = ReplicaID(platform: platform, random: self.random.bytes(10))
  }

  func maybe() {
    guard world.strikes(.byzantine, 0.05, &random) else { return }
    let orders = world.checker.hub.orders.keys.sorted()
    guard let order = random.pick(orders) else { return }
    let vector = world.checker.hub.vectors[order] ?? VersionVector()
    if world.plan.has(.liveClone), random.chance(0.1) { return replace(order, vector) }
    switch random.below(14) {
    case 0: send(change(order, context: vector, [.set(register: "closed", value: JSONText(["code": "special"]))]))
    case 1:
      var context = vector
      context.advance(to: Dot(ReplicaID(platform: .hub, random: random.bytes(10)), 7))
      send(change(order, context: context, [note()]))
    case 2: send(change(order, context: VersionVector(), [note()]))
    case 3:
      var context = vector
      for _ in 0..<300 {
        context.advance(to: Dot(ReplicaID(platform: platform, random: random.bytes(10)), 1 + random.below(9)))
      }
      send(change(order, context: context, [note()]))
    case 4: steal(order, vector)
    case 5:
      let a = random.pick(world.platformNames)?.text ?? "water"
      send(
        change(
          order, context: vector,
          [
            .set(
              register: "assignment/aevil",
              value: JSONText(["platform": .string(a), "role": "lead", "round": 1, "cause": "first"]))
          ]))
    case 6: send(raw: random.bytes(200)) { _ in }
    case 7: contradict()
    case 8: breakChain(order, vector)
    case 9: leaveOut(order, vector)
    case 10: spoil(order, vector)
    case 11:
      let other = random.pick([.hub] + world.platformNames.filter { $0 != platform }) ?? .hub
      let forged = OrderID(maker: other, milliseconds: World.epoch + world.timeline.now, random: random.bytes(10))
      send(change(forged, context: VersionVector(), [.set(register: "title", value: JSONText(.string("forged")))]))
    default: send(change(order, context: vector, [note()], tamper: true))
    }
  }

  private func note() -> Edit { .append(kind: "note", value: JSONText(["text": "evil", "visibility": "all"])) }

  /// Says that it replaces a change that is there: another platform's stays what it is, and so does its own platform's, which counts
  /// before what replaces it.
  private func replace(_ order: OrderID, _ vector: VersionVector) {
    guard let victim = random.pick(world.checker.hub.orders[order] ?? []) else { return }
    let edit = Edit.set(register: "title", value: JSONText(.string("replaced")))
    send(change(order, context: vector, [edit], origin: Origin(dot: victim.dot, hash: victim.hash)))
  }

  private func change(
    _ order: OrderID, context: VersionVector, _ edits: [Edit], tamper: Bool = false, origin: Origin? = nil
  ) -> Entry {
    n += 1
    let change = Change(
      order: order, dot: Dot(replica, n), context: context,
      at: HybridTime(World.epoch + world.timeline.now + random.below(10_000_000)),
      author: Author(name: "mallory", role: "crew"), edits: edits, origin: origin)
    var line = ChangeLine.encode(change)
    if tamper { line[line.count / 2] = 0x01 }
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    var head = Head(order: order, dot: change.dot, prev: context[replica], hash: hash)
    head.chain = chain
    world.model.see(change.dot, hash, order, at: "the hijacked agent", isAuthor: true, isHonest: false)
    return Entry(head: head, line: line)
  }

  /// Writes in the name of somebody else's replica.
  private func steal(_ order: OrderID, _ vector: VersionVector) {
    guard let victim = random.pick(vector.components.map(\.replica).filter { $0.platform != platform }) else { return }
    let change = Change(
      order: order, dot: Dot(victim, vector[victim] + 1), context: vector,
      at: HybridTime(World.epoch + world.timeline.now),
      author: Author(name: "mallory", role: "crew"), edits: [note()])
    let line = ChangeLine.encode(change)
    var head = Head(order: order, dot: change.dot, prev: vector[victim], hash: .of(line))
    head.chain = .chain(.zero, .of(line))
    post([Entry(head: head, line: line)], as: victim) { [world] _ in
      if world.checker.hub.changes[change.dot] == head.hash {
        world.violation("I-10", "the hub took \(change.dot) from another platform")
      }
    }
  }

  /// One of its dots with another content: a fork, never skipped (I-4).
  ///
  /// Not to a hub that went back: it may have forgotten the first content, and takes the second for it.
  private func contradict() {
    guard world.hubRollbacks == 0, let old = random.pick(sent.filter { world.checker.hub.changes[$0.head.dot] != nil })
    else { return }
    let change = Change(
      order: old.head.order, dot: old.head.dot, context: VersionVector(), at: HybridTime(1),
      author: Author(name: "mallory", role: "crew"), edits: [note()])
    let line = ChangeLine.encode(change)
    var head = Head(order: old.head.order, dot: old.head.dot, prev: old.head.prev, hash: .of(line))
    head.chain = old.head.chain
    post([Entry(head: head, line: line)], as: replica) { [world] answer in
      if answer.status == 200 { world.violation("I-4", "the hub skipped \(old.head.dot) with another content") }
    }
    world.sometimes(.contradictedDot)
  }

  /// A change whose predecessor is kept back: a gap in its replica, never taken (I-5).
  private func leaveOut(_ order: OrderID, _ vector: VersionVector) {
    sent.append(change(order, context: vector, [note()]))
    let next = change(order, context: vector, [note()])
    sent.append(next)
    post([next], as: replica) { _ in }
  }

  /// A push that begins well and ends as a fork: nothing of it may stay, in the store or in what the hub remembers (row 119).
  private func spoil(_ order: OrderID, _ vector: VersionVector) {
    guard world.hubRollbacks == 0,
      var bad = sent.first(where: { world.checker.hub.changes[$0.head.dot] != nil })
    else { return }
    sent.append(change(order, context: vector, [.set(register: "title", value: JSONText(.string("spoilt")))]))
    bad.line = (bad.line ?? []) + [0x20]
    bad.head.hash = .of(bad.line ?? [])
    post(pending + [bad], as: replica) { [world] answer in
      if answer.status == 200 { world.violation("I-4", "the hub skipped \(bad.head.dot) with another content") }
    }
  }

  /// A change whose chain does not follow from what the hub holds (I-5).
  private func breakChain(_ order: OrderID, _ vector: VersionVector) {
    guard (world.checker.hub.high[replica] ?? 0) == n, n > 0 else { return }
    let change = Change(
      order: order, dot: Dot(replica, n + 1), context: vector, at: HybridTime(World.epoch + world.timeline.now),
      author: Author(name: "mallory", role: "crew"), edits: [note()])
    let line = ChangeLine.encode(change)
    var head = Head(order: order, dot: change.dot, prev: vector[replica], hash: .of(line))
    head.chain = .of([1])
    post([Entry(head: head, line: line)], as: replica) { [world] _ in
      if world.checker.hub.changes[change.dot] == head.hash {
        world.violation("I-5", "the hub took \(change.dot), whose chain is broken")
      }
    }
  }

  /// What was made and the hub does not hold yet.
  private var pending: [Entry] {
    let high = world.checker.hub.high[replica] ?? 0
    return sent.filter { $0.head.dot.n > high }
  }

  private func send(_ entry: Entry) {
    sent.append(entry)
    post(pending, as: replica) { [self, replica] answer in
      let problem = answer.contentType == Problem.mediaType ? (try? JSON(parsing: answer.body)).map(Problem.init) : nil
      // What is refused for good would hold up the rest for ever: it goes on under another name, as an attacker would.
      guard let problem, problem.code.retry == .never, replica == self.replica else { return }
      self.replica = ReplicaID(platform: platform, random: random.bytes(10))
      n = 0
      chain = .zero
      sent = []
    }
  }

  private func post(_ entries: [Entry], as replica: ReplicaID, _ done: @escaping (HTTPAnswer) -> Void) {
    let header = PushHeader(
      replica: replica, cursor: .start, told: .start,
      health: Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: 0, version: "evil"))
    send(raw: Batch(header: header.json, entries: entries).bytes, done)
  }

  private func send(raw body: [UInt8], _ done: @escaping (HTTPAnswer) -> Void) {
    let call = WireCall(peer: peer, name: "push", contentType: Batch.mediaType, body: body, patience: 40_000)
    world.network.send(call, over: link) { result in
      // What a portal answers is not the hub's word.
      if case .answer(let answer) = result, answer.contentType != "text/html", answer.body.count > 20 { done(answer) }
    }
  }
}
