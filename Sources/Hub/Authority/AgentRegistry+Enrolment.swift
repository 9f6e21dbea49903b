// From a token and a request to a certificate, and from a certificate to the next one. The same call again gets the same answer.

import Core
import Foundation

extension AgentRegistry {
  /// A token and a request become a certificate. The same token with the same key, within its life, gets the same answer again.
  func enroll(token text: String, csr: String, agent wanted: String?) async throws -> JSON {
    let token: EnrolmentToken
    do { token = try EnrolmentToken(parsing: text) } catch { throw Problem(.tokenInvalid, error.description) }
    let key: Hash
    do { key = try RequestedKey(requestPEM: csr).hash } catch { throw Problem(.requestRefused, error.description) }
    if let wanted, !DNSLabel.isValid(wanted) {
      throw Problem(.requestRefused, "'\(wanted.prefix(64))' is no name for an agent: use a-z, 0-9 and inner hyphens")
    }
    let issued = try await writer.submit { [self] transaction in
      try enroll(token, key, csr, wanted, transaction)
    }
    return answer(issued.pem, platform: token.platform, agent: issued.agent, notAfter: issued.notAfter)
  }

  private struct Answer: Sendable {
    let pem: String
    let agent: String
    let notAfter: Int
  }

  private func enroll(
    _ token: EnrolmentToken, _ key: Hash, _ csr: String, _ wanted: String?, _ transaction: HubTransaction
  ) throws -> Answer {
    let db = transaction.db
    struct Row {
      let id: String
      let agent: String?
      let expires: Int
      let used: Int?
      let keyHash: String?
      let serial: String?
      let revoked: Int?
    }
    let rows = try db.all(
      "SELECT id, hash, agent, expires, used, key_hash, serial, revoked FROM token WHERE platform = $1",
      [.text(token.platform.text)]
    ) { row -> (Hash?, Row) in
      (
        Hash(bytes: row.blob(1)),
        Row(
          id: row.text(0), agent: row.optionalText(2), expires: row.int(3), used: row.optionalInt(4),
          keyHash: row.optionalText(5), serial: row.optionalText(6), revoked: row.optionalInt(7))
      )
    }
    guard let row = rows.first(where: { $0.0.map(token.matches) ?? false })?.1, row.revoked == nil else {
      throw Problem(.tokenInvalid, "the token is not known; ask the hotline for a new one")
    }
    if row.expires < transaction.now {
      throw Problem(.tokenExpired, "the token has expired; ask the hotline for a new one")
    }
    if row.used != nil {
      guard row.keyHash == key.description, let serial = row.serial else {
        throw Problem(.tokenUsed, "the token has been used; ask the hotline for a new one")
      }
      let first = try db.first(
        "SELECT pem, agent, not_after FROM certificate WHERE platform = $1 AND serial = $2",
        [.text(token.platform.text), .text(serial)]
      ) { Answer(pem: $0.text(0), agent: $0.text(1), notAfter: $0.int(2)) }
      guard let first else { throw Problem(.tokenUsed, "the token has been used; ask the hotline for a new one") }
      return first
    }
    let agent =
      row.agent ?? wanted ?? "agent-" + String(decoding: environment.random(4).flatMap(hexDigits), as: UTF8.self)
    if row.agent == nil {
      let isTaken = try db.count(
        "SELECT COUNT(*) FROM agent WHERE platform = $1 AND agent = $2 AND revoked IS NULL",
        [.text(token.platform.text), .text(agent)])
      if isTaken > 0 {
        throw Problem(.exists, "\(token.platform) has an agent '\(agent)' already; choose another name")
      }
    }
    let other = try db.count(
      "SELECT COUNT(*) FROM certificate WHERE key_hash = $1 AND NOT (platform = $2 AND agent = $3)",
      [.text(key.description), .text(token.platform.text), .text(agent)])
    if other > 0 { throw Problem(.requestRefused, "this key belongs to another agent; make a new one") }
    try Clones.enrolled(token.platform, agent, now: transaction.now, db)
    let issued = try issue(csr, token.platform, agent, token: token.hash, transaction)
    try ledger.append(
      .tokenSpent(
        token: token.hash, platform: token.platform, publicKeyHash: key, at: Date(milliseconds: transaction.now)))
    try db.execute(
      """
      INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ($1, $2, $3, 0)
      ON CONFLICT (platform, agent) DO UPDATE SET enrolled = excluded.enrolled, revoked = NULL
      """, [.text(token.platform.text), .text(agent), .integer(transaction.now)])
    try db.execute(
      "UPDATE token SET used = $1, key_hash = $2, serial = $3 WHERE platform = $4 AND id = $5",
      [
        .integer(transaction.now), .text(key.description), .text(issued.serialHex), .text(token.platform.text),
        .text(row.id),
      ])
    return Answer(pem: issued.pem, agent: agent, notAfter: issued.notAfter.milliseconds)
  }

