// Signing in with a second factor, and being led to set one up; over a real database with the test's clock.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct SecondFactorTests {
  private func world(_ rule: SecondFactorRule = .off) throws -> HubWorld {
    try HubWorld(platforms: [], secondFactor: rule)
  }

  @Test func afterThePasswordACodeIsAskedAndOnlyThenIsThereASession() async throws {
    let world = try world()
    try await world.person("li")
    let (secret, codes, session) = try await world.setUp(in: try await world.signIn("li").session)
    #expect(Set(codes).count == SecondFactor.recoveryCodes)
    let half = try await world.half("li", replacing: session)
    #expect(try world.accounts.sessions.find(half) == nil, "a half sign-in opens nothing")
    #expect(try world.accounts.sessions.find(session) != nil, "nothing ends before the code")
    let success = try await world.accounts.signIn.enterCode(world.code(secret), half: half, address: "10.0.0.1")
    #expect(success.session != half && success.who.duty == nil)
    #expect(try world.accounts.sessions.find(success.session)?.hasSecondFactor == true)
    #expect(try world.accounts.sessions.find(session) == nil, "the session that the browser had has ended")
    #expect(await world.enter(world.code(secret), half) == .signInRequired, "the half is used up")
    #expect(
      try world.audit() == [
        "socket account-added li", "li sign-in li", "li second-factor-set li", "li sign-in li",
      ])
  }

  @Test func aWrongPasswordIsRefusedBeforeAnyCodeInTheWordsOfEveryOther() async throws {
    let world = try world()
    try await world.person("li")
    _ = try await world.setUp(in: try await world.signIn("li").session)
    let problem = await world.refusal { try await world.half("li", "guess") }
    #expect(problem == Problem(.signInRefused, "the name or the password is wrong"))
  }

  @Test func aCodeCountsOnceAndARecoveryCodeToo() async throws {
    let world = try world()
    try await world.person("li")
    let (secret, codes, _) = try await world.setUp(in: try await world.signIn("li").session)
    let code = world.code(secret)
    #expect(await world.enter(code, try await world.half("li")) == nil)
    #expect(await world.enter(code, try await world.half("li")) == .signInRefused)
    // However it is typed.
    #expect(await world.enter(" " + codes[0].uppercased() + " ", try await world.half("li")) == nil)
    #expect(await world.enter(codes[0], try await world.half("li")) == .signInRefused)
    #expect(await world.enter(codes[1].replacing("-", with: " "), try await world.half("li")) == nil)
    #expect(try world.parts.database.read { try SecondFactor.recoveryCodesLeft(of: "li", $0) } == 8)
    let rows = try world.parts.database.read { db in
      try Audit.page(before: nil, who: nil, action: "sign-in", limit: 10, db)
    }
    #expect(
      rows.list("audit").map { $0["detail"]?.text("secondFactor") ?? "" } == ["recovery", "recovery", "code", ""])
  }

  @Test func aHalfSignInLastsFiveMinutesAndFiveWrongCodes() async throws {
    let world = try world()
    try await world.person("li")
    let (secret, _, _) = try await world.setUp(in: try await world.signIn("li").session)
    let slow = try await world.half("li")
    world.clock.advance(HalfSignIns.lifeMilliseconds)
    #expect(await world.enter(world.code(secret), slow) == .signInRequired)
    let half = try await world.half("li")
    for _ in 0..<HalfSignIns.maxWrong { #expect(await world.enter("000000", half) == .signInRefused) }
    #expect(await world.enter(world.code(secret), half) == .signInRequired)
    #expect(await world.enter(world.code(secret), "nobody's") == .signInRequired)
    #expect(try world.audit().count { $0 == "li second-factor-refused li" } == HalfSignIns.maxWrong)
  }

  @Test func codesAreLimitedAsPasswordsAre() async throws {
    let world = try world()
    try await world.person("li")
    let (secret, _, _) = try await world.setUp(in: try await world.signIn("li").session)
    var answers: [ProblemCode?] = []
    // A right password gives no further guesses at the code.
    for _ in 0..<8 {
      let half = await world.refusal { try await world.half("li") }
      answers.append(half?.code)
      if half == nil { answers[answers.count - 1] = await world.enter("000000", try await world.half("li")) }
    }
    #expect(answers == Array(repeating: .signInRefused, count: 6) + [.tooManyAttempts, .tooManyAttempts])
    world.clock.advance(900_000)
    #expect(await world.enter(world.code(secret), try await world.half("li")) == nil)
  }

  @Test func nobodyFillsTheMemoryWithOnePassword() async throws {
    let world = try world()
    try await world.person("li")
    let account = try #require(try world.accounts.account("li"))
    var halves = HalfSignIns()
    for n in 0..<50 {
      let half = HalfSignIn(
        account: account, renewed: nil, device: nil, knownDevice: nil, replacing: nil, since: n)
      halves.keep(half, [UInt8(n)])
    }
    #expect(halves.count == HalfSignIns.maxOfAccount)
    #expect(halves.find([49], now: 50) != nil && halves.find([0], now: 50) == nil)
  }

  // MARK: Being led to it

  @Test func whoseRoleTakesOneSetsItUpAtTheNextSignInAndDoesNothingBefore() async throws {
    let world = try world(.supervisor)
    try await world.person("boss", .supervisor)
    try await world.person("li", .operator)
    #expect(try await world.signIn("li").who.duty == nil)
    let elsewhere = try await world.signIn("boss", from: "10.0.0.2")
    let led = try await world.signIn("boss")
    let session = try #require(try world.accounts.sessions.find(led.session))
    #expect(session.who.duty == .secondFactor)
    let seat = Seat(world.hotline, session.who)
    #expect(Right.allCases.filter(seat.may) == [.ownAccount])
    #expect(throws: Problem.self) { try seat.status() }
    // Who was led here has just typed the password.
    let (_, _, id) = try await world.setUp(in: led.session, password: "")
    #expect(try world.accounts.sessions.find(led.session) == nil)
    #expect(try world.accounts.sessions.find(elsewhere.session) == nil)
    let now = try #require(try world.accounts.sessions.find(id))
    #expect(now.who.duty == nil && Seat(world.hotline, now.who).may(.supervise))
  }

  @Test func aRoleThatTakesOneCountsInAnOpenSessionOnceItIsThere() async throws {
    let world = try world(.supervisor)
    try await world.person("li")
    let id = try await world.signIn("li").session
    _ = try world.accounts.setRole(of: "li", to: .administrator, by: .socket)
    #expect(try world.accounts.sessions.find(id)?.who.duty == .secondFactor)
    _ = try world.accounts.setRole(of: "li", to: .operator, by: .socket)
    #expect(try world.accounts.sessions.find(id)?.who.duty == nil)
  }

  @Test func aOneTimePasswordComesFirst() async throws {
    let world = try world(.all)
    let made = try await world.accounts.add(
      name: "li", displayName: nil, role: .viewer, isProgram: false, password: nil, by: .socket)
    let first = try await world.signIn("li", made.text("oneTimePassword"))
    #expect(first.who.duty == .newPassword)
    let signIn = world.accounts.signIn
    let early = await world.refusal {
      try await signIn.beginSecondFactor(session: first.session, password: "", code: "", address: "10.0.0.1")
    }
    #expect(early?.code == .signInRequired)
    let second = try await signIn.changePassword(
      session: first.session, current: nil, new: HubWorld.password, address: "10.0.0.1")
    #expect(second.who.duty == .secondFactor)
    _ = try await world.setUp(in: second.session, password: "")
  }

  @Test func programsActByTheirTokensAlone() async throws {
    let world = try world(.all)
    _ = try await world.accounts.add(
      name: "erp", displayName: nil, role: .administrator, isProgram: true, password: nil, by: .socket)
    let token = try world.accounts.createToken(for: "erp", label: "x", role: nil, lifeSeconds: nil, by: .socket)
    let who = try world.accounts.caller(
      authorization: "Bearer \(token.text("token"))", session: nil, csrf: nil, changes: true)
    #expect(Right.allCases.allSatisfy(Seat(world.hotline, who).may))
  }
}
