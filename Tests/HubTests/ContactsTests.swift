// What the operators are shown of an agent, whatever order its two lanes' calls arrive in.

import Core
import Testing

@testable import Hub

@Suite struct ContactsTests {
  private let contacts = Contacts()
  private let name: Contacts.Name

  init() throws { name = Contacts.Name(platform: try PlatformName("water"), agent: "water-1") }

  private func note(_ outbox: Int, clock: Int, cursor: Int? = nil) {
    let health = Health(
      outbox: outbox, oldest: outbox > 0 ? 1 : nil, waiting: 0, quarantined: 0, clock: clock, version: "1")
    contacts.note(name, health: health, cursorPosition: cursor, now: 5_000)
  }

  @Test func whatTheHubHasTakenNoLongerWaits() {
    note(3, clock: 1_000)
    contacts.taken(2, from: name)
    #expect(contacts[name]?.health.outbox == 1 && contacts[name]?.health.oldest == 1)
    contacts.taken(2, from: name)
    #expect(contacts[name]?.health.outbox == 0 && contacts[name]?.health.oldest == nil)
  }

  @Test func aReportThatWasOvertakenChangesNothingAndAClockSetBackDoes() {
    note(0, clock: 100_000)
    note(3, clock: 99_999)
    #expect(contacts[name]?.health.outbox == 0)
    note(3, clock: 100_000 - 60_000)
    #expect(contacts[name]?.health.outbox == 3)
  }

  @Test func aGreetingLowersNoCursorUnlessItDoesNotHold() {
    note(0, clock: 1, cursor: 5)
    contacts.acknowledged(name, 8)
    note(0, clock: 2, cursor: 5)
    #expect(contacts[name]?.cursorPosition == 8)
    contacts.acknowledged(name, 3)
    #expect(contacts[name]?.cursorPosition == 3)
    note(0, clock: 3, cursor: 0)
    #expect(contacts[name]?.cursorPosition == 0)
  }
}
