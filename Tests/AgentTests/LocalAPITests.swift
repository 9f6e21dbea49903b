// The local API as its callers meet it: HTTP over a real Unix socket, with a real database behind.

import Core
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Agent
@testable import Shell

/// The agent without its network: what the link would do is counted.
private final class OfflineDoor: AgentDoor {
  let identity: AgentIdentity
  let store: AgentStore
  let localChanges = Atomic<Int>(0)
  let syncs = Mutex<[Duration?]>([])
  let reconciler = Reconciler()

  init(_ directory: String) throws {
    let platform = try PlatformName("water")
    identity = AgentIdentity(platform: platform, agent: "a1", hub: "https://hub")
    store = try AgentStore(path: directory + "/agent.db", lock: directory + "/agent", platform: platform) { count in
      (0..<count).map { _ in UInt8.random(in: .min ... .max) }
    }
  }

  func localChange() { localChanges.add(1, ordering: .relaxed) }
  func syncNow(wait: Duration?) async { syncs.withLock { $0.append(wait) } }
  func resync(_ request: ResyncRequest) -> ResyncAnswer { reconciler.ask(request) }
  func resyncDocument() throws -> JSON { reconciler.document(orders: try store.orderCount()) }
  func status() throws -> JSON { ["outbox": ["depth": .int(try store.health(now: Wall.now).outbox)]] }
  func doctor(fixing: Bool) throws -> JSON { ["checks": [], "ok": true] }
}

/// Runs the API over a fresh directory while `body` works with it, on a thread of its own: its calls block, and the server needs the
/// threads on which tests run.
private func withAPI(_ body: @escaping @Sendable (DaemonClient, OfflineDoor, String) throws -> Void) async throws {
  let directory = "/tmp/lianxin-test-\(UInt32.random(in: .min ... .max))"
  try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: directory) }  // a leftover in /tmp harms nobody
  let door = try OfflineDoor(directory)
  let socket = directory + "/agent.sock"
  let (ready, started) = AsyncStream<Void>.makeStream()
  let application = try makeLocalApplication(
    door: door, socket: socket, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    onServerRunning: { started.yield() })
  let group = ServiceGroup(
    configuration: .init(
      services: [.init(service: application)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    for await _ in ready { break }
    let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          returning: Result {
            let client = try DaemonClient(socket: socket, startCommand: "run", statuses: DaemonClient.statuses)
            try body(client, door, socket)
          })
      }
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
    try result.get()
  }
}

private func created(_ client: DaemonClient, request: String? = nil) throws -> JSON {
  try client.post(
    "/v1/orders",
    .compact([
      ("registers", ["title": "中山路爆管", "kind": "repair", "sector": "water", "caller": ["phone": "138"]]),
      ("request", request.map(JSON.string)), ("author", ["name": "李娜", "role": "crew"]),
    ]))
}

/// Why the daemon refuses to answer; anything else fails the test.
private func refusal(_ client: DaemonClient, get path: String) throws -> CommandFailure {
  try refusal { _ = try client.get(path) }
}

private func refusal(_ client: DaemonClient, post path: String, _ body: [UInt8]) throws -> CommandFailure {
  try refusal { _ = try client.post(path, body) }
}

private func refusal(_ client: DaemonClient, post path: String, _ body: JSON) throws -> CommandFailure {
  try refusal(client, post: path, body.bytes)
}

private func refusal(_ body: () throws -> Void) throws -> CommandFailure {
  do {
    try body()
  } catch let failure as CommandFailure {
    return failure
  }
  throw NotRefused()
}

private struct NotRefused: Error {}

