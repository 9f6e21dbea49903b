// Who calls, by telephone number, and the operators who destroy what is held of those who ask for it. What must hold then is in
// Checkers/PurgeChecker.swift.

import Core

@testable import Agent
@testable import Hub

/// What is known of a personal value: whose number is in it, and when each change that names it was made.
struct PersonalFact {
  var number: String?
  var at: Set<HybridTime> = []
  var order: OrderID
  /// The hotline's people recorded it after a purge, with a clock that was behind: it stays until the hub goes back.
  var isExempt = false
}

final class Citizens {
  /// A purge that was answered: everything with the number that was made until then, by the ledger, is to be gone.
  private struct Purge {
    let number: String
    let until: HybridTime
  }

  private static let numbers = (1...7).map { "1390000123\($0)" }

  private unowned let world: World
  private var random: SimRandom
  private var purges: [Purge] = []
  /// What the hub destroyed or is to destroy, by its own word or the ledger's.
  private(set) var dead: Set<Hash> = []
  /// What has a purged number and was made before the purge, whether or not the hub knew it then.
  private(set) var banned: Set<Hash> = []
  private(set) var facts: [Hash: PersonalFact] = [:]
  /// Numbers whose purge was not answered yet.
  private var asked: [String] = []
  private(set) var destroyed = 0

  init(world: World) {
    self.world = world
    // Apart from the world's, so that worlds without a purge are what they were.
    random = SimRandom(seed: world.plan.seed &+ 911)
  }

  /// True once something was purged: before that there is nothing to look for.
  var hasPurged: Bool { !purges.isEmpty || !dead.isEmpty }

  /// Somebody's number: a few call often.
  func call() -> String {
    let number = Citizens.numbers[random.below(random.chance(0.5) ? 2 : Citizens.numbers.count)]
    if purges.contains(where: { $0.number == number }) { world.sometimes(.calledAgain) }
    return number
  }

  func caller() -> JSON { ["name": "Canary", "phone": .string(call())] }

  // MARK: Purging

  /// A citizen asks for erasure; in some cases one of whom an agent has something that the hub has not seen.
  func askForErasure() {
    let unsent = world.agents.flatMap { numbersUnsent(at: $0) }.sorted()
    let number = random.chance(0.5) ? random.pick(unsent) : nil
    erase(number ?? Citizens.numbers[random.below(Citizens.numbers.count)])
  }

  /// Destroys what is held under a number that many values have.
  func eraseSomebody() {
    let counts = Dictionary(grouping: facts.values.compactMap(\.number), by: { $0 }).mapValues(\.count)
    let most = counts.sorted { ($0.value, $0.key) > ($1.value, $1.key) }.first?.key
    erase(most ?? Citizens.numbers[0])
  }

  /// All that was asked for is done, whatever became of it so far.
  func finish() {
    let open = asked
    asked = []
    for number in open { erase(number) }
  }

  private func erase(_ number: String) {
    let isUnsent = world.agents.contains { numbersUnsent(at: $0).contains(number) }
    do {
      guard let hub = random.pick(world.hubs.filter(\.isUp)) else { throw Problem(.busy, "no hub") }
      // What is queued would be committed with the purge, and is none of its work.
      hub.commitQueued()
      let before = try world.checker.canonicals()
      let answer = try hub.operate {
        try $0.purgePerson(
          phone: number, reason: "erasure request", author: Author(name: "supervisor", role: "supervisor"))
      }
      let commitments = (answer["orders"]?.asArray ?? []).flatMap { $0["values"]?.asArray ?? [] }.compactMap {
        $0["commitment"]?.asString.flatMap { Hash($0) }
      }
      world.note("\(commitments.count) values of a citizen are purged")
      destroyed += commitments.count
      purges.append(Purge(number: number, until: try until(world.ledger.replay())))
      dead.formUnion(commitments)
      for (commitment, fact) in facts where isBanned(fact) { banned.insert(commitment) }
      if isUnsent { world.sometimes(.purgedUnsent) }
      world.sometimes(.purge)
      world.checker.purged(before)
    } catch {
      world.note("a purge failed: \(error)")
      asked.append(number)
      world.timeline.after(5_000 + random.below(60_000)) { [self] in
        guard let index = asked.firstIndex(of: number) else { return }
        asked.remove(at: index)
        erase(number)
      }
    }
  }

  /// The latest time of the number that was purged last.
  private func until(_ records: [LedgerRecord]) -> HybridTime {
    let numbers = records.compactMap { if case .numberPurged(let number, _) = $0 { number } else { nil } }
    return numbers.filter { $0.mark == numbers.last?.mark }.map(\.until).max() ?? HybridTime(0)
  }

  /// True where every purge that was asked for was done.
  var isDone: Bool { asked.isEmpty }

  /// What the ledger says at a start to be destroyed, also where the commit failed.
  func recall(_ records: [LedgerRecord]) {
    for case .purged(_, let commitments, _) in records { dead.formUnion(commitments) }
  }

  // MARK: Values

  /// Takes note of the values that a change names, where its store holds them.
  func see(_ held: HeldChange, _ value: (Hash) throws -> [UInt8]?) rethrows {
    guard let change = held.change else { return }
    let mentions = change.sealedMentions
    for mention in mentions {
      var fact = facts[mention.commitment] ?? PersonalFact(order: held.order)
      let isFirst = fact.at.isEmpty
      let isNew = fact.at.insert(change.at).inserted
      if fact.number == nil, let bytes = try value(mention.commitment) {
        let text = String(decoding: bytes, as: UTF8.self)
        fact.number = Citizens.numbers.first { text.contains($0) }
      } else if !isNew {
        continue
      }
      if isFirst, held.dot.replica.isHub, isBanned(fact) { fact.isExempt = true }
      facts[mention.commitment] = fact
      if isBanned(fact) { banned.insert(mention.commitment) }
    }
  }

  private func isBanned(_ fact: PersonalFact) -> Bool {
    guard let number = fact.number, let at = fact.at.min(), !fact.isExempt else { return false }
    return purges.contains { $0.number == number && at <= $0.until }
  }

  /// Numbers in values that an agent holds and of which the hub has never held the change.
  private func numbersUnsent(at agent: AgentNode) -> Set<String> {
    guard let store = agent.process?.store else { return [] }
    // A store that cannot be read shows elsewhere.
    let lines = try? store.database.read { db in
      try db.rows("SELECT line FROM outbox WHERE sealed > 0") { $0.blob(0) }
    }
    let mentions = (lines ?? []).flatMap { (try? ChangeLine.decode($0))?.sealedMentions ?? [] }
    return Set(mentions.compactMap { facts[$0.commitment]?.number })
  }
}
