// How an agent and its platform stand: four plain states, and never "online" and "healthy" for one that is neither.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct PlatformStandingTests {
  private func standing(
    online: Bool = true, last: Int? = 0, outbox: Int = 0, oldest: Int? = nil, lag: Int = 0, skew: Int? = nil,
    certificate: Int? = nil, quarantined: Int = 0, waiting: Int = 0, clone: JSON? = nil, revoked: Bool = false,
    unresolved: Int = 0, isComparing: Bool = false, behindSince: Int? = nil, waitingSince: Int? = nil,
    refusal: Contacts.Refusal? = nil
  ) -> AgentStanding {
    let agent = JSON.compact([
      ("name", "main"), ("online", .bool(online)), ("lastContact", last.map(JSON.int)), ("outbox", .int(outbox)),
      ("oldest", oldest.map(JSON.int)), ("lag", .int(lag)), ("skew", skew.map(JSON.int)),
      ("certificateNotAfter", certificate.map(JSON.int)), ("quarantined", .int(quarantined)),
      ("waiting", .int(waiting)), ("clone", clone), ("revoked", .bool(revoked)),
      ("behindSince", behindSince.map(JSON.int)), ("waitingSince", waitingSince.map(JSON.int)),
      ("refusal", refusal?.json),
    ])
    return AgentStanding(agent, platform: "water", unresolved: unresolved, isComparing: isComparing, now: 1_000_000_000)
  }

  @Test func anAgentInContactWithNothingOnItsWayIsInStep() {
    #expect(standing().standing == .inStep)
    #expect(standing(skew: 5_000, certificate: 1_000_000_000 + 30 * 86_400_000).standing == .inStep)
  }

  @Test func anAgentInContactWithSomethingOnItsWayIsCatchingUp() {
    #expect(standing(outbox: 1, oldest: 999_999_000).standing == .catchingUp)
    #expect(standing(lag: 1).standing == .catchingUp)
    #expect(standing(waiting: 1).standing == .catchingUp)
    #expect(standing(isComparing: true).standing == .catchingUp)
  }

  @Test func anAgentOutOfContactIsOfflineWhateverItLastSaid() {
    #expect(standing(online: false, last: 5).standing == .offline)
    #expect(standing(online: false, last: 5, outbox: 7, oldest: 1, lag: 9).standing == .offline)
  }

  @Test func whatAPersonMustDoCountsMoreThanWhetherItIsThere() {
    let day = 86_400_000
    #expect(standing(online: false, last: nil).causes == [.neverSeen])
    #expect(standing(certificate: 999_999_999).causes == [.certificateEnded(999_999_999)])
    #expect(standing(certificate: 1_000_000_000 + day).causes == [.certificateEnding(1_000_000_000 + day)])
    #expect(standing(skew: -61_000).causes == [.clock(-61_000)])
    #expect(standing(outbox: 3, oldest: 5).causes == [.stuck(count: 3, oldest: 5)])
    #expect(standing(quarantined: 2).causes == [.quarantined(2)])
    #expect(standing(unresolved: 4).causes == [.unresolved(4)])
    #expect(standing(clone: ["since": 7]).causes == [.clone(since: 7)])
    for agent in [standing(skew: -61_000), standing(online: false, last: 5, quarantined: 2)] {
      #expect(agent.standing == .attention)
    }
    #expect(standing(revoked: true).causes.isEmpty)
  }

  @Test func whoIsInContactAndTakesNothingForHalfAnHourNeedsAPerson() {
    let now = 1_000_000_000
    let halfAnHour = 1_800_000
    #expect(standing(lag: 3, behindSince: now - halfAnHour).standing == .catchingUp)
    let since = now - halfAnHour - 1
    #expect(standing(lag: 3, behindSince: since).causes == [.notApplying(since: since, count: 3)])
    #expect(standing(lag: 3, isComparing: true, behindSince: since).standing == .catchingUp)
    #expect(standing(online: false, last: 5, lag: 3, behindSince: since).standing == .offline)
    #expect(standing(waiting: 2, waitingSince: now - halfAnHour).standing == .catchingUp)
    #expect(standing(waiting: 2, waitingSince: since).causes == [.waitsForLost(since: since, count: 2)])
  }

  @Test func aRefusalThatDoesNotPassByItselfNeedsAPerson() {
    let now = 1_000_000_000
    func refusal(_ code: ProblemCode, since: Int, at: Int = now) -> Contacts.Refusal {
      Contacts.Refusal(call: .push, code: code, at: at, since: since)
    }
    let old = refusal(.updateNeeded, since: now)
    #expect(standing(last: now, refusal: old).causes == [.refused(old)])
    #expect(standing(last: now, refusal: refusal(.busy, since: now)).standing == .inStep)
    #expect(standing(last: now, refusal: refusal(.fork, since: now)).standing == .inStep)
    let long = refusal(.busy, since: now - 600_001)
    #expect(standing(last: now, refusal: long).causes == [.refused(long)])
    // It was never tried again: that is over.
    #expect(standing(last: now, refusal: refusal(.updateNeeded, since: 5, at: now - 1_200_001)).standing == .inStep)
    // Nothing has come since: that is why it is offline.
    let ended = refusal(.certificateExpired, since: 5, at: now - 9_000_000)
    #expect(standing(online: false, last: now - 9_000_000, refusal: ended).standing == .attention)
  }

  @Test func aPlatformIsOutOfReachOnceAllItsAgentsAre() {
    func platform(_ agents: AgentStanding...) -> PlatformStanding {
      PlatformStanding(name: "water", displayName: "水务", sectors: [], agents: agents, head: 9)
    }
    let one = platform(standing(last: 900), standing(online: false, last: 5), standing(online: false, last: 7))
    #expect(one.standing == .offline && !one.isUnreachable)
    #expect(one.offline.count == 2 && one.offlineSince == 5)
    let all = platform(standing(online: false, last: 5), standing(online: false, last: 7))
    #expect(all.isUnreachable && all.offlineSince == 7)
    #expect(!platform().isUnreachable)
  }

  @Test func aPlatformStandsAsTheWorstOfItsAgentsAndOneWithoutAgentsNeedsAttention() {
    func platform(_ agents: [AgentStanding]) -> PlatformStanding {
      PlatformStanding(name: "water", displayName: "水务", sectors: [], agents: agents, head: 9)
    }
    #expect(platform([standing(), standing(lag: 1)]).standing == .catchingUp)
    #expect(platform([standing(), standing(online: false, last: 5)]).standing == .offline)
    #expect(platform([standing(), standing(revoked: true)]).standing == .inStep)
    #expect(platform([]).standing == .attention)
    #expect(platform([standing(revoked: true)]).causes == [.noAgent])
    #expect(platform([]).lag == 9)
  }

  @Test func programsAreToldTheSame() throws {
    let world = try HubWorld()
    let depot = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    try world.parts.database.write { db in
      _ = try db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'depot', 1, 0)", [])
    }
    func agent() throws -> JSON { try #require(try world.hotline.agents().list("agents").first) }
    func platform(_ name: String) throws -> JSON {
      let listed = try world.hotline.platformsAsTheyStand().list("platforms").first { $0.text("name") == name }
      let inStatus = try world.hotline.status().list("platforms").first { $0.text("name") == name }
      #expect(inStatus?["standing"] == listed?["standing"] && inStatus?["causes"] == listed?["causes"])
      return try #require(listed)
    }
    func hear(quarantined: Int = 0) {
      world.parts.contacts.note(
        depot,
        health: Health(
          outbox: 0, oldest: nil, waiting: 0, quarantined: quarantined, clock: world.clock.now, version: "test"),
        cursorPosition: nil, now: world.clock.now)
    }
    #expect(try agent()["standing"] == "attention" && agent()["causes"] == [["cause": "neverSeen"]])
    #expect(try platform("gas")["causes"] == [["cause": "noAgent"]])
    hear()
    #expect(try agent()["standing"] == "inStep" && agent()["causes"] == [] && agent()["comparing"] == false)
    #expect(try platform("water")["standing"] == "inStep" && platform("water")["causes"] == [])
    hear(quarantined: 2)
    #expect(try agent()["causes"] == [["cause": "quarantined", "count": 2]])
    #expect(try platform("water")["causes"] == [["cause": "quarantined", "agent": "depot", "count": 2]])
    hear()
    _ = try world.hotline.resync(platform: "water", agent: nil, isFull: false, isDryRun: false)
    #expect(try agent()["standing"] == "catchingUp" && agent()["comparing"] == true)
    world.clock.advance(120_000)
    #expect(try agent()["standing"] == "offline" && platform("water")["standing"] == "offline")
    _ = try world.hotline.revokeAgent(platform: "water", agent: "depot", reason: "")
    #expect(try agent()["standing"] == nil && agent()["causes"] == [])
    #expect(try platform("water")["standing"] == "attention")
  }

  @Test func everyStandingAndEveryCauseStandsInTheManual() throws {
    let manual = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/operate.md"), encoding: .utf8)
    for word in AttentionCause.Word.allCases { #expect(manual.contains("\n| `\(word.rawValue)` | "), "\(word)") }
    for word in SyncStanding.allCases { #expect(manual.contains("`\(word.rawValue)`"), "\(word)") }
  }
}
