// Sessions, one-time passwords and changed ones: what ends what, by the test's clock.

import Core
import Testing

@testable import Hub

@Suite struct AccountsSessionTests {
  @Test func aSessionEndsHalfAnHourAfterItWasLastUsedAndAfterTwelveHoursInAnyCase() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let used = try await world.signIn("li").session
    let unused = try await world.signIn("li").session
    let sessions = world.accounts.sessions
    for _ in 0..<35 {
      world.clock.advance(20 * 60_000)
      #expect(try sessions.find(used) != nil)
      try world.parts.writer.perform { _ in }
    }
    #expect(try sessions.find(unused) == nil)
    world.clock.advance(20 * 60_000)
    #expect(try sessions.find(used) == nil, "twelve hours")
  }

  @Test func whatAPageDoesByItselfKeepsNoSessionAlive() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let id = try await world.signIn("li").session
    for _ in 0..<5 {
      world.clock.advance(5 * 60_000)
      #expect(try world.accounts.sessions.find(id, isActivity: false) != nil)
      try world.parts.writer.perform { _ in }
    }
    world.clock.advance(5 * 60_000)
    #expect(try world.accounts.sessions.find(id, isActivity: false) == nil)
  }

  @Test func aSignOfLifeIsWrittenOnceAMinuteAtMost() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let id = try await world.signIn("li").session
    func seen() throws -> Int {
      try world.parts.writer.perform { _ in }
      return try world.parts.database.read { db in try db.count("SELECT seen FROM session") }
    }
    let start = world.clock.now
    world.clock.advance(59_000)
    _ = try world.accounts.sessions.find(id)
    #expect(try seen() == start)
    world.clock.advance(1_000)
    _ = try world.accounts.sessions.find(id)
    #expect(try seen() == start + 60_000)
  }

  @Test func anotherRoleCountsAtOnceAndADisabledAccountHasNoSession() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let id = try await world.signIn("li").session
    _ = try world.accounts.setRole(of: "li", to: .viewer, by: .socket)
    #expect(try world.accounts.sessions.find(id)?.who.role == .viewer)
    _ = try world.accounts.disable("li", by: .socket)
    #expect(try world.accounts.sessions.find(id) == nil)
    _ = try world.accounts.enable("li", by: .socket)
    #expect(try world.accounts.sessions.find(id) == nil, "it has to sign in again")
  }

  @Test func anAccountHasTenSessionsAndTheStalestGivesWay() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    var ids: [String] = []
    for _ in 0..<11 {
      ids.append(try await world.signIn("li").session)
      world.clock.advance(1_000)
    }
    #expect(try world.accounts.sessions.find(ids[0]) == nil)
    #expect(try ids.dropFirst().allSatisfy { try world.accounts.sessions.find($0) != nil })
  }

  @Test func aChangeNeedsTheTokenOfItsOwnSession() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let mine = try await world.signIn("li").session
    let other = try await world.signIn("li").session
    let session = try #require(try world.accounts.sessions.find(mine))
    let others = try #require(try world.accounts.sessions.find(other))
    #expect(session.csrf != others.csrf)
    func caller(_ csrf: String?, changes: Bool = true) throws -> Operator {
      try world.accounts.caller(authorization: nil, session: mine, csrf: csrf, changes: changes)
    }
    #expect(try caller(session.csrf) == session.who)
    #expect(try caller(nil, changes: false) == session.who)
    for wrong in [nil, "", others.csrf, String(session.csrf.dropLast()), session.csrf + "x"] {
      #expect(await world.refusal { try caller(wrong) }?.code == .forbidden, "\(wrong ?? "none")")
    }
  }
}

@Suite struct AccountsOneTimePasswordTests {
  private func added(_ world: HubWorld) async throws -> String {
    let answer = try await world.accounts.add(
      name: "li", displayName: "李", role: .administrator, isProgram: false, password: nil, by: .socket)
    #expect(answer["oneTimeUntil"] == .int(world.clock.now + 72 * 3_600_000))
    return answer.text("oneTimePassword")
  }

  @Test func aOneTimePasswordSignsInOnceAndAllowsNothingButToChangeIt() async throws {
    let world = try HubWorld(platforms: [])
    let password = try await added(world)
    #expect(password.wholeMatch(of: /[a-z2-7]{5}(-[a-z2-7]{5}){3}/) != nil)
    let first = try await world.signIn("li", password)
    #expect(first.who.duty == .newPassword)
    #expect(await world.refusal { try await world.signIn("li", password) }?.code == .signInRefused)
    let session = try #require(try world.accounts.sessions.find(first.session))
    let seat = Seat(world.hotline, session.who)
    #expect(await world.refusal { try seat.status() }?.code == .forbidden)
    #expect(await world.refusal { try seat.users() }?.code == .forbidden)
    #expect(Right.allCases.filter(seat.may) == [.ownAccount])

    let changed = try await world.accounts.signIn.changePassword(
      session: first.session, current: nil, new: HubWorld.password, address: "10.0.0.1")
    #expect(changed.session != first.session)
    #expect(try world.accounts.sessions.find(first.session) == nil)
    let now = try #require(try world.accounts.sessions.find(changed.session))
    #expect(now.who.duty == nil)
    #expect(Right.allCases.allSatisfy(Seat(world.hotline, now.who).may))
    #expect(try await world.signIn("li").who.duty == nil)
  }

  @Test func aPasswordIsChangedWithTheOneBeforeAndEndsAllSessions() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let mine = try await world.signIn("li")
    let elsewhere = try await world.signIn("li", from: "10.0.0.2")
    let signIn = world.accounts.signIn
    let new = "another walk, by the river"
    func change(_ current: String?, _ new: String) async -> ProblemCode? {
      await world.refusal {
        try await signIn.changePassword(session: mine.session, current: current, new: new, address: "10.0.0.1")
      }?.code
    }
    #expect(await change(nil, new) == .signInRefused)
    #expect(await change("wrong", new) == .signInRefused)
    #expect(await change(HubWorld.password, "short") == .badCommand)
    #expect(await change(HubWorld.password, "li li li li li li li") == .badCommand)
    #expect(await change(HubWorld.password, new) == nil)
    for id in [mine.session, elsewhere.session] { #expect(try world.accounts.sessions.find(id) == nil) }
    #expect(await world.refusal { try await world.signIn("li") }?.code == .signInRefused)
    #expect(try await world.signIn("li", new).who.name == "li")
    #expect(await change(new, "yet another walk, uphill") == .signInRequired, "that session is over")
  }

  @Test func anAdministratorWhoGivesAPasswordEndsTheAccountsSessions() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let id = try await world.signIn("li")
    let answer = try await world.accounts.setPassword(of: "li", password: nil, by: .socket)
    #expect(try world.accounts.sessions.find(id.session) == nil)
    #expect(await world.refusal { try await world.signIn("li") }?.code == .signInRefused)
    #expect(try await world.signIn("li", answer.text("oneTimePassword")).who.duty == .newPassword)
  }
}
