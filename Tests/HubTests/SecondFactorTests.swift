// Signing in with a second factor, and what its owner and an administrator do about it; over a real database with the test's clock.

import Core
import Foundation
import Testing

@testable import Hub

extension HubWorld {
  /// What an app with this secret shows now.
  func code(_ secret: [UInt8]) -> String { OneTimeCode.code(secret, step: OneTimeCode.step(at: clock.now)) }

  /// Sets up a second factor in an open session, as its owner does.
  func setUp(
    in session: String, password: String = HubWorld.password
  ) async throws -> (secret: [UInt8], codes: [String], session: String) {
    let signIn = accounts.signIn
    try await signIn.beginSecondFactor(session: session, password: password, code: "", address: "10.0.0.1")
    let found = try #require(try accounts.sessions.find(session))
    let secret = try #require(try signIn.ownSecondFactor(session: session, found).pending)
    let (success, codes) = try await signIn.confirmSecondFactor(code(secret), session: session, address: "10.0.0.1")
    // The code that confirmed it has been used.
    clock.advance(OneTimeCode.stepMilliseconds)
    return (secret, codes, success.session)
  }

  /// The first step of signing in to an account with a second factor.
  func half(
    _ name: String, _ password: String = HubWorld.password, from address: String = "10.0.0.1", device: String? = nil,
    replacing: String? = nil
  ) async throws -> String {
    let step = try await accounts.signIn.attempt(
      name: name, password: password, address: address, device: device, replacing: replacing)
    guard case .codeNext(let half) = step else { throw Unexpected.noCode }
    return half
  }
}

@Suite struct SecondFactorTests {
  private func world(_ rule: SecondFactorRule = .off) throws -> HubWorld {
    try HubWorld(platforms: [], secondFactor: rule)
  }

  private func enter(_ code: String, _ half: String, _ world: HubWorld) async -> ProblemCode? {
    await world.refusal { try await world.accounts.signIn.enterCode(code, half: half, address: "10.0.0.1") }?.code
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
    #expect(await enter(world.code(secret), half, world) == .signInRequired, "the half is used up")
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
    #expect(await enter(code, try await world.half("li"), world) == nil)
    #expect(await enter(code, try await world.half("li"), world) == .signInRefused)
    // However it is typed.
    #expect(await enter(" " + codes[0].uppercased() + " ", try await world.half("li"), world) == nil)
    #expect(await enter(codes[0], try await world.half("li"), world) == .signInRefused)
    #expect(await enter(codes[1].replacing("-", with: " "), try await world.half("li"), world) == nil)
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
    #expect(await enter(world.code(secret), slow, world) == .signInRequired)
    let half = try await world.half("li")
    for _ in 0..<HalfSignIns.maxWrong { #expect(await enter("000000", half, world) == .signInRefused) }
    #expect(await enter(world.code(secret), half, world) == .signInRequired)
    #expect(await enter(world.code(secret), "nobody's", world) == .signInRequired)
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
      if half == nil { answers[answers.count - 1] = await enter("000000", try await world.half("li"), world) }
    }
    #expect(answers == Array(repeating: .signInRefused, count: 6) + [.tooManyAttempts, .tooManyAttempts])
    world.clock.advance(900_000)
    #expect(await enter(world.code(secret), try await world.half("li"), world) == nil)
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

  // MARK: Setting it up and taking it away

  @Test func aSecretIsConfirmedInItsOwnSessionAndInTime() async throws {
    let world = try world()
    try await world.person("li")
    let signIn = world.accounts.signIn
    let mine = try await world.signIn("li").session
    let other = try await world.signIn("li", from: "10.0.0.2").session
    func pending(_ id: String) throws -> [UInt8]? {
      let session = try #require(try world.accounts.sessions.find(id))
      return try signIn.ownSecondFactor(session: id, session).pending
    }
    func confirm(_ code: String, _ id: String) async -> ProblemCode? {
      await world.refusal { try await signIn.confirmSecondFactor(code, session: id, address: "10.0.0.1") }?.code
    }
    #expect(
      await world.refusal {
        try await signIn.beginSecondFactor(session: mine, password: "guess", code: "", address: "10.0.0.1")
      }?.code == .signInRefused)
    try await signIn.beginSecondFactor(session: mine, password: HubWorld.password, code: "", address: "10.0.0.1")
    let secret = try #require(try pending(mine))
    #expect(try pending(other) == nil)
    #expect(await confirm(world.code(secret), other) == .signInRefused)
    #expect(await confirm("000000", mine) == .signInRefused)
    #expect(try await world.signIn("li", from: "10.0.0.3").who.name == "li", "it does not count before")
    world.clock.advance(SecondFactor.pendingMilliseconds + 1)
    #expect(try pending(mine) == nil)
    #expect(await confirm(world.code(secret), mine) == .signInRefused)
  }

