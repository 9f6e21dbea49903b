// What each agent last said of itself, kept in memory and written down now and then: a poll must not cost a commit.

import Core
import Synchronization

final class Contacts: Sendable {
  struct Contact: Sendable {
    var last: Int
    var health: Health
    var cursorPosition: Int
    /// The agent's clock minus ours, milliseconds.
    var skew: Int
    var openPolls: Int
    /// Since when it is in contact and goes no further in its feed although there is more; nil where it has confirmed everything.
    var behindSince: Int?
    /// Since when it is in contact and says that changes wait at it for one before them.
    var waitingSince: Int?
  }

  /// The calls of which a refusal is remembered.
  enum Call: String, Sendable, CaseIterable {
    case renew, hello, push, pull, reconcile
  }

  /// The last call of its kind, which was refused; none of its kind was taken since.
  struct Refusal: Sendable, Equatable {
    let call: Call
    let code: ProblemCode
    let at: Int
    /// When the first of them in a row was refused.
    let since: Int
  }

  /// How far a comparison is, by what its calls asked and brought.
  struct Comparison: Sendable, Equatable {
    var buckets = 0
    var orders = 0
    /// Changes that the agent gave, and that it got.
    var sent = 0
    var received = 0
    /// When the last of its calls came.
    var at = 0
  }

  /// One agent, as a key.
  struct Name: Hashable, Comparable, Sendable {
    let platform: PlatformName
    let agent: String
    static func < (left: Name, right: Name) -> Bool {
      left.platform == right.platform ? left.agent < right.agent : left.platform < right.platform
    }
  }

  private struct State {
    var contacts: [Name: Contact] = [:]
    var unwritten: Set<Name> = []
    /// Whose greeting was refused, as they compute by newer rules than the hub.
    var newer: Set<Name> = []
    var refusals: [Name: [Call: Refusal]] = [:]
    var comparisons: [Name: Comparison] = [:]
    /// When it was last told how far comparisons are.
    var comparisonsTold: Int?
  }

  private let state = Mutex(State())
  /// Told when an agent is heard of after a silence, or says something new of itself.
  private let heard: @Sendable () -> Void

  init(heard: @escaping @Sendable () -> Void = {}) { self.heard = heard }

  /// From this silence on it is news that an agent is there, milliseconds.
  private static let silence = 45_000

  /// Two lanes' calls may overtake each other by so much, milliseconds. A report older than that is one by a clock that was set.
  private static let overtaking = 10_000

  /// Notes a call. `cursorPosition` is what a greeting named, 0 where that does not hold. A greeting of the push lane may come after
  /// a pull that was made after it, so it lowers nothing; a pull does.
  func note(_ name: Name, health: Health, cursorPosition: Int?, now: Int) {
    let isNews = state.withLock { state in
      let before = state.contacts[name]
      let known = before?.cursorPosition ?? 0
      let newest = before?.health.clock ?? 0
      let isOvertaken = health.clock < newest && health.clock >= newest - Contacts.overtaking
      var contact = Contact(
        last: now, health: isOvertaken ? before?.health ?? health : health,
        cursorPosition: cursorPosition.map { $0 == 0 ? 0 : max($0, known) } ?? known,
        skew: health.clock - now, openPolls: before?.openPolls ?? 0)
      // What it could not do while it was away says nothing of what it cannot do now.
      let isBack = before.map { now - $0.last > Contacts.silence && $0.openPolls == 0 } ?? true
      if let before, !isBack {
        contact.behindSince = contact.cursorPosition == known ? before.behindSince : nil
        contact.waitingSince = before.waitingSince
      }
      contact.waitingSince = contact.health.waiting == 0 ? nil : contact.waitingSince ?? now
      state.contacts[name] = contact
      state.unwritten.insert(name)
      state.newer.remove(name)
      guard let before else { return true }
      return isBack || before.health.outbox != health.outbox || before.health.quarantined != health.quarantined
        || before.health.waiting != health.waiting
    }
    if isNews { heard() }
  }

  /// The agent computes by newer rules than the hub, and is refused until the hub is upgraded. Nothing is noted of what it says of itself.
  func refused(_ name: Name) {
    let isNews = state.withLock { $0.newer.insert(name).inserted }
    if isNews { heard() }
  }

  /// Whether the hub must be upgraded before this agent can sync.
  func needsUpdate(_ name: Name) -> Bool { state.withLock { $0.newer.contains(name) } }

  /// So many of the changes that the agent told of as unsent are in the hub's store now.
  func taken(_ count: Int, from name: Name) {
    state.withLock { state in
      guard var contact = state.contacts[name] else { return }
      contact.health.outbox = max(0, contact.health.outbox - count)
      if contact.health.outbox == 0 { contact.health.oldest = nil }
      state.contacts[name] = contact
      state.unwritten.insert(name)
    }
  }

  /// The agent has durably applied its feed up to this position: the hub has found that it holds.
  func acknowledged(_ name: Name, _ position: Int) {
    state.withLock { state in
      if state.contacts[name]?.cursorPosition != position { state.contacts[name]?.behindSince = nil }
      state.contacts[name]?.cursorPosition = position
      state.unwritten.insert(name)
    }
  }

  /// The agent was told where its feed ends: from the first time on that there is more than it has confirmed, it is behind.
  func told(_ name: Name, head: Int, now: Int) {
    state.withLock { state in
      guard var contact = state.contacts[name] else { return }
      contact.behindSince = contact.cursorPosition >= head ? nil : contact.behindSince ?? now
      state.contacts[name] = contact
    }
  }

