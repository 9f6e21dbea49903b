// Signing in and the limits on guessing, over a real database with the test's clock.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct AccountsSignInTests {
  @Test func aPersonSignsInAndOut() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li.wei")
    let success = try await world.signIn(" Li.Wei ")
    #expect(success.who == Operator(name: "li.wei", role: .operator, via: .console))
    #expect(success.lastSignIn == nil)
    let session = try #require(try world.accounts.sessions.find(success.session))
    #expect(session.who == success.who)
    #expect(session.ends == world.clock.now + 12 * 3_600_000)
    try world.accounts.sessions.end(success.session)
    #expect(try world.accounts.sessions.find(success.session) == nil)
    #expect(
      try world.audit() == ["socket account-added li.wei", "li.wei sign-in li.wei", "li.wei sign-out li.wei"])
  }

  @Test func everyReasonIsRefusedInTheSameWords() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    try await world.person("gone")
    _ = try world.accounts.disable("gone", by: .socket)
    _ = try await world.accounts.add(
      name: "erp", displayName: nil, role: .operator, isProgram: true, password: nil, by: .socket)
    let late = try await world.accounts.add(
      name: "late", displayName: nil, role: .viewer, isProgram: false, password: nil, by: .socket)
    world.clock.advance(72 * 3_600_000)
    let tries = [
      ("li", "wrong"), ("li", ""), ("li", HubWorld.password + "x"), ("nobody", HubWorld.password), ("", ""),
      ("gone", HubWorld.password), ("erp", ""), ("not a name!", "x"), ("late", late.text("oneTimePassword")),
      ("li", String(repeating: "x", count: 100_000)),
    ]
    for (n, (name, password)) in tries.enumerated() {
      let problem = await world.refusal { try await world.signIn(name, password, from: "10.0.0.\(n)") }
      #expect(problem == Problem(.signInRefused, "the name or the password is wrong"), "\(name)")
    }
    #expect(try await world.signIn("li").who.name == "li")
  }

  @Test func aNameThatNobodyHasCostsAsMuchAsAWrongPassword() async throws {
    let queue = PasswordQueue(cost: .ofTests, environment: try HubWorld(platforms: []).parts.environment)
    let stored = try queue.hash("quite a long evening walk")
    #expect(try queue.matches("quite a long evening walk", stored))
    // The decoy has the price of the day, so both paths are one scrypt of the same parameters, and its password is nobody's.
    #expect(try !queue.matches("quite a long evening walk", nil))
    #expect(stored.cost == queue.cost)
  }

  @Test func aStrangerWhoGuessesDoesNotLockTheOwnerOut() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let known = try await world.signIn("li", from: "10.0.0.1").device
    // From many addresses, until the account's share is used up.
    var refused = 0
    for n in 0..<40 {
      for _ in 0..<6 {
        let problem = await world.refusal { try await world.signIn("li", "guess", from: "192.0.2.\(n)") }
        if problem?.code == .signInRefused { refused += 1 }
      }
    }
    #expect(refused == 96)
    let stranger = await world.refusal { try await world.signIn("li", from: "198.51.100.1") }
    #expect(stranger?.code == .tooManyAttempts)
    #expect((stranger?.retryAfterSeconds ?? 0) > 0)
    let again = try await world.signIn("li", from: "198.51.100.1", device: known)
    #expect(again.device == known)
    let other = await world.refusal { try await world.signIn("nobody", "x", from: "192.0.2.77") }
    #expect(other?.code == .signInRefused, "other names are not touched")
    let rows = try world.audit()
    #expect(rows.count { $0.contains("sign-in-refused") } == 96)
    #expect(rows.count { $0.contains("sign-in-limited") } == 1)
  }

  @Test func aNameThatNobodyHasIsLimitedAsOneThatIs() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    for name in ["li", "nobody"] {
      var answers: [ProblemCode?] = []
      for _ in 0..<8 {
        answers.append(
          await world.refusal { try await world.signIn(name, "guess", from: "192.0.2.\(name.count)") }?.code)
      }
      #expect(answers == Array(repeating: .signInRefused, count: 6) + [.tooManyAttempts, .tooManyAttempts], "\(name)")
    }
  }

  @Test func aDeviceIsKnownForTheAccountThatUsedItAlone() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    try await world.person("wang")
    let device = try await world.signIn("wang").device
    for _ in 0..<6 { _ = await world.refusal { try await world.signIn("li", "guess", device: device) } }
    let limited = await world.refusal { try await world.signIn("li", device: device) }
    #expect(limited?.code == .tooManyAttempts)
  }

  @Test func aSignInGivesAnotherSessionAndEndsTheOneThatTheBrowserSent() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let first = try await world.signIn("li")
    let second = try await world.signIn("li", replacing: first.session)
    #expect(first.session != second.session)
    #expect(try world.accounts.sessions.find(first.session) == nil)
    // A session that an attacker chose is none.
    let planted = try await world.signIn("li", replacing: "planted")
    #expect(planted.session != "planted")
    #expect(try world.accounts.sessions.find("planted") == nil)
  }

  @Test func aHashOfAnotherPriceIsMadeAnewAtTheSignIn() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let old = try PasswordHash.make(
      HubWorld.password, salt: [9], cost: PasswordCost(logN: 3, blockSize: 8, parallelism: 1))
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute("UPDATE account SET password = $1 WHERE name = 'li'", [.text(old.text)])
    }
    _ = try await world.signIn("li")
    let stored = try #require(try world.accounts.account("li")?.password.flatMap(PasswordHash.init))
    #expect(stored.cost == .ofTests)
    _ = try await world.signIn("li")
  }

  @Test func secretsAreInNoTable() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("li")
    let success = try await world.signIn("li")
    let token = try world.accounts.createToken(for: "li", label: "x", role: nil, lifeSeconds: nil, by: .socket)
    let directory = world.directory
    for name in ["hub.db", "hub.db-wal"] {
      let data = FileManager.default.contents(atPath: directory + "/" + name) ?? Data()
      for secret in [success.session, success.device, token.text("token"), HubWorld.password] {
        #expect(data.range(of: Data(secret.utf8)) == nil, "\(name)")
      }
    }
  }
}
