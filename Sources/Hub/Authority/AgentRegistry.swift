// Which agents there are, and the question on every request whether its certificate still counts; revocation ends that. Tokens and
// enrolment are beside it. Certificates are made by CertificateAuthority; every fact goes to the ledger before it is committed.

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

  let database: any Database
  let writer: GroupCommitWriter
  let authority: CertificateAuthority
  let ledger: Ledger
  let environment: HubEnvironment
  let lifeSeconds: Int
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
          .revoked(
            serial: serial, platform: platform, agent: agent, reason: reason, at: Date(milliseconds: transaction.now)))
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

/// The hub counts milliseconds since 1970; certificates and the ledger are written with dates.
extension Date {
  init(milliseconds: Int) { self.init(timeIntervalSince1970: Double(milliseconds) / 1_000) }
  var milliseconds: Int { Int(timeIntervalSince1970 * 1_000) }
}