  // MARK: Refusals

  /// A call of the agent was refused.
  func refused(_ call: Call, of name: Name, _ code: ProblemCode, now: Int) {
    let isNews = state.withLock { state in
      let before = state.refusals[name]?[call]
      state.refusals[name, default: [:]][call] = Refusal(call: call, code: code, at: now, since: before?.since ?? now)
      return before?.code != code
    }
    if isNews { heard() }
  }

  /// A call of the agent was taken: what was said of earlier ones of its kind is over.
  func answered(_ call: Call, of name: Name) {
    let isNews = state.withLock { $0.refusals[name]?.removeValue(forKey: call) != nil }
    if isNews { heard() }
  }

  /// The newest of the refusals that still stand.
  func refusal(of name: Name) -> Refusal? {
    state.withLock { $0.refusals[name]?.values.max { ($0.at, $0.call.rawValue) < ($1.at, $1.call.rawValue) } }
  }

  // MARK: Comparisons

  /// From one telling of how far comparisons are to the next, milliseconds.
  private static let tellingComparisons = 1_000

  /// An agent begins to compare everything: what was counted of an earlier time counts no more.
  func beganComparing(_ name: Name) { state.withLock { $0.comparisons[name] = nil } }

  /// A call of a comparison asked for so much, or brought it.
  func comparing(_ name: Name, buckets: Int = 0, orders: Int = 0, sent: Int = 0, received: Int = 0, now: Int) {
    state.withLock { state in
      var comparison = state.comparisons[name] ?? Comparison()
      comparison.buckets += buckets
      comparison.orders += orders
      comparison.sent += sent
      comparison.received += received
      comparison.at = now
      state.comparisons[name] = comparison
    }
    progressed(now: now)
  }

  /// A comparison, or the hub's work before it, is further than it was.
  func progressed(now: Int) {
    let isNews = state.withLock { state in
      // Not within a range that a clock that was set back would be in for long.
      if let told = state.comparisonsTold, (0..<Contacts.tellingComparisons).contains(now - told) { return false }
      state.comparisonsTold = now
      return true
    }
    if isNews { heard() }
  }

  func endedComparing(_ name: Name) {
    state.withLock { _ = $0.comparisons.removeValue(forKey: name) }
    heard()
  }

  func comparison(of name: Name) -> Comparison? { state.withLock { $0.comparisons[name] } }

  func pollOpened(_ name: Name) { state.withLock { $0.contacts[name]?.openPolls += 1 } }
  func pollClosed(_ name: Name) { state.withLock { $0.contacts[name]?.openPolls -= 1 } }

  subscript(name: Name) -> Contact? { state.withLock { $0.contacts[name] } }

  /// Who is in contact: polls, or was heard of a moment ago.
  func online(now: Int) -> Set<Name> {
    state.withLock { state in
      Set(state.contacts.filter { $0.value.openPolls > 0 || now - $0.value.last < Contacts.silence }.keys)
    }
  }

  /// What was noted since the last call, sorted.
  func takeUnwritten() -> [(name: Name, contact: Contact)] {
    state.withLock { state in
      let taken = state.unwritten.sorted().compactMap { name in state.contacts[name].map { (name, $0) } }
      state.unwritten = []
      return taken
    }
  }

  /// Writes down what was noted, for the time after a restart.
  func write(through writer: GroupCommitWriter) async throws {
    let taken = takeUnwritten()
    guard !taken.isEmpty else { return }
    try await writer.submit { transaction in
      for (name, contact) in taken {
        try transaction.db.execute(
          """
          UPDATE agent SET last_contact = $1, health = $2, cursor_position = $3, skew = $4
          WHERE platform = $5 AND agent = $6
          """,
          [
            .integer(contact.last), .text(String(decoding: contact.health.json.bytes, as: UTF8.self)),
            .integer(contact.cursorPosition), .integer(contact.skew), .text(name.platform.text), .text(name.agent),
          ])
        try Contacts.keep(name, contact.last, transaction)
      }
    }
  }

  /// A longer time between two contacts that are noted is an outage, milliseconds: more than a poll and a writing take.
  static let outage = 120_000
  /// For how long the history of contact is kept.
  private static let kept = 35 * 86_400_000

  /// Makes the stretch longer in which the agent is in contact, or begins another.
  private static func keep(_ name: Name, _ last: Int, _ transaction: HubTransaction) throws {
    let key: [SQLValue] = [.text(name.platform.text), .text(name.agent)]
    let longer = try transaction.db.execute(
      """
      UPDATE contact SET until = $1 WHERE platform = $2 AND agent = $3 AND until <= $1 AND until >= $4
        AND since = (SELECT MAX(since) FROM contact WHERE platform = $2 AND agent = $3)
      """, [.integer(last), key[0], key[1], .integer(last - outage)])
    guard longer == 0 else { return }
    try transaction.db.execute(
      "INSERT INTO contact (platform, agent, since, until) VALUES ($1, $2, $3, $3) ON CONFLICT DO NOTHING",
      key + [.integer(last)])
    try transaction.db.execute(
      "DELETE FROM contact WHERE platform = $1 AND agent = $2 AND until < $3", key + [.integer(last - kept)])
  }
}
