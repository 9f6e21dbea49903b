// The sync protocol's calls (docs/protocol.md): enroll, renew, hello, push, pull. Who calls is the certificate's to say; what a push
// does is Ingest's, what a pull reads is Feed's.

import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// What the sync calls work with.
struct SyncServices: Sendable {
  let database: any Database
  let writer: GroupCommitWriter
  let registry: AgentRegistry
  let contacts: Contacts
  let signals: FeedSignals
  let environment: HubEnvironment
  let maxWaitMilliseconds: Int
  let pool: NIOThreadPool
  let logger: Logger
}

struct SyncRoutes: Sendable {
  let services: SyncServices
  private let calls: SyncCalls

  init(services: SyncServices) {
    self.services = services
    calls = SyncCalls(
      database: services.database, writer: services.writer, contacts: services.contacts,
      environment: services.environment)
  }

  func addRoutes(to router: Router<SyncRequestContext>) {
    let group = router.group("sync/v1")
    group.post("enroll") { request, context in await answering(context) { try await enroll(request) } }
    group.post("renew") { request, context in await answering(context, .renew) { try await renew(request, context) } }
    group.post("hello") { request, context in await answering(context, .hello) { try await hello(request, context) } }
    group.post("push") { request, context in await answering(context, .push) { try await push(request, context) } }
    group.post("reconcile") { request, context in
      await answering(context, .reconcile) { try await reconcile(request, context) }
    }
    group.post("pull") { request, context in await answering(context, .pull) { try await pull(request, context) } }
  }

  // MARK: Calls

  private func enroll(_ request: Request) async throws -> Response {
    let body = try await json(request)
    let answer = try await services.registry.enroll(
      token: try body.string("token"), csr: try body.string("csr"), agent: try body.optionalString("agent"))
    services.logger.info("agent.enrolled", metadata: ["platform": "\(answer["platform"]?.asString ?? "")"])
    return reply(answer)
  }

