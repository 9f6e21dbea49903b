// Agents that compute states by other rules than the hub (row 120): a newer one is told so before it says anything of itself, so that
// neither side takes the other's states for wrong.

import Core
import Testing

@testable import Hub

@Suite struct RulesGreetingTests {
  private let world: HubWorld

  init() throws { world = try HubWorld() }

  private func greeted(rules: Int) throws -> (reply: HelloReply, contact: Contacts.Contact?) {
    let parts = world.parts
    let calls = SyncCalls(
      database: parts.database, writer: parts.writer, contacts: parts.contacts, environment: parts.environment)
    let caller = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    let hello = HelloRequest(health: .fresh, rules: rules, cursor: .start, told: .start, runs: [])
    return (try calls.hello(hello, from: caller), parts.contacts[caller])
  }

  @Test func anAgentWhoseRulesAreNewerIsToldThatTheHubNeedsAnUpdate() throws {
    let problem = #expect(throws: Problem.self) { try greeted(rules: Rules.number + 1) }
    #expect(problem?.code == .updateNeeded && problem?.code.retry == .operator)
    #expect(
      problem?.detail == "the agent computes by rules \(Rules.number + 1), the hub by \(Rules.number)")
  }

  @Test(arguments: [Rules.number, Rules.number - 1])
  func oneWithTheHubsRulesOrOlderOnesIsLetIn(rules: Int) throws {
    let (reply, contact) = try greeted(rules: rules)
    #expect(reply.cursorHolds && contact != nil)
  }
}
