// Which agents count as alive: those that were heard of within `feed.keep`. Nobody waits for the others.

import Core

/// Tells who is waited for, from what is written down of contacts and what is not yet.
struct LiveAgents: Sendable {
  /// An agent as the hub knows it now.
  struct Known: Sendable {
    let name: Contacts.Name
    /// Up to where it has confirmed its feed.
    let position: Int
    /// False where it never called.
    let hasCalled: Bool
  }

  let contacts: Contacts
  /// An agent that was not heard of for so long is not waited for.
  let milliseconds: Int

  /// The agents that are alive and not revoked, by name. Of an agent that never called, its enrolment counts.
  func all(now: Int, _ db: any DatabaseConnection) throws -> [Known] {
    try db.all(
      """
      SELECT platform, agent, last_contact, cursor_position, enrolled FROM agent WHERE revoked IS NULL
      ORDER BY platform, agent
      """, []
    ) { row in
      let name = Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1))
      let contact = contacts[name]
      let called = row.optionalInt(2)
      let last = max(contact?.last ?? 0, called ?? row.int(4))
      guard last >= now - milliseconds else { return nil }
      return Known(
        name: name, position: contact?.cursorPosition ?? row.int(3), hasCalled: contact != nil || called != nil)
    }.compactMap(\.self)
  }
}
