// What its owner and an administrator do about a second factor: setting it up, replacing it, taking it away and resetting it.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct SecondFactorKeepingTests {
  private func world(_ rule: SecondFactorRule = .off) throws -> HubWorld {
    try HubWorld(platforms: [], secondFactor: rule)
  }

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
    #expect(await world.enter(world.code(secret), try await world.half("li")) == nil)
    let renewed = try await signIn.renewRecoveryCodes(
      session: session, password: HubWorld.password, code: codes[1], address: "10.0.0.1")
    #expect(Set(renewed).isDisjoint(with: codes))
    #expect(await world.enter(codes[2], try await world.half("li")) == .signInRefused)
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
    #expect(await world.enter(world.code(secret), half) == .signInRefused)
    let next = try await world.half("li", "another walk, by the river")
    _ = try world.accounts.disable("li", by: .socket)
    #expect(await world.enter(world.code(secret), next) == .signInRefused)
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