@Suite struct LocalAPITests {
  @Test func anOrderIsCreatedWorkedOnAndShown() async throws {
    try await withAPI { client, door, _ in
      let first = try created(client)
      #expect(first["recorded"] == true && first["confirmed"] == false && first["repeated"] == false)
      let order = try first.string("order")
      let commands = DaemonClient.path("v1", "orders", order, "commands")
      let accepted = try client.post(commands, ["command": "accept"])
      #expect(accepted["status"] == "accepted")
      #expect(door.localChanges.load(ordering: .relaxed) == 2)
      _ = try client.post(commands, ["command": "note", "text": "阀门老化"])

      let document = try client.document(DaemonClient.path("v1", "orders", order))
      #expect(document["title"] == "中山路爆管")
      #expect(document["registers"]?["caller"]?["value"]?["phone"] == "138")
      #expect(document["history"]?.asArray?.count == 3)
      #expect(document["history"]?.asArray?.last?["author"] == ["name": "local", "role": "crew"])
      let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: Wall.now)
      let text = OrderPrinting.order(document, on: page).joined(separator: "\n")
      #expect(text.contains("阀门老化") && text.contains("phone: 138") && text.contains("not confirmed"))

      let state = try client.get(DaemonClient.path("v1", "orders", order, "state"))
      #expect(state.starts(with: "order \(order)\nvector ".utf8))
      let states = try client.document("/v1/states")
      #expect(states["states"] == [["order": .string(order), "hash": Hash.of(state).json]])
    }
  }

  @Test func listsAreFilteredByStatusTextAndPage() async throws {
    try await withAPI { client, _, _ in
      _ = try created(client)
      let second = try created(client).string("order")
      _ = try client.post(DaemonClient.path("v1", "orders", second, "commands"), ["command": "accept"])
      func count(_ query: KeyValuePairs<String, String>) throws -> Int {
        try client.document(DaemonClient.path("v1", "orders", query: query))["orders"]?.asArray?.count ?? -1
      }
      #expect(try count([:]) == 2)
      #expect(try count(["status": "", "open": "", "text": "", "after": ""]) == 2)
      #expect(try count(["status": "accepted", "open": "true"]) == 1)
      #expect(try count(["text": "爆管"]) == 2)
      #expect(try count(["text": "煤气"]) == 0)
      let page = try client.document("/v1/orders?limit=1")
      let next = try page.string("next")
      #expect(try count(["after": next]) == 1)
      #expect(ListPrinting.orders(page, on: .terminal).last?.contains(next) == true)
    }
  }

  @Test func aRepeatedRequestGetsTheFirstAnswer() async throws {
    try await withAPI { client, _, _ in
      let first = try created(client, request: "erp-1")
      let again = try created(client, request: "erp-1")
      #expect(again["dot"] == first["dot"] && again["repeated"] == true)
      #expect(try client.document("/v1/changes")["changes"]?.asArray?.count == 1)
    }
  }

  @Test func anIllegalStepSaysWhatIsAllowed() async throws {
    try await withAPI { client, door, _ in
      let commands = DaemonClient.path("v1", "orders", try created(client).string("order"), "commands")
      let early = try refusal(client, post: commands, ["command": "progress", "step": "working"])
      #expect(early.status == .refusedByRule)
      #expect(early.message.contains("not accepted yet; allowed now: accept"))
      let foreign = try refusal(client, post: commands, ["command": "close", "code": "solved"])
      #expect(foreign.status == .refusedByRule)
      #expect(door.localChanges.load(ordering: .relaxed) == 1)
    }
  }

  @Test func whatIsNotHereIsNotFound() async throws {
    try await withAPI { client, _, _ in
      for path in ["/v1/orders/20261125-000001", "/v1/orders/hub-x/state", "/v1/nonsense", "/v2/status"] {
        #expect(try refusal(client, get: path).status == .notFound, "\(path)")
      }
      let failed = try refusal(client, post: "/v1/orders/x/commands", ["command": "accept"])
      #expect(failed.status == .notFound && failed.message.contains("'x'"))
    }
  }

  @Test(arguments: [
    #"{"registers":"#, #"{"registers":{"title":1}}"#, #"{"registers":[]}"#, #"{"regs":{}}"#, "[1]",
    #"{"registers":{"title":"t"},"author":"x"}"#, #"{"registers":{"title":"t"},"request":7}"#,
    #"{"registers":{"nonsense":"t","title":"t"}}"#, String(repeating: "[", count: 5_000),
  ])
  func aBodyThatCannotBeReadIsRefusedInWords(_ body: String) async throws {
    try await withAPI { client, _, _ in
      let failed = try refusal(client, post: "/v1/orders", Array(body.utf8))
      #expect(failed.status == .usage, "\(failed)")
      #expect(!failed.message.isEmpty)
      #expect(try client.document("/v1/orders")["orders"] == [])
    }
  }

  @Test func bytesThatAreNotUTF8AndBodiesThatAreTooLongAreRefused() async throws {
    try await withAPI { client, _, _ in
      let broken = try refusal(client, post: "/v1/orders", [0x7B, 0xFF] as [UInt8])
      #expect(broken.message.contains("not UTF-8"))
      let long = [UInt8](repeating: 0x20, count: Limits.maxMessageBytes + 1)
      #expect(try refusal(client, post: "/v1/orders", long).message.contains("\(Limits.maxMessageBytes)"))
    }
  }

  @Test(arguments: ["status=lost", "open=maybe", "limit=0", "limit=x", "after=x", "opne=true"])
  func aFilterThatMeansNothingIsRefused(_ query: String) async throws {
    try await withAPI { client, _, _ in
      let failed = try refusal(client, get: "/v1/orders?" + query)
      #expect(failed.status == .usage)
    }
  }

  @Test func syncWakesTheLanesAndAnswersTheStatus() async throws {
    try await withAPI { client, door, _ in
      _ = try created(client)
      let status = try client.post("/v1/sync", ["wait": 2])
      #expect(status["outbox"]?["depth"] == 1)
      _ = try client.post("/v1/sync", .object([]))
      #expect(door.syncs.withLock { $0 } == [.seconds(2), nil])
      #expect(try refusal(client, post: "/v1/sync", ["wait": -1]).status == .usage)
    }
  }

  @Test func aResyncIsAskedForOnceAndToldOfUntilItsEnd() async throws {
    try await withAPI { client, door, _ in
      #expect(try client.document("/v1/resync")["state"] == "idle")
      let order = try created(client).string("order")
      let body: JSON = ["full": true, "dryRun": true, "order": .string(order)]
      let asked = try client.post("/v1/resync", body)
      #expect(asked["state"] == "waiting" && asked["number"] == 0 && asked["orders"] == 1)
      let busy = try refusal(client, post: "/v1/resync", .object([]))
      #expect(
        busy.message == "another resync is under way (--full --dry-run --order \(order)); wait for its end")
      #expect(Problem(try JSON(parsing: busy.problem ?? [])).retryAfterSeconds == 5)

      let begun = try #require(door.reconciler.begin(now: 1))
      #expect(begun == ResyncRequest(isFull: true, isDryRun: true, order: try OrderID(order)))
      #expect(try client.document("/v1/resync")["state"] == "rebuilding")
      #expect(try refusal(client, post: "/v1/resync", .object([])).problem != nil)
      var report = ReconcileReport()
      report.sent = 3
      try door.store.finishReconcile(since: .start, told: .start, report: report, reason: "local", now: 7)
      door.reconciler.finish(report)
      let ended = try client.document("/v1/resync")
      #expect(ended["state"] == "idle" && ended["number"] == 1 && ended["report"]?["sent"] == 3)
      #expect(ended["healings"] == [["at": 7, "reason": "local", "report": report.json]])
      #expect(try client.post("/v1/resync", .object([]))["state"] == "waiting")
      #expect(door.reconciler.begin(now: 1) == ResyncRequest())
    }
  }

  @Test func whoWasInterruptedAndAsksTheSameAgainIsToldOfTheOneUnderWay() async throws {
    try await withAPI { client, door, _ in
      #expect(try client.post("/v1/resync", ["full": true])["joined"] == nil)
      // Waiting or running, from here or because the hub asked.
      let waiting = try client.post("/v1/resync", ["full": true])
      #expect(waiting["joined"] == true && waiting["state"] == "waiting" && waiting["number"] == 0)
      #expect(waiting["request"] == ["full": true, "dryRun": false])
      _ = door.reconciler.begin(now: 1)
      let running = try client.post("/v1/resync", ["full": true, "dryRun": false])
      #expect(running["joined"] == true && running["state"] == "rebuilding")
      let course = ResyncCourse(asked: running)
      #expect(try !course.hasEnded(client.document("/v1/resync")))
      for other in [.object([]), ["full": true, "dryRun": true]] as [JSON] {
        let busy = try refusal(client, post: "/v1/resync", other)
        #expect(busy.message == "another resync is under way (--full); wait for its end")
      }
      door.reconciler.finish(ReconcileReport())
      #expect(try course.hasEnded(client.document("/v1/resync")))
      #expect(door.reconciler.begin(now: 2) == ResyncRequest(), "nothing more was asked for than the one")
      door.reconciler.finish(ReconcileReport())
      door.reconciler.wantFromHub(ResyncRequest(command: "c1"))
      #expect(try client.post("/v1/resync", .object([]))["joined"] == true)
      #expect(door.reconciler.begin(now: 3)?.command == "c1")
    }
  }

  @Test func aResyncOfAnOrderThatIsNotHereIsRefused() async throws {
    try await withAPI { client, door, _ in
      let unknown = try refusal(client, post: "/v1/resync", ["order": "20261125-000001"])
      #expect(unknown.status == .notFound)
      #expect(try refusal(client, post: "/v1/resync", ["full": "yes"]).status == .usage)
      #expect(try refusal(client, post: "/v1/resync", ["dry": true]).status == .usage)
      #expect(!door.reconciler.isWanted)
    }
  }

  @Test func reportsAnswer() async throws {
    try await withAPI { client, _, _ in
      let conflicts = try client.document("/v1/conflicts")
      #expect(conflicts == ["conflicts": [], "contradictions": []])
      #expect(try client.document("/v1/quarantine") == ["quarantine": []])
      #expect(try client.document("/v1/doctor")["ok"] == true)
    }
  }

  @Test func theSocketIsItsOwnersAloneAndIsNotTakenFromOneWhoAnswers() async throws {
    try await withAPI { _, door, socket in
      var facts = stat()
      #expect(lstat(socket, &facts) == 0)
      #expect(facts.st_mode & 0o777 == 0o600)
      #expect(throws: DoorSocketError.inUse(path: socket)) {
        _ = try makeLocalApplication(door: door, socket: socket, logger: Logger(label: "test"))
      }
    }
  }

  @Test func whatAKilledDaemonLeftIsRemovedAndAFileIsNot() throws {
    let path = "/tmp/lianxin-test-\(UInt32.random(in: .min ... .max)).sock"
    defer { unlink(path) }
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    #expect(throws: DoorSocketError.notASocket(path: path)) { try DoorSocket.makeFree(path) }
    unlink(path)
    let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    close(left)
    try DoorSocket.makeFree(path)
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
