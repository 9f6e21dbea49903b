// Agents that were enrolled after the backup from which the database came.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct TakenBackTests {
  private func peer(_ platform: String, _ agent: String, enrolled: Int) throws -> PeerIdentity {
    PeerIdentity(
      platform: try PlatformName(platform), agent: agent, serialHex: "0f0e",
      notBefore: Date(timeIntervalSince1970: Double(enrolled) / 1_000), notAfter: .distantFuture, publicKeyHash: .zero)
  }

  @Test func anAgentOfOurAuthorityThatTheHubForgotIsLetInWithItsPlatform() throws {
    let world = try HubWorld(platforms: [])
    let peer = try peer("water", "pumphouse", enrolled: world.clock.now)
    #expect(try world.parts.registry.authorize(peer) == peer)
    let rows = try world.parts.database.read { db in
      (
        try db.count("SELECT COUNT(*) FROM platform WHERE platform = 'water'"),
        try db.count("SELECT COUNT(*) FROM agent WHERE agent = 'pumphouse' AND revoked IS NULL")
      )
    }
    #expect(rows == (1, 1))
  }

  @Test(arguments: [true, false])
  func oneThatWasRevokedSinceIsNot(wasEnrolledBefore: Bool) throws {
    let world = try HubWorld()
    let now = world.clock.now
    try world.parts.database.write { db in
      try db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'pumphouse', $1, 0)",
        [.integer(now)])
    }
    _ = try world.parts.registry.revokeAgent(
      platform: try PlatformName("water"), agent: "pumphouse", reason: "stolen")
    let peer = try peer("water", "pumphouse", enrolled: wasEnrolledBefore ? now - 60_000 : now + 60_000)
    if wasEnrolledBefore {
      #expect(throws: Problem(.certificateRevoked)) { try world.parts.registry.authorize(peer) }
    } else {
      // It was enrolled again, which the hub forgot.
      #expect(try world.parts.registry.authorize(peer) == peer)
    }
  }

  private func standing(_ parts: HubParts) throws -> (isRevoked: Bool, enrolled: Int)? {
    try parts.database.read { db in
      try db.first("SELECT revoked IS NOT NULL, enrolled FROM agent WHERE agent = 'pumphouse'", []) {
        (isRevoked: $0.int(0) == 1, enrolled: $0.int(1))
      }
    }
  }

  /// As when an agent is enrolled: in the ledger and in the database.
  private func enrol(_ world: HubWorld, serial: String) throws {
    let now = world.clock.now
    let water = try PlatformName("water")
    try world.parts.registry.ledger.append(
      .issued(
        serial: serial, platform: water, agent: "pumphouse", publicKeyHash: .zero, notAfter: .distantFuture, token: nil,
        at: Date(timeIntervalSince1970: Double(now) / 1_000)))
    try world.parts.database.write { db in
      try db.execute(
        """
        INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'pumphouse', $1, 0)
        ON CONFLICT (platform, agent) DO UPDATE SET enrolled = excluded.enrolled, revoked = NULL
        """, [.integer(now)])
      try db.execute(
        """
        INSERT INTO certificate (platform, serial, agent, key_hash, pem, issued, not_after)
        VALUES ('water', $1, 'pumphouse', '', '', $2, $2)
        """, [.text(serial), .integer(now)])
    }
  }

  private func revoke(_ world: HubWorld) throws {
    _ = try world.parts.registry.revokeAgent(platform: PlatformName("water"), agent: "pumphouse", reason: "stolen")
  }

  @Test func anAgentThatWasRevokedAfterTheBackupCountsAsRevokedAgain() throws {
    let world = try HubWorld()
    world.clock.advance(123)
    try enrol(world, serial: "0a")
    let copy = try world.copy("before")
    try revoke(world)
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try standing(parts)?.isRevoked == false)
    let records = try parts.registry.ledger.replay()
    #expect(try parts.registry.recall(records) == 2, "the agent, and its certificate")
    #expect(try standing(parts)?.isRevoked == true, "or a purge would wait for it for ever")
    #expect(try parts.registry.recall(records) == 0)
  }

  @Test func anAgentThatWasEnrolledAgainAfterTheBackupCountsAsEnrolled() throws {
    let world = try HubWorld()
    try enrol(world, serial: "0a")
    try revoke(world)
    let copy = try world.copy("revoked")
    world.clock.advance(60_000)
    try enrol(world, serial: "0b")
    let records = try world.parts.registry.ledger.replay()
    #expect(try world.parts.registry.recall(records) == 0, "a database that forgot nothing stays as it is")
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try standing(parts)?.isRevoked == true)
    #expect(try parts.registry.recall(records) == 2, "the agent, and its new certificate")
    let found = try #require(try standing(parts))
    #expect(!found.isRevoked && found.enrolled == world.clock.now)
  }
}
