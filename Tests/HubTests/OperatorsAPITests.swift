// The operators' API over a real Unix socket and a real database: conversations that go well, and every way in which
// they can be refused.

import Core
import Foundation
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell
import Testing

@testable import Hub

/// A hub's hotline over a database of its own.
final class OperatorsFixture: Sendable {
  let socket: String
  private let directory: String
  private let parts: HubParts
  private let pool = NIOThreadPool(numberOfThreads: 2)
  private let client: CurlClient

  init() throws {
    let authority = try AuthorityFixture()
    directory = NSTemporaryDirectory() + "lx-" + UUID().uuidString.prefix(13)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    socket = directory + "/hub.sock"
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: directory + "/hub.db"), authority: authority.authority,
      receiptKey: [UInt8](repeating: 7, count: 32), ledger: try Ledger(path: directory + "/ledger.jsonl"),
      environment: .real(skewMilliseconds: 300_000), queue: 64, group: 16, certificateLifeSeconds: 86_400,
      certificateGraceSeconds: 0, passwordCost: .ofTests, logger: logger)
    client = try CurlClient(.unixSocket(socket))
  }

  /// Runs the server while `body` talks to it.
  func serving(_ body: (OperatorsFixture) async throws -> Void) async throws {
    parts.writer.start()
    pool.start()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (starts, start) = AsyncStream<Void>.makeStream()
    let application = try makeOperatorsApplication(
      hotline: parts.hotline, socket: socket, logger: logger, pool: pool
    ) { start.finish() }
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { start.finish() }
        try await group.run()
      }
      for await _ in starts {}
      let result: Result<Void, any Error>
      do { result = .success(try await body(self)) } catch { result = .failure(error) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
    parts.writer.stop()
    try await pool.shutdownGracefully()
    try parts.database.close()
    try FileManager.default.removeItem(atPath: directory)
  }

  /// One request; the client blocks, so it waits on a thread of its own.
  func send(_ method: String, _ path: String, _ body: [UInt8] = []) async throws -> HTTPAnswer {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { [client] in
        continuation.resume(with: Result { try client.send(method, path, body: body) })
      }
    }
  }

  func get(_ path: String) async throws -> JSON { try Self.good(try await send("GET", path)) }
  func post(_ path: String, _ body: JSON) async throws -> JSON {
    try Self.good(try await send("POST", path, body.bytes))
  }

  private static func good(_ answer: HTTPAnswer) throws -> JSON {
    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
    #expect(answer.contentType == "application/json")
    return try JSON(parsing: answer.body)
  }

  /// The problem of a request that must be refused.
  func refusal(_ method: String, _ path: String, _ body: [UInt8] = []) async throws -> (status: Int, problem: Problem) {
    let answer = try await send(method, path, body)
    #expect(answer.contentType == "application/problem+json", "\(method) \(path)")
    return (answer.status, Problem(try JSON(parsing: answer.body)))
  }
}

@Suite struct OperatorsAPITests {
  @Test func anOrderIsTakenDispatchedRecordedForItsPlatformCalledBackAndClosed() async throws {
    try await OperatorsFixture().serving { hub in
      _ = try await hub.post("/v1/platforms", ["name": "water", "displayName": "自来水", "sectors": ["water"]])
      let made = try await hub.post(
        "/v1/orders",
        [
          "registers": ["kind": "repair", "title": "中山路爆管", "caller": ["name": "王", "phone": "138"]],
          "dispatch": "water",
          "request": "r1", "author": ["name": "li", "role": "operator"],
        ])
      #expect(made["status"] == "dispatched")
      #expect(made["confirmed"] == true)
      let id = made.text("order")
      let commands = "/v1/orders/\(made.text("number"))/commands"
      func step(_ body: JSON) async throws -> String { try await hub.post(commands, body).text("status") }
      #expect(try await step(["command": "accept", "onBehalfOf": "water"]) == "accepted")
      #expect(
        try await step([
          "command": "complete", "result": ["outcome": "solved", "work": "valve"], "onBehalfOf": "water",
          "author": ["name": "li", "role": "operator"],
        ]) == "repaired")
      #expect(
        try await step(["command": "call-back", "callback": ["reached": true, "solved": "yes", "result": 5]])
          == "calledBack")
      #expect(try await step(["command": "close", "code": "solved"]) == "closed")

