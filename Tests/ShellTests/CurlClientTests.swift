// The HTTP client against a tiny server: what it sends, what it refuses, and how it fails.

import Foundation
import Synchronization
import Testing

@testable import Shell

@Suite struct CurlClientTests {
  let directory: TemporaryDirectory
  var socket: String { directory.path + "/s" }

  init() throws { directory = try TemporaryDirectory() }

  @Test func aRequestIsSentAsGivenAndTheAnswerComesBackWhole() throws {
    let server = try TinyServer(socket) { request in
      http("201 Created", ["Content-Type: Text/Plain; charset=utf-8", "Retry-After: 7", "X-A: 1", "x-a: 2"], request)
    }
    defer { server.stop() }
    let client = try CurlClient(.unixSocket(socket))
    let answer = try client.send("POST", "/orders?x=1", headers: [("X-Test", "yes")], body: Array("爆管".utf8))
    let echo = String(decoding: answer.body, as: UTF8.self)
    #expect(echo.hasPrefix("POST /orders?x=1 HTTP/1.1\r\n"))
    #expect(echo.contains("\r\nX-Test: yes\r\n"))
    #expect(!echo.lowercased().contains("expect:"))
    #expect(echo.hasSuffix("\r\n\r\n爆管"))
    #expect(answer.status == 201)
    #expect(answer.contentType == "text/plain")
    #expect(answer.retryAfter == .seconds(7))
    #expect(answer.headers["x-a"] == "1, 2")
  }

  @Test func oneConnectionServesManyRequestsAndNothingSticksBetweenThem() throws {
    let server = try TinyServer(socket) { request in http("200 OK", [], request) }
    defer { server.stop() }
    let client = try CurlClient(.unixSocket(socket))
    _ = try client.send("POST", "/a", headers: [("X-Once", "1")], body: [UInt8](repeating: 65, count: 3_000_000))
    let second = String(decoding: try client.send("GET", "/b").body, as: UTF8.self)
    #expect(second.hasPrefix("GET /b HTTP/1.1\r\n"))
    #expect(!second.contains("X-Once"))
    let empty = String(decoding: try client.send("PUT", "/c").body, as: UTF8.self)
    #expect(empty.hasPrefix("PUT /c HTTP/1.1\r\n"))
    #expect(empty.contains("Content-Length: 0\r\n"))
    #expect(!empty.contains("Content-Type"))
    #expect(server.connections.load(ordering: .relaxed) == 1)
  }

  @Test func anAnswerOverTheLimitEndsTheRequestAndTheNextOneWorks() throws {
    let server = try TinyServer(socket) { _ in http("200 OK", [], String(repeating: "x", count: 1001)) }
    defer { server.stop() }
    let client = try CurlClient(.unixSocket(socket))
    #expect(throws: TransportFailure.responseTooLarge(limit: 1000)) {
      try client.send("GET", "/", maxResponseBytes: 1000)
    }
    #expect(try client.send("GET", "/", maxResponseBytes: 1001).body.count == 1001)
  }

  @Test func aRedirectIsAnAnswerAndIsNotFollowed() throws {
    let server = try TinyServer(socket) { _ in http("302 Found", ["Location: http://localhost/other"]) }
    defer { server.stop() }
    #expect(try CurlClient(.unixSocket(socket)).send("GET", "/").status == 302)
    #expect(server.connections.load(ordering: .relaxed) == 1)
  }

  @Test func anAbortFromAnotherThreadEndsTheRequestInFlightUntilReset() throws {
    let silent = Atomic<Bool>(true)
    let client = try CurlClient(.unixSocket(socket))
    let server = try TinyServer(socket) { _ in
      guard silent.load(ordering: .acquiring) else { return http("200 OK") }
      client.abort()
      return nil
    }
    defer { server.stop() }
    #expect(throws: TransportFailure.aborted) { try client.send("GET", "/") }
    #expect(throws: TransportFailure.aborted) { try client.send("GET", "/") }
    silent.store(false, ordering: .releasing)
    client.reset()
    #expect(try client.send("GET", "/").status == 200)
  }

  @Test func aServerThatNeverAnswersIsATimeout() throws {
    let server = try TinyServer(socket) { _ in nil }
    defer { server.stop() }
    let client = try CurlClient(.unixSocket(socket))
    #expect { try client.send("GET", "/", timeout: .milliseconds(20)) } throws: { error in
      if case .timedOut = error as? TransportFailure { true } else { false }
    }
  }

  @Test(arguments: ["", "SSH-2.0-OpenSSH_9.2\r\n\r\n"])
  func whatIsNotHTTPIsABrokenReply(_ text: String) throws {
    // Closed after the text, as libcurl waits for more otherwise.
    let server = try TinyServer(socket) { _ in text }
    defer { server.stop() }
    #expect { try CurlClient(.unixSocket(socket)).send("GET", "/") } throws: { error in
      if case .brokenReply = error as? TransportFailure { true } else { false }
    }
  }

  @Test func aMissingSocketNamesTheSystemsReason() throws {
    #expect { try CurlClient(.unixSocket(socket)).send("GET", "/") } throws: { error in
      if case .couldNotConnect(_, let errno) = error as? TransportFailure { errno == ENOENT } else { false }
    }
  }

  @Test func aHeaderCannotSmuggleASecondOne() throws {
    let client = try CurlClient(.unixSocket(socket))
    #expect(throws: TransportFailure.self) { try client.send("GET", "/", headers: [("X", "a\r\nY: b")]) }
  }
}

