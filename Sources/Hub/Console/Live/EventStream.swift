// The stream of events that an open page listens to (WHATWG HTML §9.2): which topics changed, and nothing of what they say.

import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Open streams, and how often each may speak.
final class EventStreams: Sendable {
  /// Between two events of a stream, where few are open. Each event has its viewer ask for a page, so with many it is longer.
  private static let pause = Duration.seconds(1)
  private static let pausePerStream = Duration.milliseconds(10)
  static let heartbeat = Duration.seconds(15)
  /// Far more than a hotline has people. One more is told to come back.
  private static let maxStreams = 1_000

  private let count = Mutex(0)

  /// Nil where there are too many.
  fileprivate func open() -> Bool {
    count.withLock { count in
      guard count < Self.maxStreams else { return false }
      count += 1
      return true
    }
  }
  fileprivate func close() { count.withLock { $0 -= 1 } }

  fileprivate var pause: Duration { max(Self.pause, Self.pausePerStream * count.withLock { $0 }) }
}

/// One stream.
struct EventStream: Sendable {
  let topics: Set<Topic>
  let signals: ConsoleSignals
  let streams: EventStreams
  /// Whether its session still holds; asked with every heartbeat, and whenever accounts changed.
  let isSignedIn: @Sendable () async -> Bool

  /// Where a broken stream is taken up again, milliseconds.
  private static let retry = 3_000

  func response() throws -> Response {
    guard streams.open() else { throw Problem(.busy, "too many pages are open", retryAfterSeconds: 30) }
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream; charset=utf-8", .accelBuffering: "no"],
      body: ResponseBody { writer in
        defer { streams.close() }
        // Whoever no longer listens makes a write fail, which ends the stream.
        try await run(&writer)
        try await writer.finish(nil)
      })
  }

  private func run(_ writer: inout any ResponseBodyWriter) async throws {
    var seen = signals.moment
    try await writer.write(ByteBuffer(string: "retry: \(Self.retry)\nevent: hello\ndata: {}\n\n"))
    let watched = topics.union([.accounts])
    var nextProof = ContinuousClock.now + EventStreams.heartbeat
    while true {
      await signals.wait(for: watched, since: seen, atMost: EventStreams.heartbeat)
      let moment = signals.moment
      let raised = moment.raised(since: seen, of: watched)
      seen = moment
      if signals.isClosed { return }
      if raised.contains(.accounts) || ContinuousClock.now >= nextProof {
        guard await isSignedIn() else {
          try await writer.write(ByteBuffer(string: "event: ended\ndata: {}\n\n"))
          return
        }
        nextProof = ContinuousClock.now + EventStreams.heartbeat
      }
      let meant = raised.intersection(topics)
      if meant.isEmpty {
        try await writer.write(ByteBuffer(string: ": still here\n\n"))
        continue
      }
      let names = meant.map(\.rawValue).sorted()
      let data = JSON.object([JSON.Member("topics", .array(names.map(JSON.string)))])
      try await writer.write(
        ByteBuffer(string: "event: changed\ndata: \(String(decoding: data.bytes, as: UTF8.self))\n\n"))
      try await Task.sleep(for: streams.pause)
    }
  }
}
