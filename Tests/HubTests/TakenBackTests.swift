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
}