  @Test func whatIsThereIsReplacedAndTakenAwayWithPasswordAndCode() async throws {
    let world = try world()
    try await world.person("li")
    let signIn = world.accounts.signIn
    let (secret, codes, session) = try await world.setUp(in: try await world.signIn("li").session)
    func begin(_ password: String, _ code: String) async -> ProblemCode? {
      await world.refusal {
        try await signIn.beginSecondFactor(session: session, password: password, code: code, address: "10.0.0.1")
      }?.code
    }
    #expect(await begin(HubWorld.password, "000000") == .signInRefused)
    #expect(await begin("guess", world.code(secret)) == .signInRefused)
    #expect(await begin(HubWorld.password, codes[0]) == nil)
    // Until the new one is confirmed, the one before counts.
    #expect(await enter(world.code(secret), try await world.half("li"), world) == nil)
    let renewed = try await signIn.renewRecoveryCodes(
      session: session, password: HubWorld.password, code: codes[1], address: "10.0.0.1")
    #expect(Set(renewed).isDisjoint(with: codes))
    #expect(await enter(codes[2], try await world.half("li"), world) == .signInRefused)
    let after = try await signIn.removeSecondFactor(
      session: session, password: HubWorld.password, code: renewed[0], address: "10.0.0.1")
    #expect(try world.accounts.sessions.find(session) == nil)
    #expect(try world.accounts.sessions.find(after.session)?.hasSecondFactor == false)
    #expect(try await world.signIn("li").who.duty == nil)
    let audit = try world.audit()
    #expect(audit.contains("li recovery-codes-made li") && audit.contains("li second-factor-removed li"))
  }

  @Test func whatTheRoleTakesStays() async throws {
    let world = try world(.supervisor)
    try await world.person("boss", .administrator)
    let (_, codes, session) = try await world.setUp(in: try await world.signIn("boss").session, password: "")
    let refused = await world.refusal {
      try await world.accounts.signIn.removeSecondFactor(
        session: session, password: HubWorld.password, code: codes[0], address: "10.0.0.1")
    }
    #expect(refused?.code == .illegalStep)
    #expect(
      try world.parts.database.read { try SecondFactor.recoveryCodesLeft(of: "boss", $0) } == 10, "none is used up")
  }

  @Test func aShortPasswordIsEnoughBesideItAndNotWithoutIt() async throws {
    let world = try world()
    try await world.person("li")
    let signIn = world.accounts.signIn
    let short = "K7 q-9vL"
    let before = try await world.signIn("li").session
    func change(_ session: String) async -> ProblemCode? {
      await world.refusal {
        try await signIn.changePassword(
          session: session, current: HubWorld.password, new: short, address: "10.0.0.1")
      }?.code
    }
    #expect(await change(before) == .badCommand)
    let (_, codes, session) = try await world.setUp(in: before)
    let changed = try await signIn.changePassword(
      session: session, current: HubWorld.password, new: short, address: "10.0.0.1")
    let removal = await world.refusal {
      try await signIn.removeSecondFactor(
        session: changed.session, password: short, code: codes[0], address: "10.0.0.1")
    }
    #expect(removal?.code == .illegalStep)
    _ = try world.accounts.resetSecondFactor(of: "li", by: .socket)
    let next = try await world.signIn("li", short)
    #expect(next.who.duty == .newPassword)
    let long = try await signIn.changePassword(
      session: next.session, current: nil, new: HubWorld.password, address: "10.0.0.1")
    #expect(long.who.duty == nil)
  }

  @Test func anAdministratorResetsItForAnotherAndAllSessionsEnd() async throws {
    let world = try world(.supervisor)
    try await world.person("boss", .administrator)
    let (_, codes, session) = try await world.setUp(in: try await world.signIn("boss").session, password: "")
    let boss = try #require(try world.accounts.sessions.find(session)).who
    #expect(await world.refusal { try world.accounts.resetSecondFactor(of: "boss", by: boss) }?.code == .illegalStep)
    let answer = try world.accounts.resetSecondFactor(of: "boss", by: .socket)
    #expect(answer["secondFactor"] == nil)
    #expect(try world.accounts.sessions.find(session) == nil)
    #expect(try await world.signIn("boss").who.duty == .secondFactor)
    #expect(try world.audit().contains("socket second-factor-reset boss"))
    #expect(await world.refusal { try world.accounts.resetSecondFactor(of: "boss", by: .socket) }?.code == .illegalStep)
    #expect(!codes.isEmpty)
  }

  @Test func aHalfSignInEndsWithWhatItWasMadeOf() async throws {
    let world = try world()
    try await world.person("li")
    let (secret, _, _) = try await world.setUp(in: try await world.signIn("li").session)
    let half = try await world.half("li")
    _ = try await world.accounts.setPassword(of: "li", password: "another walk, by the river", by: .socket)
    #expect(await enter(world.code(secret), half, world) == .signInRefused)
    let next = try await world.half("li", "another walk, by the river")
    _ = try world.accounts.disable("li", by: .socket)
    #expect(await enter(world.code(secret), next, world) == .signInRefused)
  }

  @Test func neitherSecretNorRecoveryCodesStandInTheDatabase() async throws {
    let world = try world()
    try await world.person("li")
    let (secret, codes, _) = try await world.setUp(in: try await world.signIn("li").session)
    let half = try await world.half("li")
    for name in ["hub.db", "hub.db-wal"] {
      let data = FileManager.default.contents(atPath: world.directory + "/" + name) ?? Data()
      #expect(data.range(of: Data(secret)) == nil && data.range(of: Data(Base32.encode(secret).utf8)) == nil)
      for text in codes + codes.map({ $0.replacing("-", with: "") }) + [half] {
        #expect(data.range(of: Data(text.utf8)) == nil)
      }
    }
  }
}
