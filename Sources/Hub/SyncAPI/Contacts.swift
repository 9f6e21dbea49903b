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
  }

  private let state = Mutex(State())

  /// Notes a call; `cursorPosition` where the hub has checked that it holds.
  func note(_ name: Name, health: Health, cursorPosition: Int?, now: Int) {
    state.withLock { state in
      let before = state.contacts[name]
      state.contacts[name] = Contact(
        last: now, health: health, cursorPosition: cursorPosition ?? before?.cursorPosition ?? 0,
        skew: health.clock - now, openPolls: before?.openPolls ?? 0)
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
      }
    }
  }
}