  private func renew(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context, renewing: true)
    let body = try await json(request)
    return reply(try await services.registry.renew(peer, csr: try body.string("csr")))
  }

  private func hello(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context)
    let hello = try HelloRequest(try await json(request))
    return reply(try await blocking { try calls.hello(hello, from: name(peer)) }.json)
  }

  private func push(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context)
    let bytes = try await collect(request, limit: Limits.maxBatchBytes)
    let (batch, header) = try await blocking {
      let batch = try Batch(parsing: bytes)
      return (batch, try PushHeader(batch.header))
    }
    var answer = try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<PushReply, any Error>) in
      do {
        try calls.push(batch.entries, header: header, from: name(peer)) { continuation.resume(with: $0) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
    answer.head = try await blocking { try calls.head(of: peer.platform) }
    services.contacts.told(name(peer), head: answer.head.position, now: services.environment.wall())
    return reply(answer.json)
  }

  private func pull(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    // Who asks a hub that is stopping would be answered at once, and ask again at once.
    if services.signals.isClosed { throw Problem(.shuttingDown, "the hub is shutting down", retryAfterSeconds: 2) }
    let peer = try await caller(context)
    let pull = try PullRequest(try await json(request))
    let caller = name(peer)
    services.contacts.note(caller, health: pull.health, cursorPosition: nil, now: services.environment.wall())
    services.contacts.pollOpened(caller)
    defer { services.contacts.pollClosed(caller) }
    let deadline = NIODeadline.now() + .milliseconds(Int64(min(pull.waitMilliseconds, services.maxWaitMilliseconds)))
    while true {
      let generation = services.signals.generation(of: peer.platform)
      let (answer, entries, isNews) = try await blocking { try calls.pull(pull, from: caller) }
      if isNews { return batch(answer.json, entries) }
      // Woken by the feed; each second the certificate is looked at again, for it may have been revoked meanwhile.
      while services.signals.generation(of: peer.platform) == generation {
        let left = Int((deadline - NIODeadline.now()).nanoseconds / 1_000_000)
        if left <= 0 || services.signals.isClosed { return batch(answer.json, entries) }
        try Task.checkCancellation()
        await services.signals.wait(for: peer.platform, beyond: generation, milliseconds: min(left, 1_000))
        _ = try await blocking { try services.registry.authorize(peer) }
      }
    }
  }

  private func reconcile(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context)
    let bytes = try await collect(request, limit: Limits.maxBatchBytes)
    let caller = name(peer)
    let (asked, work) = try await blocking {
      let batch = try Batch(parsing: bytes)
      let asked = try ReconcileRequest(batch.header)
      return (asked, try calls.reconcileWork(asked, batch.entries, from: caller))
    }
    var refused: [Refused] = []
    if let work { refused = try await services.writer.submit(work) }
    SyncRoutes.note(refused, of: caller, services.logger)
    let (answer, entries) = try await blocking { [refused] in
      try calls.reconcile(asked, refused: refused, from: caller)
    }
    return batch(answer.json, entries)
  }

  /// The receipt of what comes back is the proof that it is the hub's: one that does not hold is a bug, a lost key, or worse. The log
  /// names the first of a call; the agent's report has more.
  static func note(_ refused: [Refused], of caller: Contacts.Name, _ logger: Logger) {
    guard let first = refused.first else { return }
    logger.warning(
      "reconcile.refused",
      metadata: [
        "platform": "\(caller.platform)", "agent": "\(caller.agent)", "changes": "\(refused.count)",
        "dot": "\(first.dot)", "reason": "\(first.reason)",
      ])
  }

  // MARK: Edges

  /// Who calls, asked before a byte of the body is read.
  private func caller(_ context: SyncRequestContext, renewing: Bool = false) async throws -> PeerIdentity {
    let peer = context.peer
    return try await blocking { try services.registry.authorize(peer, renewing: renewing) }
  }

  private func name(_ peer: PeerIdentity) -> Contacts.Name { Contacts.Name(platform: peer.platform, agent: peer.agent) }

  /// Runs blocking work away from the event loop.
  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await services.pool.runIfActive(body)
  }

  private func collect(_ request: Request, limit: Int) async throws -> [UInt8] {
    var request = request
    do {
      let buffer = try await request.collectBody(upTo: limit)
      return Array(buffer.readableBytesView)
    } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
      throw Problem(.tooLarge, "a body has at most \(limit) bytes")
    }
  }

  private func json(_ request: Request) async throws -> JSON {
    try JSON(parsing: try await collect(request, limit: Limits.maxMessageBytes))
  }

  private func reply(_ json: JSON) -> Response { bytes(json.bytes, "application/json", .ok) }

  private func batch(_ header: JSON, _ entries: [Entry]) -> Response {
    bytes(Batch(header: header, entries: entries).bytes, Batch.mediaType, .ok)
  }

  private func bytes(_ bytes: [UInt8], _ type: String, _ status: HTTPResponse.Status) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = type
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// The connection broke under the call: the network's doing, and nobody is left to answer.
  private static func isPeerGone(_ error: any Error) -> Bool {
    error is NIOSSLError || error is ChannelError || error is IOError || error is CancellationError
  }

  /// Every failure becomes a problem with a stable code; what it was goes to the log. That a call of an agent was refused is remembered
  /// until one of its kind is taken, for the people here.
  private func answering(
    _ context: SyncRequestContext, _ call: Contacts.Call? = nil, _ body: () async throws -> Response
  ) async -> Response {
    let caller = context.peer.map(name)
    do {
      let answer = try await body()
      if let call, let caller { services.contacts.answered(call, of: caller) }
      return answer
    } catch {
      let problem = HubFailure.problem(error)
      if let call, let caller, !SyncRoutes.isPeerGone(error) {
        services.contacts.refused(call, of: caller, problem.code, now: services.environment.wall())
      }
      if SyncRoutes.isPeerGone(error) {
        services.logger.debug("sync.peerGone", metadata: ["error": "\(error)"])
      } else if problem.code == .internalError {
        services.logger.error("sync.failed", metadata: ["error": "\(error)"])
      } else {
        services.logger.debug(
          "sync.refused", metadata: ["code": "\(problem.code.rawValue)", "detail": "\(problem.detail)"])
      }
      var response = bytes(problem.json.bytes, Problem.mediaType, .init(code: problem.code.status))
      if let seconds = problem.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
      return response
    }
  }
}
