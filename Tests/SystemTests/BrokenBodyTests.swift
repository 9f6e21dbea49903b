// Bodies and certificates that are not what they should be, under a real agent's connection: each is a typed refusal,
// the hub stays up, and honest pushes go on.

import Core
import Foundation
import Shell
import Synchronization
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct BrokenBodies {
    /// A body with one fault, and what the hub must say.
    private struct Fault {
      let name: String
      let body: [UInt8]
      var status = 400
      var code = "bad-body"
      /// Part of what it says.
      var words: String
    }

    private func faults(_ raw: RawAgent, _ order: OrderID, _ context: VersionVector) -> [Fault] {
      // Made by another run: what it refuses must not count as a change of `raw`.
      let good = Batch(header: raw.header, entries: [raw.entry(order, after: context, [.note("never")])]).bytes
      let text = String(decoding: good, as: UTF8.self)
      func replaced(_ old: String, _ new: String) -> [UInt8] {
        Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
      }
      let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
      return [
        Fault(name: "truncated in a line", body: Array(good.dropLast(20)), words: "ends too early"),
        Fault(
          name: "truncated between lines", body: Array(good.prefix(through: good.firstIndex(of: 0x0A) ?? 0)),
          words: "ends too early (field entries)"),
        Fault(name: "empty", body: [], words: "ends too early"),
        Fault(name: "no JSON", body: Array("<html></html>\n".utf8), words: "unexpected character"),
        Fault(
          name: "one byte too long", body: [UInt8](repeating: 0x20, count: Limits.maxBatchBytes + 1), status: 413,
          code: "too-large", words: "at most \(Limits.maxBatchBytes) bytes"),
        Fault(
          name: "far too long", body: [UInt8](repeating: 0x20, count: Limits.maxBatchBytes * 3), status: 413,
          code: "too-large", words: "at most \(Limits.maxBatchBytes) bytes"),
        Fault(name: "nested too deep", body: replaced("{", "{\"x\":\(deep),"), words: "deep"),
        Fault(
          name: "not UTF-8",
          body: Array("{\"x\":\"".utf8) + [0xFF, 0xC0] + Array("\",".utf8) + Array(good.dropFirst()), words: "UTF-8"),
        Fault(
          name: "a float for an integer", body: replaced("\"outbox\":0", "\"outbox\":0.5"),
          words: "wrong type (field outbox)"),
        Fault(name: "a float for n", body: replaced("\"n\":1,", "\"n\":1.0,"), words: "wrong type"),
        Fault(name: "a huge exponent for n", body: replaced("\"n\":1,", "\"n\":1e999999999,"), words: "wrong type"),
        Fault(name: "n = 2^63", body: replaced("\"n\":1,", "\"n\":9223372036854775808,"), words: "out of range"),
        Fault(
          name: "n = 2^63 - 1", body: replaced("\"n\":1,", "\"n\":9223372036854775807,"),
          words: "out of range (field n)"),
        Fault(name: "a hash that does not fit", body: replaced("never", "nevex"), words: "does not match its hash"),
      ]
    }

    @Test func aBodyThatCannotBeReadIsRefusedWholeAndHonestPushesGoOn() throws {
      let site = try Site("water")
      let order = try site.dispatched(to: "water")
      let context = try site.hub.order(order).vector
      let before = try site.hub.state(order)
      let pid = site.hub.pid
      let sender = try RawAgent("water", of: site, seed: 9)
      for fault in faults(try RawAgent("water", of: site, seed: 9), order, context) {
        let answer = try sender.post("push", fault.body)
        #expect(answer.status == fault.status && answer.code == fault.code, "\(fault.name): \(answer)")
        #expect(answer.detail.contains(fault.words), "\(fault.name): \(answer.detail)")
        #expect(answer.json["retry"] == "never", "\(fault.name)")
      }
      // The people at the hub see it, until a push is taken.
      func refusal() throws -> JSON? {
        try site.hub.get("/v1/status").json["platforms"]?.asArray?.first?["agents"]?.asArray?.first?["refusal"]
      }
      #expect(try refusal()?["call"] == "push" && refusal()?["code"] == "bad-body")
      for call in ["hello", "pull"] {
        let answer = try sender.post(call, Array("{\"health\":[1.5]}".utf8), type: "application/json")
        #expect(answer.status == 400 && answer.code == "bad-body", "\(call): \(answer)")
        let long = try sender.post(
          call, [UInt8](repeating: 0x20, count: Limits.maxMessageBytes + 1), type: "application/json")
        #expect(long.status == 413 && long.code == "too-large", "\(call): \(long)")
      }
      #expect(try site.hub.state(order) == before)
      #expect(try site.hub.pid == pid && site.hub.get("/v1/status").status == 200)

      let pushed = try sender.push([sender.entry(order, after: context, [.note("honest")])])
      #expect(pushed.status == 200 && pushed.json["acceptedThrough"] == 1, "\(pushed)")
      #expect(try refusal()?["call"] != "push")
      #expect(try site.agent("water").note("honest too", on: order, request: "r1").status == 200)
      try site.expectEqual(order, at: "water")
      #expect(try site.hub.order(order)["entries"]?.asArray?.count == 2)
    }

    @Test func theLocalSocketsRefuseTheSameBodies() throws {
      let site = try Site("water")
      let order = try site.dispatched(to: "water")
      let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
      for daemon in [site.hub, try site.agent("water")] {
        let client = try CurlClient(.unixSocket(daemon.socket))
        func post(_ body: [UInt8]) throws -> Answer {
          try Answer(
            client.send(
              "POST", "/v1/orders/\(order)/commands", headers: [("Content-Type", "application/json")], body: body))
        }
        for body in ["{\"command\":\"note\"", "{\"command\":\(deep)}", "{\"command\":1.5}", "[]", "", "\u{0}"] {
          let answer = try post(Array(body.utf8))
          #expect(
            answer.status == 400 && ["bad-body", "bad-command"].contains(answer.code), "\(body.prefix(20)): \(answer)")
        }
        #expect(try post([0x22, 0xFF, 0x22]).code == "bad-body")
        let long = try post([UInt8](repeating: 0x20, count: Limits.maxMessageBytes + 1))
        #expect(long.status == 413 && long.code == "too-large", "\(long)")
        #expect(try daemon.get("/v1/status").status == 200)
      }
      try site.expectEqual(order, at: "water")
    }

    @Test func aFieldOfALaterVersionIsKeptToTheByteEverywhere() throws {
      let site = try Site("water", "gas")
      let order = try site.dispatched(to: "water")
      #expect(try site.hub.perform("dispatch", on: order, ("platform", "gas"), ("role", "assist")).status == 200)
      let raw = try RawAgent("water", of: site)
      let entry = raw.entry(order, after: try site.hub.order(order).vector, [.note("from the future")]) { line in
        Array("{\"future\":{\"b\":1.50,\"a\":\"\\u7206管\"},".utf8) + line.dropFirst()
      }
      let pushed = try raw.push([entry])
      #expect(pushed.status == 200 && pushed.json["acceptedThrough"] == 1, "\(pushed)")
      let line = String(decoding: try #require(entry.line), as: UTF8.self)
      for platform in ["water", "gas"] {
        try site.expectEqual(order, at: platform)
        #expect(try site.agent(platform).lines()[entry.head.dot.description] == line)
        #expect(
          try site.agent(platform).order(order)["entries"]?.asArray?.first?["value"]?["text"] == "from the future")
      }
      #expect(try site.hub.lines()[entry.head.dot.description] == line)
    }

    @Test func withoutACertificateOrUnderAnotherAuthorityNobodyIsServed() throws {
      let site = try Site("water")
      let stranger = try CurlClient(
        .https(baseURL: site.address, caFile: site.authority, certificateFile: nil, keyFile: nil))
      for call in ["hello", "push", "pull", "renew"] {
        let answer = try Answer(stranger.send("POST", "/sync/v1/" + call, body: [0x7B, 0x7D]))
        #expect(answer.status == 401 || answer.status == 400, "\(call): \(answer)")
        #expect(answer.code == "certificate-required" || answer.code == "bad-body", "\(call): \(answer)")
      }
      let hello = HelloRequest(health: RawAgent.health, cursor: .start, told: .start, runs: []).json.bytes
      let asked = try Answer(stranger.send("POST", "/sync/v1/hello", body: hello))
      #expect(asked.status == 401 && asked.code == "certificate-required")

      let other = try Site("water")
      let identity = try other.agent("water").data + "/identity"
      let foreign = try CurlClient(
        .https(
          baseURL: site.address, caFile: site.authority, certificateFile: identity + "/cert.pem",
          keyFile: identity + "/key.pem"))
      do {
        let answer = try foreign.send("POST", "/sync/v1/hello", body: hello)
        Issue.record("another authority's certificate was answered HTTP \(answer.status)")
      } catch {
        guard case .clientCertificateProblem = error else {
          Issue.record("\(error)")
          return
        }
      }
      try site.agent("water").settle()
    }

    @Test func aRevokedAgentIsOutAtOnceItsLongPollToo() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try agent.settle()
      // A second agent of the platform, so that the first shows that only one is meant.
      #expect(
        try site.enrol(site.directory + "/second", token: try site.token("water"), "--name", "second").status == 0)
      let raw = try RawAgent("water", of: site, identity: site.directory + "/second/identity")
      let polled = Mutex<Answer?>(nil)
      nonisolated(unsafe) let poller = raw  // only the thread uses it until it has ended
      let thread = Background {
        let answer = try? poller.poll(wait: 30_000)  // nil fails the wait below
        polled.withLock { $0 = answer }
      }
      try eventually("the poll is open") {
        let rows = try site.hub.get("/v1/agents").json["agents"]?.asArray ?? []
        return rows.contains { $0["name"] == "second" && $0["online"] == true }
      }
      let revoked = try site.hub.command("agent", "revoke", "water", "second", "--reason", "stolen")
      #expect(revoked.status == 0, "\(revoked.all)")
      try thread.join(within: 10)
      let ended = try #require(polled.withLock { $0 })
      #expect(ended.status == 403 && ended.code == "certificate-revoked", "\(ended)")
      let refused = try raw.push([raw.entry(order, after: try site.hub.order(order).vector, [.note("too late")])])
      #expect(refused.status == 403 && refused.code == "certificate-revoked" && refused.json["retry"] == "operator")
      #expect(try agent.note("still here", on: order, request: "r1").status == 200)
      try site.expectEqual(order, at: "water")

      // The running agent, revoked, says that a person must act; what it records is kept.
      let name = try agent.status.string("agent")
      #expect(try site.hub.post("/v1/agents/water/\(name)/revoke", [:]).status == 200)
      try eventually("the agent needs an operator") { try agent.link == "needs-operator" }
      let status = try agent.command("status")
      #expect(status.output.contains("needs-operator since ") && status.output.contains("revoked"), "\(status.all)")
      #expect(try agent.note("kept", on: order, request: "r2").status == 200)
      #expect(try agent.outbox == 1)
    }
  }
}
