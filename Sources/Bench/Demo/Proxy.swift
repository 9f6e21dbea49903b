// The network between agents and hub: a TCP proxy on loopback with one line for each agent. A line can be cut in two ways, it can
// hold back what is under way, and it can lie in bad weather, which is Weather's. It knows nothing of TLS, of orders or of who is
// right.

import NIOCore
import NIOPosix
import Synchronization

/// One agent's way to the hub.
final class ProxyLine: Sendable {
  enum Mode: Equatable, Sendable {
    case open
    /// Connections break at once, as with a router that answers.
    case refusing
    /// Connections are taken and nothing comes back, as with a dead link.
    case silent
    /// What the agent sends reaches the hub; the hub's answers stay here.
    case holdingReplies
    /// Only so many more bytes of the agent reach the hub.
    case holdingRequests(afterBytes: Int)
    /// Each connection has a fate of its own.
    case stormy(Weather)
  }

  struct Counts: Sendable {
    /// Connections taken since the start.
    var connections = 0
    /// Bytes that were kept back since the mode was set.
    var heldRequestBytes = 0
    var heldReplyBytes = 0
    /// Bytes of the agent that went to the hub since the mode was set.
    var passedRequestBytes = 0
  }

  private struct State {
    var mode = Mode.open
    var counts = Counts()
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let state = Mutex(State())

  var mode: Mode { state.withLock { $0.mode } }
  var counts: Counts { state.withLock { $0.counts } }

  /// Holding leaves the connections as they are; every other change ends them.
  func set(_ mode: Mode) {
    let ended = state.withLock { state -> [any Channel] in
      state.mode = mode
      state.counts.heldRequestBytes = 0
      state.counts.heldReplyBytes = 0
      state.counts.passedRequestBytes = 0
      switch mode {
      case .holdingReplies, .holdingRequests: return []
      case .open, .refusing, .silent, .stormy:
        defer { state.channels = [:] }
        return Array(state.channels.values)
      }
    }
    for channel in ended { channel.close(promise: nil) }
  }

  fileprivate func took(_ channel: any Channel, isFront: Bool) {
    state.withLock { state in
      if isFront { state.counts.connections += 1 }
      state.channels[ObjectIdentifier(channel)] = channel
    }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
    }
  }

  /// How many of these bytes may pass now.
  fileprivate func admit(_ count: Int, fromAgent: Bool) -> Int {
    state.withLock { state in
      var passed = count
      switch state.mode {
      case .open, .stormy: break
      case .refusing, .silent: passed = 0
      case .holdingReplies: if !fromAgent { passed = 0 }
      case .holdingRequests(let limit):
        if fromAgent { passed = min(count, max(0, limit - state.counts.passedRequestBytes)) }
      }
      if fromAgent {
        state.counts.passedRequestBytes += passed
        state.counts.heldRequestBytes += count - passed
      } else {
        state.counts.heldReplyBytes += count - passed
      }
      return passed
    }
  }
}

/// All lines, and the hub's port behind them.
final class Proxy: Sendable {
  let lines: [String: ProxyLine]
  /// Where each agent finds the hub.
  let ports: [String: Int]
  private let group: MultiThreadedEventLoopGroup
  private let upstream: Upstream

  /// The hub's port, which changes when the hub starts again.
  private final class Upstream: Sendable {
    let port = Mutex(0)
  }

  init(for names: [String]) throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let upstream = Upstream()
    var lines: [String: ProxyLine] = [:]
    var ports: [String: Int] = [:]
    for name in names {
      let line = ProxyLine()
      let listener = try ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.autoRead, value: false)
        .childChannelInitializer { front in
          front.eventLoop.makeCompletedFuture {
            try front.pipeline.syncOperations.addHandler(Entrance { Proxy.accept($0, line, upstream) })
          }
        }
        .bind(host: "127.0.0.1", port: 0).wait()
      lines[name] = line
      ports[name] = listener.localAddress?.port
    }
    self.lines = lines
    self.ports = ports
    self.group = group
    self.upstream = upstream
  }

  func setUpstream(port: Int) { upstream.port.withLock { $0 = port } }

  func line(_ name: String) -> ProxyLine { lines[name] ?? ProxyLine() }

  func stop() throws { try group.syncShutdownGracefully() }

  private static func accept(_ front: any Channel, _ line: ProxyLine, _ upstream: Upstream) {
    line.took(front, isFront: true)
    var passage: Passage?
    switch line.mode {
    case .refusing: return front.close(promise: nil)
    // Nothing is read, and nothing said.
    case .silent: return
    case .open, .holdingReplies, .holdingRequests: break
    case .stormy(let weather):
      passage = weather.meet(front)
      if passage == nil { return }
    }
    connect(front, line, upstream, passage)
  }

  private static func connect(_ front: any Channel, _ line: ProxyLine, _ upstream: Upstream, _ passage: Passage?) {
    ClientBootstrap(group: front.eventLoop)
      .channelOption(.autoRead, value: false)
      .connect(host: "127.0.0.1", port: upstream.port.withLock { $0 })
      .flatMapThrowing { back in
        line.took(back, isFront: false)
        passage?.begin(to: back)
        try front.pipeline.syncOperations.addHandler(Relay(to: back, line, passage, isFromAgent: true))
        try back.pipeline.syncOperations.addHandler(Relay(to: front, line, passage, isFromAgent: false))
        for channel in [front, back] { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
      }
      .whenFailure { _ in front.close(promise: nil) }
  }
}

/// Tells when a connection is there.
private final class Entrance: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let onActive: @Sendable (any Channel) -> Void

  init(_ onActive: @escaping @Sendable (any Channel) -> Void) { self.onActive = onActive }

  func channelActive(context: ChannelHandlerContext) {
    onActive(context.channel)
    context.fireChannelActive()
  }
}

/// One direction of one connection.
private final class Relay: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let partner: any Channel
  private let line: ProxyLine
  private let passage: Passage?
  private let isFromAgent: Bool

  init(to partner: any Channel, _ line: ProxyLine, _ passage: Passage?, isFromAgent: Bool) {
    self.partner = partner
    self.line = line
    self.passage = passage
    self.isFromAgent = isFromAgent
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if let passage { return passage.carry(bytes, fromAgent: isFromAgent) }
    let count = bytes.readableBytes
    let passed = line.admit(count, fromAgent: isFromAgent)
    if let part = bytes.readSlice(length: passed), passed > 0 { partner.writeAndFlush(part, promise: nil) }
    // What is held is never sent later: whoever ends the hold ends the connection.
    if passed < count { context.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let passage { passage.ended(fromAgent: isFromAgent) } else { partner.close(promise: nil) }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
