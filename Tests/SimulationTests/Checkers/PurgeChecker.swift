// What must hold where a person's values are purged (I-11, rows 72, 114, 130 and 131): what was destroyed is nowhere and does not come
// back, whatever is restored and whoever brings it; the orders stay what they were; what the person says later stays too.

import Core

@testable import Agent
@testable import Hub

extension Checker {
  // MARK: A purge

  /// Every order as the hub shows it.
  func canonicals() throws -> [OrderID: [UInt8]] {
    var all: [OrderID: [UInt8]] = [:]
    for order in hub.orders.keys { all[order] = try world.canonical(order) }
    return all
  }

  /// After a purge: nothing of any order changed but that it says what is destroyed.
  func purged(_ before: [OrderID: [UInt8]]) {
    guarding("hub") {
      for (order, bytes) in before.sorted(by: { $0.key < $1.key }) {
        guard let now = try world.canonical(order) else { continue }
        if Checker.withoutPurges(now) != Checker.withoutPurges(bytes) {
          world.violation("I-6", "a purge changed more of \(order) than what it destroyed")
        }
      }
      if let database = world.store.database { try checkPurged(database) }
    }
  }

  private static func withoutPurges(_ canonical: [UInt8]) -> [ArraySlice<UInt8>] {
    canonical.split(separator: 0x0A).filter {
      !$0.starts(with: Array("vector ".utf8)) && !$0.starts(with: Array("register purged/".utf8))
    }
  }

  // MARK: Stores

  /// After a commit of any hub: nothing that was destroyed is there, or asked for.
  func checkPurged(_ database: SQLiteDatabase) throws {
    guard world.citizens.hasPurged else { return }
    let (held, lacking) = try database.read { db in
      func commitments(_ table: String) throws -> [Hash] {
        try db.all("SELECT commitment FROM \(table) ORDER BY commitment", []) { Hash(bytes: $0.blob(0)) ?? .zero }
      }
      return (try commitments("sealed"), try commitments("lacking"))
    }
    for commitment in held where world.citizens.dead.contains(commitment) {
      world.violation("I-11", "the hub holds a value that was purged: \(story(ofPurged: commitment))")
    }
    for commitment in held where world.citizens.banned.contains(commitment) {
      world.violation(
        "row 131", "the hub keeps a value from before a purge of its number: \(story(ofPurged: commitment))")
    }
    for commitment in lacking where world.citizens.dead.contains(commitment) {
      world.violation("I-11", "the hub asks for a value that was purged: \(story(ofPurged: commitment))")
    }
  }

  /// A store holds no value whose purge it has read.
  func checkPurged(_ agent: AgentNode, _ store: AgentStore, _ mirror: AgentMirror) throws {
    guard !mirror.purged.isEmpty else { return }
    for table in ["sealed", "lacking"] {
      for commitment in try commitments(in: table, store) where mirror.purged.contains(commitment) {
        world.violation(
          "I-11", "\(agent.name) has read a purge and its value is still \(table): \(story(ofPurged: commitment))")
      }
    }
  }

  func commitments(in table: String, _ store: AgentStore) throws -> [Hash] {
    try store.database.read { db in
      try db.rows("SELECT commitment FROM \(table) ORDER BY commitment") { Hash(bytes: $0.blob(0)) ?? .zero }
    }
  }

  /// Values on their way to a platform (I-10, I-11).
  func checkGiven(_ values: [SealedValue], to platform: PlatformName) {
    for value in values
    where world.citizens.dead.contains(value.commitment) || world.citizens.banned.contains(value.commitment) {
      world.violation("I-11", "\(platform) was given a value that was purged: \(story(ofPurged: value.commitment))")
    }
  }

  /// Values on their way to the hub: whoever has not read a purge, or went back behind it, still sends them.
  func noteOffered(_ entries: [Entry]) {
    guard world.citizens.hasPurged else { return }
    let isOffered = entries.contains { entry in
      entry.head.sealed.contains {
        world.citizens.dead.contains($0.commitment) || world.citizens.banned.contains($0.commitment)
      }
    }
    if isOffered { world.sometimes(.purgedOffered) }
  }

