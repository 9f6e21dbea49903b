// What the operators are shown of an agent, whatever order its two lanes' calls arrive in.

import Core
import Synchronization
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

  private func heard(_ now: Int, waiting: Int = 0) {
    let health = Health(outbox: 0, oldest: nil, waiting: waiting, quarantined: 0, clock: now, version: "1")
    contacts.note(name, health: health, cursorPosition: nil, now: now)
  }

  @Test func anAgentIsBehindFromWhenThereIsMoreUntilItGoesOn() {
    heard(1_000)
    contacts.acknowledged(name, 4)
    contacts.told(name, head: 4, now: 1_000)
    #expect(contacts[name]?.behindSince == nil)
    contacts.told(name, head: 6, now: 2_000)
    contacts.acknowledged(name, 4)
    contacts.told(name, head: 9, now: 3_000)
    heard(4_000)
    #expect(contacts[name]?.behindSince == 2_000)
    contacts.acknowledged(name, 5)
    contacts.told(name, head: 9, now: 5_000)
    #expect(contacts[name]?.behindSince == 5_000, "it goes on, if slowly")
    heard(5_000 + 60_000)
    #expect(contacts[name]?.behindSince == nil, "it was away")
  }

  @Test func sinceWhenChangesWaitAtAnAgentIsKnown() {
    heard(1_000)
    heard(2_000, waiting: 3)
    heard(3_000, waiting: 2)
    #expect(contacts[name]?.waitingSince == 2_000)
    heard(90_000, waiting: 2)
    #expect(contacts[name]?.waitingSince == 90_000, "it was away")
    heard(91_000)
    #expect(contacts[name]?.waitingSince == nil)
  }

  @Test func aRefusalStandsUntilACallOfItsKindIsTaken() {
    contacts.refused(.push, of: name, .busy, now: 1_000)
    contacts.refused(.push, of: name, .diskFull, now: 2_000)
    #expect(contacts.refusal(of: name) == Contacts.Refusal(call: .push, code: .diskFull, at: 2_000, since: 1_000))
    contacts.refused(.pull, of: name, .reconcileFirst, now: 3_000)
    #expect(contacts.refusal(of: name)?.call == .pull)
    contacts.answered(.pull, of: name)
    contacts.answered(.hello, of: name)
    #expect(contacts.refusal(of: name)?.call == .push)
    contacts.answered(.push, of: name)
    #expect(contacts.refusal(of: name) == nil)
  }

  @Test func howFarAComparisonIsIsToldOnceASecond() {
    let told = Mutex(0)
    let contacts = Contacts { told.withLock { $0 += 1 } }
    for now in [1_000, 1_200, 1_999, 2_000] { contacts.comparing(name, orders: 10, now: now) }
    #expect(told.withLock { $0 } == 2)
    #expect(contacts.comparison(of: name)?.orders == 40)
    contacts.comparing(name, orders: 1, now: 500)
    #expect(told.withLock { $0 } == 3, "the clock was set back")
    contacts.beganComparing(name)
    #expect(contacts.comparison(of: name) == nil)
  }
}
