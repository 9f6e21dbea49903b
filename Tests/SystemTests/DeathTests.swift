// Processes end in the middle of their work, by order or by force, or run out of disk: whatever was answered is there
// afterwards, once.

import Core
import Foundation
import Shell
import Synchronization
import Testing

@testable import TestSite

/// Edits through one daemon's socket until it answers no more, with a ledger of what was answered.
final class Load: Sendable {
  /// Dots by request id.
  private let answered = Mutex<[String: String]>([:])
  private let refusals = Mutex<[String]>([])

  var ledger: [String: String] { answered.withLock { $0 } }
  /// Answers other than success or a shutting down.
  var refused: [String] { refusals.withLock { $0 } }

  /// - Parameter prefix: of the request ids.
  func run(_ socket: String, _ order: OrderID, prefix: String) -> Background {
    Background { [self] in
      guard let client = try? CurlClient(.unixSocket(socket)) else { return }  // an empty ledger fails the test
      for number in 1...100_000 {
        let request = "\(prefix)-\(number)"
        let body: JSON = ["command": "note", "text": .string(request), "request": .string(request)]
        // No answer: the process is gone, and what it did with this edit is unknown.
        guard
          let reply = try? client.send(
            "POST", "/v1/orders/\(order)/commands", headers: [("Content-Type", "application/json")], body: body.bytes,
            timeout: .seconds(10)),
          let answer = try? Answer(reply)
        else { return }
        guard answer.status == 200, let dot = answer.json["dot"]?.asString else {
          if answer.code != "shutting-down" { refusals.withLock { $0.append("\(answer)") } }
          return
        }
        answered.withLock { $0[request] = dot }
      }
    }
  }
}

/// That each answered edit is there under its dot, that a repeat finds it, and that it is in the log once.
func expectAll(
  _ ledger: [String: String], at daemon: Daemon, _ order: OrderID, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(!ledger.isEmpty, sourceLocation: sourceLocation)
  let before = try daemon.lines()
  // Each is looked for in the log; some hundred are repeated.
  for (request, dot) in ledger.prefix(100) {
    let again = try daemon.note("another text", on: order, request: request)
    #expect(
      again.status == 200 && again.json["repeated"] == true && again.json["dot"]?.asString == dot,
      "\(request): \(again)",
      sourceLocation: sourceLocation)
  }
  #expect(try daemon.lines() == before, "a repeat changed something", sourceLocation: sourceLocation)
  expectOnce(ledger, in: before, sourceLocation: sourceLocation)
}

func expectOnce(
  _ ledger: [String: String], in lines: [String: String], sourceLocation: SourceLocation = #_sourceLocation
) {
  var count: [String: Int] = [:]
  for line in lines.values {
    if let request = (try? JSON(parsing: Array(line.utf8)))?["request"]?.asString {
      count[request, default: 0] += 1
    }
  }
  for (request, dot) in ledger {
    #expect(lines[dot]?.contains("\"\(request)\"") == true, "\(request) is lost", sourceLocation: sourceLocation)
    #expect(count[request] == 1, "\(request) is there \(count[request] ?? 0) times", sourceLocation: sourceLocation)
  }
}

extension SystemTests {
  @Suite struct Deaths {
    @Test func aKilledAgentKeepsEveryEditThatItAnswered() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let load = Load()
      let threads = (1...2).map { load.run(agent.socket, order, prefix: "t\($0)") }
      try eventually("a stream of edits") { load.ledger.count >= 60 }
      agent.kill()
      for thread in threads { try thread.join() }
      #expect(load.refused == [])
      try agent.start()
      try expectAll(load.ledger, at: agent, order)
      try site.expectEqual(order, at: "water")
      expectOnce(load.ledger, in: try site.hub.lines())
    }

    @Test func aKilledHubKeepsEveryEditThatItAnsweredAndTakesTheRestAgain() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let (hubLoad, agentLoad) = (Load(), Load())
      let hubThread = hubLoad.run(site.hub.socket, order, prefix: "hub")
      let agentThread = agentLoad.run(agent.socket, order, prefix: "agent")
      try eventually("edits on both sides") { hubLoad.ledger.count >= 30 && agentLoad.ledger.count >= 30 }
      site.hub.kill()
      try hubThread.join()
      try site.restartHub()
      let soFar = agentLoad.ledger.count
      try eventually("the agent's edits never stopped") { agentLoad.ledger.count > soFar + 10 }
      #expect(try agent.terminate() == 0)
      try agentThread.join()
      try agent.start()
      #expect(hubLoad.refused == [] && agentLoad.refused == [])
      try site.expectEqual(order, at: "water")
      try expectAll(hubLoad.ledger, at: site.hub, order)
      try expectAll(agentLoad.ledger, at: agent, order)
      expectOnce(agentLoad.ledger, in: try site.hub.lines())
      expectOnce(hubLoad.ledger, in: try agent.lines())
    }

    @Test func anOrderlyEndInTheMiddleOfLoadLosesNothing() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let (hubLoad, agentLoad) = (Load(), Load())
      let threads = [
        hubLoad.run(site.hub.socket, order, prefix: "hub"), agentLoad.run(agent.socket, order, prefix: "agent"),
      ]
      try eventually("edits on both sides") { hubLoad.ledger.count >= 30 && agentLoad.ledger.count >= 30 }
      #expect(try site.hub.terminate() == 0)
      #expect(try agent.terminate() == 0)
      for thread in threads { try thread.join() }
      #expect(hubLoad.refused == [] && agentLoad.refused == [])
      try site.restartHub()
      try agent.start()
      try site.expectEqual(order, at: "water")
      try expectAll(hubLoad.ledger, at: site.hub, order)
      try expectAll(agentLoad.ledger, at: agent, order)
      expectOnce(agentLoad.ledger, in: try site.hub.lines())
      #expect(try site.hub.command("doctor").status == 0)
    }
  }
}