  /// A new certificate under the present one; the same key gets the newest that it has, as long as that is fresh.
  func renew(_ peer: PeerIdentity, csr: String) async throws -> JSON {
    let key: Hash
    do { key = try RequestedKey(requestPEM: csr).hash } catch { throw Problem(.requestRefused, error.description) }
    let renewed = try await writer.submit { [self] transaction in
      let fresh = try transaction.db.first(
        """
        SELECT pem, not_after FROM certificate WHERE platform = $1 AND agent = $2 AND key_hash = $3 AND serial <> $4
          AND revoked IS NULL AND issued > $5 ORDER BY issued DESC
        """,
        [
          .text(peer.platform.text), .text(peer.agent), .text(key.description), .text(peer.serialHex),
          .integer(transaction.now - lifeSeconds * 1_000 / 3),
        ]
      ) { Answer(pem: $0.text(0), agent: peer.agent, notAfter: $0.int(1)) }
      if let fresh { return fresh }
      let issued = try issue(csr, peer.platform, peer.agent, token: nil, transaction)
      return Answer(pem: issued.pem, agent: peer.agent, notAfter: issued.notAfter.milliseconds)
    }
    return answer(renewed.pem, platform: peer.platform, agent: renewed.agent, notAfter: renewed.notAfter)
  }

  private func issue(
    _ csr: String, _ platform: PlatformName, _ agent: String, token: Hash?, _ transaction: HubTransaction
  ) throws -> IssuedCertificate {
    var generator = EnvironmentRandom(environment)
    let now = Date(milliseconds: transaction.now)
    let issued: IssuedCertificate
    do {
      issued = try authority.issue(
        csrPEM: csr, platform: platform, agent: agent, now: now, life: Double(lifeSeconds), using: &generator)
    } catch { throw Problem(.requestRefused, error.description) }
    try ledger.append(
      .issued(
        serial: issued.serialHex, platform: platform, agent: agent, publicKeyHash: issued.publicKeyHash,
        notAfter: issued.notAfter, token: token, at: now))
    try transaction.db.execute(
      """
      INSERT INTO certificate (platform, serial, agent, key_hash, pem, issued, not_after) VALUES ($1, $2, $3, $4, $5, $6, $7)
      """,
      [
        .text(platform.text), .text(issued.serialHex), .text(agent), .text(issued.publicKeyHash.description),
        .text(issued.pem), .integer(transaction.now), .integer(issued.notAfter.milliseconds),
      ])
    return issued
  }

  private func answer(_ pem: String, platform: PlatformName, agent: String, notAfter: Int) -> JSON {
    [
      "platform": .string(platform.text), "agent": .string(agent), "certificate": .string(pem),
      "ca": .string(authority.certificatePEM), "notAfter": .int(notAfter),
    ]
  }
}

private func hexDigits(_ byte: UInt8) -> [UInt8] {
  let digits = Array("0123456789abcdef".utf8)
  return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
}
