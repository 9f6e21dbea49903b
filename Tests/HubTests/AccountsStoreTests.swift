// Accounts and API tokens: added, changed, ended.

import Core
import Testing

@testable import Hub

@Suite struct AccountsStoreTests {
  @Test func aNameIsPlainAndTakenOnce() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("1024")
    for name in ["", "Li Wei", "李伟", ".li", "li-", "a/b", String(repeating: "x", count: 65), "li\u{0}"] {
      #expect(await world.refusal { try await world.person(name) }?.code == .badCommand, "\(name)")
    }
    #expect(await world.refusal { try await world.person("1024") }?.code == .exists)
    #expect(try world.accounts.list().list("users").map { $0.text("name") } == ["1024"])
  }

  @Test func nobodyChangesWhatHeMayDoHimself() async throws {
    let world = try HubWorld(platforms: [])
    try await world.person("boss", .administrator)
    let boss = Operator(name: "boss", role: .administrator, via: .console)
    #expect(await world.refusal { try world.accounts.setRole(of: "boss", to: .viewer, by: boss) }?.code == .illegalStep)
    #expect(await world.refusal { try world.accounts.disable("boss", by: boss) }?.code == .illegalStep)
    try await world.person("li", .viewer)
    #expect(try world.accounts.setRole(of: "li", to: .supervisor, by: boss)["role"] == "supervisor")
    #expect(try world.audit().last == "boss role-set li")
  }

  @Test func whatIsNotThereIsRefusedInWords() async throws {
    let world = try HubWorld(platforms: [])
    #expect(await world.refusal { try world.accounts.disable("li", by: .socket) }?.code == .notFound)
    #expect(await world.refusal { try world.accounts.tokens(of: "li") }?.code == .notFound)
    #expect(
      await world.refusal { try await world.accounts.setPassword(of: "li", password: nil, by: .socket) }?.code
        == .notFound)
  }

  @Test func aTokenActsForItsAccountWithTheLowerOfTwoRoles() async throws {
    let world = try HubWorld(platforms: [])
    _ = try await world.accounts.add(
      name: "erp", displayName: nil, role: .operator, isProgram: true, password: nil, by: .socket)
    let made = try world.accounts.createToken(
      for: "erp", label: "assets", role: .viewer, lifeSeconds: 86_400, by: .socket)
    let full = try world.accounts.createToken(for: "erp", label: "all", role: nil, lifeSeconds: nil, by: .socket)
    func caller(_ token: JSON) throws -> Operator {
      try world.accounts.caller(
        authorization: "Bearer \(token.text("token"))", session: nil, csrf: nil, changes: true)
    }
    #expect(try caller(made) == Operator(name: "erp", role: .viewer, via: .token(made.text("id"))))
    #expect(try caller(full).role == .operator)
    _ = try world.accounts.setRole(of: "erp", to: .viewer, by: .socket)
    #expect(try caller(full).role == .viewer)
    #expect(
      await world.refusal {
        try world.accounts.createToken(for: "erp", label: "x", role: .administrator, lifeSeconds: nil, by: .socket)
      }?.code == .badCommand)

    _ = try world.accounts.disable("erp", by: .socket)
    #expect(await world.refusal { try caller(full) }?.code == .signInRequired)
    _ = try world.accounts.enable("erp", by: .socket)
    #expect(try caller(full).name == "erp")
    _ = try world.accounts.revokeToken(full.text("id"), of: "erp", by: .socket)
    #expect(await world.refusal { try caller(full) }?.code == .signInRequired)
    world.clock.advance(86_400_000)
    #expect(await world.refusal { try caller(made) }?.code == .signInRequired, "its life is over")
    let rows = try world.accounts.tokens(of: "erp").list("tokens")
    #expect(rows.allSatisfy { $0["token"] == nil && $0["hash"] == nil })
    #expect(rows.first { $0["id"] == made["id"] }?["used"] != nil)
  }

  @Test func whatIsNoTokenIsNobody() async throws {
    let world = try HubWorld(platforms: [])
    for header in [
      "", "Bearer", "Bearer ", "Basic bGk6eA==", "Bearer lxa-", "Bearer lxa-nobody", "lxa-x", "Bearer a b",
    ] {
      let problem = await world.refusal {
        try world.accounts.caller(authorization: header, session: nil, csrf: nil, changes: false)
      }
      #expect(problem?.code == .signInRequired, "\(header)")
    }
    #expect(
      await world.refusal {
        try world.accounts.caller(authorization: nil, session: "x", csrf: nil, changes: false)
      }?.code == .signInRequired)
  }
}