@Suite struct DaemonClientTests {
  let directory: TemporaryDirectory
  var socket: String { directory.path + "/s" }

  init() throws { directory = try TemporaryDirectory() }

  private func failure(_ answer: String, _ statuses: [String: CommandStatus] = [:]) throws -> CommandFailure? {
    let server = try TinyServer(socket) { _ in answer }
    defer { server.stop() }
    let client = try DaemonClient(socket: socket, startCommand: "lianxin-hub serve", statuses: statuses)
    do throws(CommandFailure) {
      _ = try client.get("/orders")
      return nil
    } catch {
      return error
    }
  }

  @Test func aProblemBecomesItsDetailItsRemedyAndAnExitStatus() throws {
    let body = #"{"code":"unknownOrder","title":"Unknown order","detail":"no order x","status":404,"remedy":"look"}"#
    let answer = http("404 Not Found", ["Content-Type: application/problem+json"], body)
    let expected = CommandFailure("no order x", remedy: "look", status: .notFound, problem: Array(body.utf8))
    #expect(try failure(answer) == expected)
    try FileManager.default.removeItem(atPath: socket)
    #expect(try failure(answer, ["unknownOrder": .conflict])?.status == .conflict)
  }

  @Test func aProblemOfOddNumbersIsStillAProblem() throws {
    let body = #"{"code":7,"title":"Busy","detail":null,"status":1e999,"retryAfter":99999999999999999999}"#
    let failure = try failure(http("503 Busy", ["Content-Type: application/problem+json"], body))
    #expect(failure == CommandFailure("Busy", status: .daemonUnreachable, problem: Array(body.utf8)))
  }

  @Test(arguments: [("text/html", "<html>"), ("application/problem+json", "[]"), ("application/problem+json", "{")])
  func anErrorThatIsNoProblemSaysSo(type: String, body: String) throws {
    let failure = try failure(http("500 Oops", ["Content-Type: \(type)"], body))
    #expect(failure?.status == .internalError)
    #expect(failure?.message.contains("HTTP 500") == true)
  }

  @Test func aDaemonThatIsNotRunningIsNamedWithTheCommandThatStartsIt() throws {
    let client = try DaemonClient(socket: socket, startCommand: "lianxin-hub serve")
    #expect {
      try client.post("/orders", [])
    } throws: { error in
      let failure = error as? CommandFailure
      return failure?.status == .daemonUnreachable && failure?.message.contains(socket) == true
        && failure?.remedy == "start it with `lianxin-hub serve`"
    }
  }

  @Test func pathsEscapeWhatIsNotTheirs() {
    #expect(DaemonClient.path("orders", "a/b 水", query: ["q": "x&y=1"]) == "/orders/a%2Fb%20%E6%B0%B4?q=x%26y%3D1")
  }
}