  /// A change that names values came to the hub.
  func noteArrived(_ held: HeldChange) {
    guard world.citizens.hasPurged, !held.dot.replica.isHub, world.hubRollbacks == 0 else { return }
    if held.change?.sealedMentions.contains(where: { world.citizens.banned.contains($0.commitment) }) == true {
      world.sometimes(.purgedOnArrival)
    }
  }

  // MARK: Going back

  /// A hub's database was opened that may be an older one; nothing was recalled yet.
  func noteForgottenPurges(_ database: SQLiteDatabase) throws {
    let held = try database.read { db in try db.all("SELECT commitment FROM sealed", []) { Hash(bytes: $0.blob(0)) } }
    if held.contains(where: { $0.map(world.citizens.dead.contains) ?? false }) { world.sometimes(.purgeForgotten) }
  }

  /// An agent went back.
  func noteBehindPurge(_ agent: AgentNode) {
    // A store that cannot be read shows elsewhere.
    guard let store = agent.process?.store, let held = try? commitments(in: "sealed", store) else { return }
    if held.contains(where: world.citizens.dead.contains) { world.sometimes(.agentBehindPurge) }
  }

  // MARK: The end

  /// When all is quiet: what is to be gone is gone everywhere, everyone has confirmed it, and nothing else went.
  func checkPurges() throws {
    let citizens = world.citizens!
    let gone = citizens.dead.union(citizens.banned)
    if !citizens.isDone { world.violation("I-18", "a purge that was asked for could not be done") }
    for agent in world.agents {
      guard let store = agent.process?.store else { continue }
      for table in ["sealed", "lacking"] {
        for commitment in try commitments(in: table, store) where gone.contains(commitment) {
          world.violation(
            citizens.dead.contains(commitment) ? "I-11" : "row 131",
            "\(agent.name) still has a purged value as \(table) in the end: \(story(ofPurged: commitment))")
        }
      }
    }
    try checkConfirmations()
    try checkUnpurged(gone)
  }

  /// Everyone who can be told has confirmed. The hijacked agent reads nothing, and of some that were enrolled nobody has heard.
  private func checkConfirmations() throws {
    let names = Set(world.agents.map(\.certifiedName))
    guard let report = try world.hubs.first(where: \.isUp)?.operate({ try $0.purges() }) else { return }
    for purge in report["purges"]?.asArray ?? [] {
      let state = purge["state"]?.asString
      let isKnown = try purge["order"]?.asString.map { hub.orders[try OrderID($0)] != nil } ?? false
      if state == "unwritten", isKnown {
        world.violation("row 130", "no agent was told of a purge of \(purge["order"]?.asString ?? "")")
      }
      for platform in purge["platforms"]?.asArray ?? [] {
        let waiting = (platform["agents"]?.asArray ?? []).filter {
          $0["state"] == "waiting" && names.contains($0["agent"]?.asString ?? "")
        }
        if !waiting.isEmpty {
          world.violation("I-18", "a purge is not confirmed by \(waiting.compactMap { $0["agent"]?.asString })")
        }
      }
    }
  }

  /// What nobody purged is there: at the hub, unless it died with every disk that held it.
  private func checkUnpurged(_ gone: Set<Hash>) throws {
    guard let database = world.store.database else { return }
    let held = Set(
      try database.read { db in
        try db.all("SELECT commitment FROM sealed", []) { Hash(bytes: $0.blob(0)) ?? .zero }
      })
    for order in hub.orders.keys.sorted() {
      for change in hub.orders[order] ?? [] where world.model.isHonest(change.dot) {
        for mention in change.change?.sealedMentions ?? []
        where !held.contains(mention.commitment) && !gone.contains(mention.commitment) {
          let isSurviving = world.hubRollbacks == 0 || survives(mention.commitment)
          let fact = world.citizens.facts[mention.commitment]
          if isSurviving, fact?.number != nil, fact?.isExempt == false {
            world.violation(
              "row 131", "the hub has not got a value that nobody purged: \(story(ofPurged: mention.commitment))")
          }
        }
      }
    }
  }

  private func story(ofPurged commitment: Hash) -> String {
    guard let fact = world.citizens.facts[commitment] else { return "never seen" }
    let naming = (hub.orders[fact.order] ?? []).filter {
      $0.change?.sealedMentions.contains { $0.commitment == commitment } == true
    }
    return "of \(fact.order), named by \(naming.map(\.dot.description)), made at \(fact.at.sorted())"
  }
}
