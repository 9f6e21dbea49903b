// One call of the sync protocol as bytes and media types, before anything carries it.

import Core

/// One call of the sync protocol, ready to be sent.
enum SyncCall: Sendable {
  case hello(HelloRequest)
  case push(PushHeader, [Entry])
  case pull(PullRequest)
  /// A greeting that asks where a run of ours parts from what the hub holds of it.
  case probe(HelloRequest)
  case reconcile(ReconcileWalk.Call, [Entry], tried: [Dot])

  var name: String {
    switch self {
    case .hello, .probe: "hello"
    case .push: "push"
    case .pull: "pull"
    case .reconcile: "reconcile"
    }
  }

  var contentType: String {
    switch self {
    case .push, .reconcile: Batch.mediaType
    case .hello, .pull, .probe: "application/json"
    }
  }

  /// The media type of a good answer.
  var accept: String {
    switch self {
    case .pull, .reconcile: Batch.mediaType
    case .hello, .push, .probe: "application/json"
    }
  }

  var body: [UInt8] {
    switch self {
    case .hello(let request), .probe(let request): request.json.bytes
    case .push(let header, let entries): Batch(header: header.json, entries: entries).bytes
    case .pull(let request): request.json.bytes
    case .reconcile(let call, let entries, _):
      Batch(
        header: ReconcileRequest(since: call.since, told: call.told, ask: call.ask, command: call.command).json,
        entries: entries
      ).bytes
    }
  }

  /// How long the hub may wait before it answers, milliseconds.
  var waitMilliseconds: Int { if case .pull(let request) = self { request.waitMilliseconds } else { 0 } }
}

/// What an action comes to: a call, or an outcome without one.
enum SyncStep: Sendable {
  case send(SyncCall)
  case settled(SyncOutcome)
}
