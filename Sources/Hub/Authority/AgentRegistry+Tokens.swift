// Enrolment tokens: made, shown without their secret, and taken back before they are used.

import Core
import Foundation

extension AgentRegistry {
  func createToken(
    platform: PlatformName, agent: String?, lifeSeconds: Int, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    guard !platform.isHub else {
      throw Problem(.notFound, "there is no platform '\(platform)'; the hotline has no agents")
    }
    guard (60...7 * 86_400).contains(lifeSeconds) else {
      throw Problem(.badCommand, "a token lives from 1 minute to 7 days")
    }
    if let agent, !DNSLabel.isValid(agent) {
      throw Problem(.badCommand, "'\(agent.prefix(64))' is no name for an agent")
    }
    var generator = EnvironmentRandom(environment)
    let token = try EnrolmentToken.make(platform: platform, using: &generator)
    let now = environment.wall()
    let id = Base64URL.encode(environment.random(6)).lowercased().replacing("_", with: "x").replacing("-", with: "y")
    let expires = now + lifeSeconds * 1_000
    try writer.perform { transaction in
      guard try transaction.db.count("SELECT COUNT(*) FROM platform WHERE platform = $1", [.text(platform.text)]) == 1
      else {
        throw Problem(.notFound, "there is no platform '\(platform)'; add it first")
      }
      try transaction.db.execute(
        "INSERT INTO token (platform, id, hash, agent, created, expires) VALUES ($1, $2, $3, $4, $5, $6)",
        [
          .text(platform.text), .text(id), .blob(token.hash.bytes), .optional(agent), .integer(now), .integer(expires),
        ])
      try also(transaction)
    }
    return .compact([
      ("id", .string(id)), ("token", .string(token.text)), ("platform", .string(platform.text)),
      ("agent", agent.map(JSON.string)), ("expires", .int(expires)),
    ])
  }

  func tokens() throws -> JSON {
    let rows = try database.read { db in
      try db.all(
        "SELECT platform, id, agent, created, expires, used, revoked FROM token ORDER BY created DESC LIMIT 1000", []
      ) {
        row -> JSON in
        .compact([
          ("platform", .string(row.text(0))), ("id", .string(row.text(1))),
          ("agent", row.optionalText(2).map(JSON.string)),
          ("created", .int(row.int(3))), ("expires", .int(row.int(4))), ("used", row.optionalInt(5).map(JSON.int)),
          ("revoked", row.optionalInt(6).map(JSON.int)),
        ])
      }
    }
    return ["tokens": .array(rows)]
  }

  func revokeToken(_ id: String, also: @escaping Alongside = { _ in }) throws -> JSON {
    try writer.perform { [ledger] transaction in
      let found = try transaction.db.first("SELECT platform, hash, used FROM token WHERE id = $1", [.text(id)]) { row in
        (platform: row.text(0), hash: row.blob(1), used: row.optionalInt(2))
      }
      guard let found, let hash = Hash(bytes: found.hash) else {
        throw Problem(.notFound, "there is no token '\(id.prefix(64))'")
      }
      if found.used != nil { throw Problem(.tokenUsed, "the token has been used; revoke the agent instead") }
      try ledger.append(
        .tokenRevoked(token: hash, platform: try PlatformName(found.platform), at: Date(milliseconds: transaction.now)))
      try transaction.db.execute(
        "UPDATE token SET revoked = $1 WHERE platform = $2 AND id = $3",
        [.integer(transaction.now), .text(found.platform), .text(id)])
      try also(transaction)
    }
    return ["revoked": .string(id)]
  }
}
