// What keeps a slow or hostile client from holding a connection of any of the hub's TLS listeners.

import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import NIOSSL

/// Closes a connection whose request body or response takes longer than its deadline; of a response that is made while it is sent (events,
/// exports), where nothing could be written for so long. The server's own idle time-out starts anew with every byte and does not watch responses. Also cuts the
/// farewell short: a peer that is idle does not read, so it does not answer the end of TLS, for which the library would wait 5 s and
/// hold up the hub's shutdown by as much.
final class StallGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let bodyDeadline: TimeAmount
  private let responseDeadline: TimeAmount
  private var body: Scheduled<Void>?
  private var response: Scheduled<Void>?
  private var farewell: Scheduled<Void>?
  /// Whether the response is made while it is sent, so that nobody knows how long it takes: it has no length.
  private var isStream = false
  /// Enough for a peer that is there; its last answer is on its way already.
  private static let farewellTime: TimeAmount = .milliseconds(500)

  init(bodyDeadline: TimeAmount, responseDeadline: TimeAmount) {
    self.bodyDeadline = bodyDeadline
    self.responseDeadline = responseDeadline
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: start(&body, in: bodyDeadline, context)
    case .body: break
    case .end: stop(&body)
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    // 1xx responses come before the one that has an end.
    case .head(let head):
      guard head.status.kind != .informational else { break }
      isStream = head.headerFields[.contentLength] == nil
      start(&response, in: responseDeadline, context)
    case .body: if isStream { start(&response, in: responseDeadline, context) }
    case .end: stop(&response)
    }
    context.write(data, promise: promise)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    context.close(mode: mode, promise: promise)
    guard mode == .all, farewell == nil, context.channel.isActive else { return }
    let pipeline = context.pipeline
    farewell = context.eventLoop.scheduleTask(in: Self.farewellTime) {
      // Closed from the TLS handler downwards, which is the connection itself. Without that handler there is nothing to wait for.
      try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self).close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    stopAll()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    stopAll()
  }

  private func start(_ timer: inout Scheduled<Void>?, in deadline: TimeAmount, _ context: ChannelHandlerContext) {
    timer?.cancel()
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: deadline) { channel.close(promise: nil) }
  }

  private func stop(_ timer: inout Scheduled<Void>?) {
    timer?.cancel()
    timer = nil
  }

  private func stopAll() {
    stop(&body)
    stop(&response)
    stop(&farewell)
  }
}
