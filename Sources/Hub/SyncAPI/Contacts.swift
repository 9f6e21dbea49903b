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
      state.contacts[name] = Contact(
        last: now, health: isOvertaken ? before?.health ?? health : health,
        cursorPosition: cursorPosition.map { $0 == 0 ? 0 : max($0, known) } ?? known,
        skew: health.clock - now, openPolls: before?.openPolls ?? 0)
      state.unwritten.insert(name)
      state.newer.remove(name)
      return before.map { before in
        now - before.last > Contacts.silence && before.openPolls == 0 || before.health.outbox != health.outbox
          || before.health.quarantined != health.quarantined || before.health.waiting != health.waiting
      } ?? true
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
      state.contacts[name]?.cursorPosition = position
      state.unwritten.insert(name)
    }
  }

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
  private static let outage = 120_000
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
