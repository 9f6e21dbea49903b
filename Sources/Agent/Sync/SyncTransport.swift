// The calls to the hub over mutual TLS, one kept-alive connection a lane. What is said and what an answer means is SyncDialogue's; here
// is only what a broken connection means.

import Core
import Foundation
import Shell
import Synchronization

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
  /// How long beyond its wait a poll may stay silent: the hub's work and the way back. A half-open connection looks the same, and
  /// must be given up within 45 s at the default wait of 30 s, with time left for the client's own ticks.
  private static let pollGrace: Duration = .seconds(5)

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

  /// Ends the poll in flight, if there is one: what it asked for is no longer what is wanted.
  func interruptPoll() {
    clients.withLock { clients in
      guard let client = clients.inFlight[.pull] else { return }
      clients.byLane[.pull] = nil
      client.abort()
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

  /// One call of the sync protocol; the answer is whatever came back, good or not.
  func send(_ call: SyncCall, lane: SyncLane) throws(SyncFailure) -> HTTPAnswer {
    let wait: Duration = .milliseconds(call.waitMilliseconds)
    return try send(
      call.name, call.body, call.contentType, lane: lane, accept: call.accept,
      timeout: wait + SyncTransport.answerTimeout, silence: SyncTransport.silence(of: call.waitMilliseconds))
  }

  /// How long nothing at all may arrive in a call that waits so long at the hub before its link counts as dead.
  static func silence(of waitMilliseconds: Int) -> Duration {
    waitMilliseconds > 0 ? .milliseconds(waitMilliseconds) + pollGrace : .seconds(30)
  }

  /// Exchanges a certificate request for a new certificate, PEM.
  func renew(csr: String, lane: SyncLane) throws(SyncFailure) -> String {
    let body: JSON = ["csr": .string(csr)]
    let answer = try send("renew", body.bytes, "application/json", lane: lane)
    try SyncDialogue.check(answer, accept: "application/json")
    return try SyncDialogue.usable { () throws(JSONError) in try JSON(parsing: answer.body).string("certificate") }
  }

  // MARK: One exchange

  private func send(
    _ call: String, _ body: [UInt8], _ type: String, lane: SyncLane, accept: String = "application/json",
    timeout: Duration = answerTimeout, silence: Duration = silence(of: 0)
  ) throws(SyncFailure) -> HTTPAnswer {
    defer { clients.withLock { $0.inFlight[lane] = nil } }
    do {
      return try client(lane).send(
        "POST", "/sync/v1/" + call, headers: [("Content-Type", type), ("Accept", accept)], body: body, timeout: timeout,
        silence: silence, maxResponseBytes: Limits.maxBatchBytes)
    } catch {
      if error == .aborted, !clients.withLock({ $0.isStopped }) { throw .interrupted }
      throw SyncTransport.failure(error)
    }
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
