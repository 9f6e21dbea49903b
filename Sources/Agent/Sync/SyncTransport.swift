// The calls to the hub: hello, push, pull, renew over mutual TLS, one kept-alive connection a lane. What an answer means for the
// next step is here (its class); when the next step comes is the engine's.

import Core
import Foundation
import Shell
import Synchronization

/// Why a call brought no answer that can be used.
enum SyncFailure: Error, Equatable, CustomStringConvertible {
  /// It may pass by itself: the network, a busy hub, a captive portal.
  case transient(String, retryAfterMilliseconds: Int? = nil)
  /// A person must act.
  case needsOperator(String)
  /// The hub does not know what this agent has seen of it.
  case cursorLost
  case fork(String)
  case tooLarge
  /// The transport was stopped.
  case stopped

  var description: String {
    switch self {
    case .transient(let reason, _), .needsOperator(let reason), .fork(let reason): reason
    case .cursorLost: "the hub does not know the cursor"
    case .tooLarge: "the body is too large"
    case .stopped: "stopped"
    }
  }
}

/// The hub's certificate and ours are read when a client is made; a changed file makes new clients at the next hello.
final class SyncTransport: Sendable {
  private struct Clients {
    var byLane: [SyncLane: CurlClient] = [:]
    /// Calls under way. Their client may have been replaced meanwhile, and still must be stopped.
    var inFlight: [SyncLane: CurlClient] = [:]
    var version: [FileVersion] = []
    var isStopped = false
  }

  private let hub: String
  private let files: AgentFiles
  private let limits: CurlClient.Limits
  private let clients = Mutex(Clients())

  private static let answerTimeout: Duration = .seconds(60)
  private static let silence: Duration = .seconds(30)
  /// How long beyond its wait a poll may take: the hub's work and the way back.
  private static let pollGrace: Duration = .seconds(10)

  /// Connects nothing yet. `hub` is its base address.
  init(hub: String, files: AgentFiles, userAgent: String) {
    self.hub = hub
    self.files = files
    var limits = CurlClient.Limits()
    limits.userAgent = userAgent
    self.limits = limits
  }

  /// Ends the calls in flight and refuses later ones.
  func stop() {
    clients.withLock { clients in
      clients.isStopped = true
      for client in clients.inFlight.values { client.abort() }
    }
  }

  /// True where a certificate or key file is another than the one in use.
  func hasChangedFiles() -> Bool {
    let current = fileVersions()
    return clients.withLock { !$0.byLane.isEmpty && $0.version != current }
  }

  /// Has the next calls read the certificate files anew.
  func dropClients() { clients.withLock { $0.byLane = [:] } }

  // MARK: Calls

  func hello(_ request: HelloRequest, lane: SyncLane) throws(SyncFailure) -> HelloReply {
    let json = try json(send("hello", request.json.bytes, "application/json", lane: lane))
    return try usable { () throws(JSONError) in try HelloReply(json) }
  }

  func push(_ header: PushHeader, _ entries: [Entry], lane: SyncLane) throws(SyncFailure) -> PushReply {
    let body = Batch(header: header.json, entries: entries).bytes
    let json = try json(send("push", body, Batch.mediaType, lane: lane))
    return try usable { () throws(JSONError) in try PushReply(json) }
  }

  func pull(_ request: PullRequest, lane: SyncLane) throws(SyncFailure) -> (reply: PullReply, entries: [Entry]) {
    let wait: Duration = .milliseconds(request.waitMilliseconds) + SyncTransport.pollGrace
    let answer = try send(
      "pull", request.json.bytes, "application/json", lane: lane, accept: Batch.mediaType,
      timeout: wait + SyncTransport.answerTimeout, silence: wait)
    let batch = try usable { () throws(JSONError) in try Batch(parsing: answer.body) }
    return (try usable { () throws(JSONError) in try PullReply(batch.header) }, batch.entries)
  }

  /// Exchanges a certificate request for a new certificate, PEM.
  func renew(csr: String, lane: SyncLane) throws(SyncFailure) -> String {
    let body: JSON = ["csr": .string(csr)]
    let json = try json(send("renew", body.bytes, "application/json", lane: lane))
    return try usable { () throws(JSONError) in try json.string("certificate") }
  }

