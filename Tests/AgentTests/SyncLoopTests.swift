// The loop over a hub that is not there: it says so, goes on taking edits, and ends when it is told.

import Core
import Logging
import Testing

@testable import Agent

struct SyncLoopTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private let loop: SyncLoop

  init() throws {
    directory = try StoreDirectory()
    store = try directory.open()
    let files = AgentFiles(data: directory.path)
    // Nothing listens on port 1, and there are no certificate files: every call fails.
    loop = SyncLoop(
      store: store, transport: SyncTransport(hub: "https://127.0.0.1:1", files: files, userAgent: "test"), files: files,
      settings: SyncEngine.Settings(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test func aHubThatIsNotThereIsNamedAndTheLoopEndsWhenTold() async throws {
    #expect(loop.link(now: someTime)["state"] == "connecting")
    let running = Task { try await loop.run() }
    while loop.link(now: someTime)["state"] == "connecting" { await Task.yield() }
    let link = loop.link(now: someTime)
    #expect(["offline", "needs-operator"].contains(link["state"]?.asString ?? ""))
    #expect(link["reason"]?.asString?.isEmpty == false)
    let recorded = try store.create(registers: [.init("title", "x")], author: crew, request: nil, now: someTime)
    loop.localChange()
    #expect(recorded.dot.n == 1)
    loop.stop()
    try await running.value
    #expect(try store.health(now: someTime).outbox == 1)
  }

  @Test func noStateOfTheLinkBeginsInTheFutureOfAClockThatWasSetBack() async throws {
    // The loop began, and the outage will begin, when the wall clock stood more than fifty years later than it is looked at.
    let running = Task { try await loop.run() }
    var seen: Set<String> = []
    while seen.isDisjoint(with: ["offline", "needs-operator"]) {
      let link = loop.link(now: someTime)
      seen.insert(try link.string("state"))
      let since = try #require(link["since"]?.asInt)
      #expect(since <= someTime && since > someTime - 600_000, "as long ago as it is in truth")
      await Task.yield()
    }
    loop.stop()
    try await running.value
  }

  @Test func aLoopThatIsCancelledEnds() async throws {
    let running = Task { try await loop.run() }
    running.cancel()
    try await running.value
  }

  @Test func whoWaitsForAHubThatIsNotThereIsAnsweredWhenTheTimeIsUp() async throws {
    let running = Task { try await loop.run() }
    await loop.syncNow(wait: .milliseconds(1))
    #expect(loop.link(now: someTime)["state"] != "online")
    loop.stop()
    try await running.value
  }
}
