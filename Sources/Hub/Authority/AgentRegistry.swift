// Which agents there are: tokens, enrolment, renewal, revocation, and the question on every request whether its certificate still counts.
// Certificates are made by CertificateAuthority; every fact goes to the ledger before it is committed.

import Core
import Foundation
import Synchronization

final class AgentRegistry: Sendable {
  /// How long a look-up may be remembered; a revocation by this process takes effect at once.
  static let memoryMilliseconds = 1_000

  /// How long a certificate may go on after the one that renewed it was first used, milliseconds: calls that were under way end.
  static let changeOverMilliseconds = 600_000

  private struct Standing {
    let problem: ProblemCode?
    let at: Int
  }

  private let database: any Database
  let writer: GroupCommitWriter
  private let authority: CertificateAuthority
  let ledger: Ledger
  private let environment: HubEnvironment
  private let lifeSeconds: Int
  private let graceSeconds: Int
  private let standings = Mutex<[String: Standing]>([:])

  init(
    database: any Database, writer: GroupCommitWriter, authority: CertificateAuthority, ledger: Ledger,
    environment: HubEnvironment, lifeSeconds: Int, graceSeconds: Int
  ) {
    self.database = database
    self.writer = writer
    self.authority = authority
    self.ledger = ledger
    self.environment = environment
    self.lifeSeconds = lifeSeconds
    self.graceSeconds = graceSeconds
  }

  /// Who calls, or why the certificate does not count. `renewing` lets one in that expired within the grace period.
  func authorize(_ peer: PeerIdentity?, renewing: Bool = false) throws -> PeerIdentity {
    guard let peer else { throw Problem(.certificateRequired, "this call needs the agent's certificate") }
    let now = environment.wall()
    let grace = renewing ? graceSeconds * 1_000 : 0
    if Int(peer.notAfter.timeIntervalSince1970 * 1_000) + grace < now {
      throw Problem(.certificateExpired, "the certificate expired; renew it, or enrol again with a new token")
    }
    let remembered = standings.withLock { $0[peer.serialHex] }
    let standing: Standing
    if let remembered, remembered.at + AgentRegistry.memoryMilliseconds > now, remembered.at <= now {
      standing = remembered
    } else {
      var problem = try lookUp(peer)
      if problem == .certificateUnknown {
        try takeBack(peer)
        problem = try lookUp(peer)
      }
      standing = Standing(problem: problem, at: now)
      standings.withLock {
        if $0.count > 20_000 { $0.removeAll() }
        $0[peer.serialHex] = standing
      }
    }
    if let problem = standing.problem { throw Problem(problem) }
    return peer
  }

  private func lookUp(_ peer: PeerIdentity) throws -> ProblemCode? {
    let now = environment.wall()
    let key: [SQLValue] = [.text(peer.platform.text), .text(peer.serialHex)]
    let sight = CloneSight(serial: peer.serialHex)
    let found = try database.read { db -> (isRevoked: Bool, isFirstUse: Bool, isNews: Bool)? in
      let row = try db.first(
        // Index certificate_by_agent.
        """
        SELECT c.revoked, c.first_used, (
          SELECT MIN(n.first_used) FROM certificate n
          WHERE n.platform = c.platform AND n.agent = c.agent AND n.issued > c.issued AND n.revoked IS NULL)
        FROM certificate c WHERE c.platform = $1 AND c.serial = $2
        """, key
      ) { row in (isRevoked: !row.isNull(0), isFirstUse: row.isNull(1), renewed: row.optionalInt(2)) }
      guard let row else { return nil }
      let isLate = row.renewed.map { $0 + AgentRegistry.changeOverMilliseconds < now } ?? false
      let isNews = try !row.isRevoked && isLate && Clones.isNews(sight, of: peer.platform, db)
      return (row.isRevoked, row.isFirstUse, isNews)
    }
    guard let found else { return .certificateUnknown }
    if found.isRevoked { return .certificateRevoked }
    if found.isFirstUse || found.isNews {
      // A hub that cannot write lets the agent in all the same, and notes it at the next look-up.
      _ = try? writer.perform { transaction in
        try transaction.db.execute(
          "UPDATE certificate SET first_used = $1 WHERE platform = $2 AND serial = $3 AND first_used IS NULL",
          [.integer(now)] + key)
        guard found.isNews else { return }
        try Clones.note(sight, of: peer.platform, agent: peer.agent, now: now, transaction.db)
      }
    }
    return nil
  }