      #expect(try await hub.get("/v1/orders/\(id)")["registers"]?["caller"]?["value"]?["phone"] == "***")
      let document = try await hub.post("/v1/orders/\(id)/reveal", ["author": ["name": "li", "role": "operator"]])
      #expect(document["registers"]?["caller"]?["value"]?["name"] == "王")
      let revealed = try await hub.get("/v1/audit?action=revealed").list("audit")
      #expect(revealed.map { [$0["who"], $0["object"], $0["via"]] } == [["li", .string(id), "socket"]])
      let authors = document.list("history").compactMap { $0["author"] }
      #expect(authors.contains(["name": "li", "role": "operator", "for": "water"]))
      let state = try await hub.send("GET", "/v1/orders/\(id)/state")
      #expect(state.contentType == "text/plain")
      #expect(!String(decoding: state.body, as: UTF8.self).contains("王"), "the canonical form holds commitments only")
      #expect(
        try await hub.get("/v1/orders?platform=water&text=%E7%88%86").list("orders").map { $0.text("id") } == [id])
      #expect(try await hub.get("/v1/orders?open=true").list("orders").isEmpty)
      #expect(try await hub.get("/v1/states?platform=water").list("states").count == 1)
      #expect(try await hub.get("/v1/changes?limit=2").list("changes").count == 2)
      #expect(try await hub.get("/v1/status")["orders"] == ["total": 1, "open": 0])
      #expect(try await hub.get("/v1/doctor")["ok"] == true)
      for report in ["requests", "conflicts", "quarantine", "agents", "tokens"] {
        #expect(try await hub.get("/v1/\(report)").list(report).isEmpty)
      }
    }
  }

  @Test func likelyDuplicatesAreAskedForByABody() async throws {
    try await OperatorsFixture().serving { hub in
      let made = try await hub.post(
        "/v1/orders", ["registers": ["title": "中山路爆管", "caller": ["phone": "13812341234"]]])
      let li: JSON = ["name": "li", "role": "operator"]
      let found = try await hub.post("/v1/orders/similar", ["title": "爆管", "phone": "138 1234 1234", "author": li])
      #expect(
        found.list("orders").map { [$0["order"], $0["number"], $0["why"]] } == [
          [made["order"], made["number"], ["phone", "words"]]
        ])
      #expect(try await hub.get("/v1/audit?action=person-found").list("audit").map { $0["who"] } == ["li"])
      #expect(try await hub.post("/v1/orders/similar", .object([])).list("orders").isEmpty)
      for body in [["text": "爆管"], ["phone": "1"], ["title": 1]] as [JSON] {
        #expect(try await hub.refusal("POST", "/v1/orders/similar", body.bytes).status == 400, "\(body)")
      }
    }
  }

  @Test func theLineOfAVoidChangeIsShownByItsDotWhetherOrNotItCountsAgain() async throws {
    try await OperatorsFixture().serving { hub in
      let made = try await hub.post("/v1/orders", ["registers": ["kind": "help", "title": "x"]])
      let commands = "/v1/orders/\(made.text("order"))/commands"
      let dot = try await hub.post(commands, ["command": "note", "text": "entered twice"]).text("dot")
      let line = "/v1/quarantine/\(dot.inPath)"
      #expect(try await hub.refusal("GET", line).status == 404, "nothing is wrong with it")
      _ = try await hub.post(commands, ["command": "void", "dot": .string(dot), "reason": "wrong order"])
      let void = try await hub.get(line)
      #expect(void["dot"] == .string(dot) && void["order"] == made["order"] && void["void"] == true)
      #expect(void["reason"] == "wrong order" && void.text("line").contains("entered twice"))
      #expect(void["bytes"] == .int(void.text("line").utf8.count))
      #expect(try await hub.get("/v1/quarantine").list("quarantine").isEmpty, "it is set aside nowhere")
      _ = try await hub.post(commands, ["command": "reinstate", "dot": .string(dot)])
      let counting = try await hub.get(line)
      #expect(counting["void"] == false && counting["line"] == void["line"])
      #expect(try await hub.refusal("GET", "/v1/quarantine/none").status == 400)
    }
  }

  @Test func howAPlatformStandsIsToldWithTheCauses() async throws {
    try await OperatorsFixture().serving { hub in
      _ = try await hub.post("/v1/platforms", ["name": "water"])
      for call in ["platforms", "status"] {
        let water = try await hub.get("/v1/\(call)").list("platforms").first
        #expect(water?["standing"] == "attention" && water?["causes"] == [["cause": "noAgent"]], "\(call)")
      }
    }
  }

  @Test func aRepeatOfARequestIdGivesTheFirstAnswerAndRecordsNothing() async throws {
    try await OperatorsFixture().serving { hub in
      let body: JSON = ["registers": ["kind": "help", "title": "x"], "request": "once"]
      let first = try await hub.post("/v1/orders", body)
      let again = try await hub.post("/v1/orders", body)
      #expect(again["order"] == first["order"])
      #expect(again["dot"] == first["dot"])
      #expect(first["repeated"] == false)
      #expect(again["repeated"] == true)
      let note: JSON = ["command": "note", "text": "n", "request": "note-1"]
      let dots = [
        try await hub.post("/v1/orders/\(first.text("order"))/commands", note)["dot"],
        try await hub.post("/v1/orders/\(first.text("order"))/commands", note)["dot"],
      ]
      #expect(dots[0] == dots[1])
      #expect(try await hub.get("/v1/orders/\(first.text("order"))").list("entries").count == 1)
    }
  }

  @Test func tokensAreShownOnceAndCanBeRevoked() async throws {
    try await OperatorsFixture().serving { hub in
      _ = try await hub.post("/v1/platforms", ["name": "water"])
      let token = try await hub.post("/v1/tokens", ["platform": "water", "life": 60])
      #expect(token.text("token").hasPrefix("lx1-water-"))
      let listed = try await hub.get("/v1/tokens").list("tokens")
      #expect(listed.map { $0.text("id") } == [token.text("id")])
      #expect(listed.allSatisfy { $0["token"] == nil })
      _ = try await hub.post("/v1/tokens/\(token.text("id"))/revoke", .object([]))
      #expect(try await hub.get("/v1/tokens").list("tokens")[0]["revoked"] != nil)
      #expect(try await hub.refusal("POST", "/v1/platforms", Array(#"{"name":"water"}"#.utf8)).problem.code == .exists)
      #expect(try await hub.refusal("POST", "/v1/tokens", Array(#"{"platform":"gas"}"#.utf8)).status == 404)
      #expect(try await hub.refusal("POST", "/v1/agents/water/x/revoke").status == 404)
    }
  }

  @Test func anImportMakesNoSecondOrderAndReportsWhatItCannotTake() async throws {
    try await OperatorsFixture().serving { hub in
      _ = try await hub.post("/v1/platforms", ["name": "dot"])
      func row(_ line: Int, _ platform: String) -> JSON {
        [
          "line": .int(line), "number": .string("n\(line)"), "platform": .string(platform),
          "registers": ["kind": "repair", "title": "x", "ref/nyc311": ["number": .string("n\(line)")]],
        ]
      }
      let body: JSON = ["system": "nyc311", "dispatch": true, "rows": [row(2, "dot"), row(3, "nobody")]]
      let first = try await hub.post("/v1/import", body).list("rows")
      #expect(first.map { $0.isTrue("created") } == [true, false])
      #expect(first.map { $0.isTrue("dispatched") } == [true, false])
      #expect(first[1].text("fault").contains("nobody"))
      let second = try await hub.post("/v1/import", body).list("rows")
      #expect(second[0]["created"] == false)
      #expect(second[0]["order"] == first[0]["order"])
      #expect(try await hub.get("/v1/orders").list("orders").count == 1)
      let many: JSON = ["system": "nyc311", "rows": .array((0...200).map { row($0, "dot") })]
      #expect(try await hub.refusal("POST", "/v1/import", many.bytes).problem.code == .tooLarge)
    }
  }

  @Test func badInputIsRefusedInWordsAndChangesNothing() async throws {
    try await OperatorsFixture().serving { hub in
      let id = try await hub.post("/v1/orders", ["registers": ["kind": "repair", "title": "x"]]).text("order")
      let commands = "/v1/orders/\(id)/commands"
      func code(_ method: String, _ path: String, _ body: String = "") async throws -> ProblemCode {
        let (status, problem) = try await hub.refusal(method, path, Array(body.utf8))
        #expect(status == problem.code.status)
        return problem.code
      }
      let illegal = try await hub.refusal("POST", commands, Array(#"{"command":"close","code":"solved"}"#.utf8))
      #expect(illegal.status == 409)
      #expect(illegal.problem.allowed.contains("dispatch"))
      #expect(try await code("POST", commands, #"{"command":"fly"}"#) == .badCommand)
      #expect(try await code("POST", commands, #"{"command":"close"}"#) == .badCommand)
      #expect(try await code("POST", commands, #"{"command":"urge","until":1"#) == .badBody)
      #expect(try await code("POST", commands, #"{"command":"note","text":"x","request":""}"#) == .badBody)
      #expect(try await code("POST", commands, #"{"command":"accept"}"#) == .notPermitted)
      #expect(try await code("POST", commands, #"{"command":"accept","onBehalfOf":"UP"}"#) == .badCommand)
      #expect(try await code("POST", commands, "[]") == .badBody)
      let windbag = String(repeating: "x", count: 257)
      #expect(
        try await code("POST", commands, #"{"command":"urge","author":{"name":"\#(windbag)"}}"#) == .badBody)
      #expect(try await code("POST", commands, String(repeating: "[", count: 4_000)) == .badBody)
      #expect(try await hub.refusal("POST", commands, [0x7B, 0xFF, 0x7D]).problem.code == .badBody)
      #expect(try await code("POST", "/v1/orders", #"{"registers":{},"dispach":"x"}"#) == .badBody)
      #expect(try await code("POST", "/v1/orders", "{}") == .badBody)
      #expect(try await code("POST", "/v1/orders", #"{"registers":{"colour":"red"}}"#) == .badCommand)
      #expect(try await code("POST", "/v1/tokens", #"{"platform":"water","life":1.5}"#) == .badBody)
      #expect(try await code("POST", "/v1/tokens", #"{"platform":"hub"}"#) == .notFound)
      #expect(try await code("GET", "/v1/orders/20010101-000001") == .notFound)
      #expect(try await code("GET", "/v1/orders?statu=closed") == .badBody)
      #expect(try await code("GET", "/v1/orders?open=yes") == .badCommand)
      #expect(try await code("GET", "/v1/orders?limit=0") == .badBody)
      #expect(try await code("GET", "/v1/nothing") == .notFound)
      #expect(try await code("DELETE", "/v1/orders/\(id)") == .notFound)
      let long = Array(repeating: UInt8(ascii: " "), count: Limits.maxMessageBytes + 1)
      #expect(try await hub.refusal("POST", commands, long).problem.code == .tooLarge)
      #expect(try await hub.get("/v1/orders/\(id)").list("history").count == 1)
    }
  }

  @Test func aProblemThatPassesSaysWhenToComeBack() throws {
    let response = DoorAnswer.problem(Problem(.busy, "the queue is full", retryAfterSeconds: 3)).response
    #expect(response.status.code == 503)
    #expect(response.headers[.retryAfter] == "3")
    #expect(DoorAnswer.problem(Problem(.notFound)).response.headers[.retryAfter] == nil)
  }
}

@Suite struct OperatorsSocketTests {
  @Test func onlyItsOwnUserMayConnectAndAStaleSocketIsReplaced() async throws {
    let fixture = try OperatorsFixture()
    // What a killed hub leaves: a bound socket on which nobody listens.
    let bound = try await runTool(
      "python3", "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", fixture.socket)
    #expect(bound.status == 0, "\(bound.errors)")
    try await fixture.serving { hub in
      let mode = try FileManager.default.attributesOfItem(atPath: hub.socket)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(throws: DoorSocketError.inUse(path: hub.socket)) { try DoorSocket.makeFree(hub.socket) }
      #expect(try await hub.get("/v1/platforms") == ["platforms": []])
    }
  }

  @Test func whatIsNoSocketStaysAndALongPathIsRefused() throws {
    let path = NSTemporaryDirectory() + "lx-" + UUID().uuidString
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: DoorSocketError.notASocket(path: path)) { try DoorSocket.makeFree(path) }
    #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    let long = "/tmp/" + String(repeating: "x", count: 200)
    #expect(throws: DoorSocketError.tooLong(path: long, maxBytes: 107)) { try DoorSocket.makeFree(long) }
  }
}