  // MARK: One exchange

  private func json(_ answer: HTTPAnswer) throws(SyncFailure) -> JSON {
    try usable { () throws(JSONError) in try JSON(parsing: answer.body) }
  }

  private func send(
    _ call: String, _ body: [UInt8], _ type: String, lane: SyncLane, accept: String = "application/json",
    timeout: Duration = answerTimeout, silence: Duration = silence
  ) throws(SyncFailure) -> HTTPAnswer {
    let answer: HTTPAnswer
    defer { clients.withLock { $0.inFlight[lane] = nil } }
    do {
      answer = try client(lane).send(
        "POST", "/sync/v1/" + call, headers: [("Content-Type", type), ("Accept", accept)], body: body, timeout: timeout,
        silence: silence, maxResponseBytes: Limits.maxBatchBytes)
    } catch {
      throw SyncTransport.failure(error)
    }
    try SyncTransport.check(answer, accept: accept)
    return answer
  }

  private func client(_ lane: SyncLane) throws(TransportFailure) -> CurlClient {
    let current = fileVersions()
    return try clients.withLock { clients throws(TransportFailure) -> CurlClient in
      if clients.isStopped { throw .aborted }
      if clients.version != current { clients.byLane = [:] }
      clients.version = current
      let client =
        try clients.byLane[lane]
        ?? CurlClient(
          .https(baseURL: hub, caFile: files.authority, certificateFile: files.certificate, keyFile: files.key),
          limits: limits)
      clients.byLane[lane] = client
      clients.inFlight[lane] = client
      return client
    }
  }

  // MARK: Classes

  static func failure(_ failure: TransportFailure) -> SyncFailure {
    switch failure {
    case .aborted: return .stopped
    case .clientCertificateProblem: return .needsOperator(failure.description)
    case .tls(let reason) where reason.contains("expired") || reason.contains("not yet valid"):
      return .needsOperator("\(failure.description); is this machine's clock right?")
    default: return .transient(failure.description)
    }
  }

  /// Only a problem of ours or our media type is an answer; a portal's 200, a redirect or a proxy's page is not.
  static func check(_ answer: HTTPAnswer, accept: String) throws(SyncFailure) {
    if answer.contentType == Problem.mediaType {
      let problem: Problem
      do {
        problem = Problem(try JSON(parsing: answer.body))
      } catch {
        throw .transient("what answers is not a hub (HTTP \(answer.status))")
      }
      throw failure(problem, retryAfter: answer.retryAfter?.milliseconds)
    }
    guard answer.status == 200, answer.contentType == accept else {
      throw .transient("what answers is not a hub (HTTP \(answer.status), \(answer.contentType ?? "no type"))")
    }
  }

  static func failure(_ problem: Problem, retryAfter: Int?) -> SyncFailure {
    let reason = "the hub says: \(problem.detail)"
    switch problem.code {
    case .reconcileFirst: return .cursorLost
    case .fork: return .fork(reason)
    case .tooLarge: return .tooLarge
    default:
      switch problem.code.retry {
      case .later:
        return .transient(
          reason, retryAfterMilliseconds: problem.retryAfterSeconds.map { $0 * 1_000 } ?? retryAfter)
      // The same request would be refused for ever; what must change is a person's to find out.
      case .operator, .never: return .needsOperator(reason)
      }
    }
  }

  private func usable<Value>(_ read: () throws(JSONError) -> Value) throws(SyncFailure) -> Value {
    do {
      return try read()
    } catch {
      throw .transient("the hub's answer cannot be read: it has \(error)")
    }
  }

  // MARK: Files

  /// What tells one version of a file from another.
  private struct FileVersion: Equatable {
    var seconds = 0
    var nanoseconds = 0
    var inode: UInt64 = 0
  }

  private func fileVersions() -> [FileVersion] {
    [files.certificate, files.key, files.authority].map { path in
      var facts = stat()
      // A file that cannot be examined counts as a version of its own: using it says what is wrong with it.
      guard stat(path, &facts) == 0 else { return FileVersion() }
      return FileVersion(
        seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec, inode: UInt64(facts.st_ino))
    }
  }
}