  /// Our authority signed the certificate and neither database nor ledger knows it: both went back behind its enrolment. What the
  /// ledger says to be revoked is known.
  private func takeBack(_ peer: PeerIdentity) throws {
    _ = try writer.perform { transaction in
      try AgentRegistry.takeBack(
        serial: peer.serialHex, platform: peer.platform, agent: peer.agent, key: peer.publicKeyHash,
        notAfter: peer.notAfter, issued: Int(peer.notBefore.timeIntervalSince1970 * 1_000), transaction.db)
    }
  }

  // MARK: Tokens

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
        .tokenRevoked(token: hash, platform: try PlatformName(found.platform), at: date(transaction.now)))
      try transaction.db.execute(
        "UPDATE token SET revoked = $1 WHERE platform = $2 AND id = $3",
        [.integer(transaction.now), .text(found.platform), .text(id)])
      try also(transaction)
    }
    return ["revoked": .string(id)]
  }

  // MARK: Enrolment

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
      .tokenSpent(token: token.hash, platform: token.platform, publicKeyHash: key, at: date(transaction.now)))
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
    return Answer(pem: issued.pem, agent: agent, notAfter: milliseconds(issued.notAfter))
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
      return Answer(pem: issued.pem, agent: peer.agent, notAfter: milliseconds(issued.notAfter))
    }
    return answer(renewed.pem, platform: peer.platform, agent: renewed.agent, notAfter: renewed.notAfter)
  }

  private func issue(
    _ csr: String, _ platform: PlatformName, _ agent: String, token: Hash?, _ transaction: HubTransaction
  ) throws -> IssuedCertificate {
    var generator = EnvironmentRandom(environment)
    let now = date(transaction.now)
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
        .text(issued.pem), .integer(transaction.now), .integer(milliseconds(issued.notAfter)),
      ])
    return issued
  }

  private func answer(_ pem: String, platform: PlatformName, agent: String, notAfter: Int) -> JSON {
    [
      "platform": .string(platform.text), "agent": .string(agent), "certificate": .string(pem),
      "ca": .string(authority.certificatePEM), "notAfter": .int(notAfter),
    ]
  }

  // MARK: Revocation

  /// Ends an agent: its certificates count for nothing from now on. Returns how many there were.
  func revokeAgent(
    platform: PlatformName, agent: String, reason: String, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    let serials = try writer.perform { [ledger] transaction in
      let db = transaction.db
      let key: [SQLValue] = [.text(platform.text), .text(agent)]
      guard try db.count("SELECT COUNT(*) FROM agent WHERE platform = $1 AND agent = $2", key) == 1 else {
        throw Problem(.notFound, "\(platform) has no agent '\(agent.prefix(64))'")
      }
      let serials = try db.all(
        "SELECT serial FROM certificate WHERE platform = $1 AND agent = $2 AND revoked IS NULL", key
      ) { $0.text(0) }
      for serial in serials {
        try ledger.append(
          .revoked(serial: serial, platform: platform, agent: agent, reason: reason, at: date(transaction.now)))
      }
      try db.execute(
        "UPDATE certificate SET revoked = $1 WHERE platform = $2 AND agent = $3 AND revoked IS NULL",
        [.integer(transaction.now), .text(platform.text), .text(agent)])
      try db.execute(
        "UPDATE agent SET revoked = $1, revoked_reason = $2 WHERE platform = $3 AND agent = $4",
        [.integer(transaction.now), .text(reason), .text(platform.text), .text(agent)])
      try also(transaction)
      return serials
    }
    standings.withLock { memory in for serial in serials { memory[serial] = nil } }
    return ["platform": .string(platform.text), "agent": .string(agent), "certificates": .int(serials.count)]
  }
}

/// The environment's randomness as a generator, for what asks for one.
struct EnvironmentRandom: RandomNumberGenerator {
  private let environment: HubEnvironment
  init(_ environment: HubEnvironment) { self.environment = environment }
  mutating func next() -> UInt64 { environment.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

private func date(_ milliseconds: Int) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1_000) }
private func milliseconds(_ date: Date) -> Int { Int(date.timeIntervalSince1970 * 1_000) }
private func hexDigits(_ byte: UInt8) -> [UInt8] {
  let digits = Array("0123456789abcdef".utf8)
  return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
}
