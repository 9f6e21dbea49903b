// People who look at the console: each listens to its stream of events and, at every event, asks for the page again as the console's
// script does.

import Core
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Shell
import Synchronization

final class ViewerCrowd {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channels: [any Channel]
  private let looked: Looked

  /// Pages that were read to their end.
  final class Looked: Sendable {
    private let count = Atomic<Int>(0)
    var pages: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
  }

  /// What they look at, and the topics of those pages.
  private static let pages = [
    ("/orders", "orders"), ("/", "orders platforms"), ("/platforms", "platforms"), ("/orders?view=board", "orders"),
  ]

  init(_ visit: BenchBrowser.Visit, viewers: Int) throws {
    let looked = Looked()
    self.looked = looked
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(visit.caFile)
    let context = try NIOSSLContext(configuration: tls)
    let group = group
    func connect(_ handler: @escaping @Sendable () -> any ChannelInboundHandler) throws -> any Channel {
      try ClientBootstrap(group: group).channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(
            NIOSSLClientHandler(context: context, serverHostname: "localhost"), handler())
        }
      }.connect(host: "localhost", port: visit.port).wait()
    }
    var channels: [any Channel] = []
    for viewer in 0..<viewers {
      let (page, topics) = Self.pages[viewer % Self.pages.count]
      let pages = try connect { PageReader(page: page, visit: visit, looked: looked) }
      let listed = topics.replacing(" ", with: "%20")
      channels += [pages, try connect { EventReader(topics: listed, visit: visit, pages: pages) }]
    }
    self.channels = channels
  }

  var pages: Int { looked.pages }

  func leave() throws {
    for channel in channels { channel.close(promise: nil) }
    try group.syncShutdownGracefully()
  }
}

/// What the script tells the reader of pages.
private struct Look {}

/// Listens to the stream; each event means a look.
private final class EventReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let topics: String
  private let visit: BenchBrowser.Visit
  private let pages: any Channel

  init(topics: String, visit: BenchBrowser.Visit, pages: any Channel) {
    self.topics = topics
    self.visit = visit
    self.pages = pages
  }

  func channelActive(context: ChannelHandlerContext) {
    let request =
      "GET /events?topics=\(topics) HTTP/1.1\r\nHost: localhost:\(visit.port)\r\nCookie: \(visit.cookie)\r\n"
      + "Accept: text/event-stream\r\n\r\n"
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let text = String(buffer: unwrapInboundIn(data))
    if text.contains("event: change") { pages.pipeline.fireUserInboundEventTriggered(Look()) }
  }
}

/// Asks for the page at every look as the console's script does: a little later, one at a time, for the content alone, and only where that
/// is not what it has. Reads it whole.
private final class PageReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The script spreads its looks over so many milliseconds.
  private static let spread: Int64 = 300

  private let page: String
  private let visit: BenchBrowser.Visit
  private let looked: ViewerCrowd.Looked
  private var received: [UInt8] = []
  /// Bytes of the body that are still to come, nil while the head is.
  private var rest: Int?
  private var isAsking = false
  private var isToAskAgain = false
  /// Names what it has.
  private var tag = ""

  init(page: String, visit: BenchBrowser.Visit, looked: ViewerCrowd.Looked) {
    self.page = page
    self.visit = visit
    self.looked = looked
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is Look else { return context.fireUserInboundEventTriggered(event) }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: .milliseconds(.random(in: 0..<Self.spread))) {
      let (reader, context) = bound.value
      reader.ask(context)
    }
  }

  private func ask(_ context: ChannelHandlerContext) {
    guard !isAsking else { return isToAskAgain = true }
    isAsking = true
    let request =
      "GET \(page) HTTP/1.1\r\nHost: localhost:\(visit.port)\r\nCookie: \(visit.cookie)\r\nX-Live: 1\r\n"
      + (tag.isEmpty ? "" : "If-None-Match: \(tag)\r\n") + "\r\n"
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = Array(unwrapInboundIn(data).readableBytesView)
    if let rest { return finish(rest - bytes.count, context) }
    received += bytes
    guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
    let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
    func value(_ name: String) -> String? {
      head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }.map {
        $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
      }
    }
    tag = value("etag") ?? ""
    let length = head.hasPrefix("HTTP/1.1 304") ? 0 : value("content-length").flatMap { Int($0) } ?? 0
    let after = received.count - end.upperBound
    received = []
    finish(length - after, context)
  }

  private func finish(_ left: Int, _ context: ChannelHandlerContext) {
    rest = left > 0 ? left : nil
    guard left <= 0 else { return }
    isAsking = false
    looked.add()
    guard isToAskAgain else { return }
    isToAskAgain = false
    ask(context)
  }
}
