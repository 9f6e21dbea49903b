// Connections on which nothing goes on any more: a thousand stalled clients do not stop honest agents, and an agent does not wait for
// ever on a link that is dead without a word.

import Core
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct StalledClients {
    @Test(
      .enabled(if: Portal.python != nil, "needs python3 for stalled TLS clients"),
      .enabled(if: DescriptorLimit.isEnough, "needs a hard limit of 4,096 open files"))
    func aThousandStalledConnectionsDoNotStopHonestAgents() throws {
      DescriptorLimit.raise()
      let site = try Site("water", "gas")
      let order = try site.dispatched(to: "water")
      let crowd = try Crowd(at: site, identity: try site.agent("gas").data + "/identity")
      #expect(try site.hub.descriptors > 1_000, "they are not connected")

      // Known connections, new connections, an agent that starts, one that enrols.
      for number in 1...5 {
        #expect(try site.agent("water").note("crew \(number)", on: order, request: "c\(number)").status == 200)
        #expect(try site.hub.note("hotline \(number)", on: order, request: "h\(number)").status == 200)
        try site.expectEqual(order, at: "water")
      }
      let raw = try RawAgent("water", of: site)
      let pushed = try raw.push([raw.entry(order, after: try site.hub.order(order).vector, [.note("another client")])])
      #expect(pushed.status == 200, "\(pushed)")
      let gas = try site.agent("gas")
      gas.kill()
      try gas.start()
      try site.expectEqual(try site.dispatched(to: "gas"), at: "gas")
      let second = try site.enrol(
        site.directory + "/second", token: try site.token("gas"), "--name", "second")
      #expect(second.status == 0, "\(second.all)")
      try site.expectEqual(order, at: "water")
      #expect(try site.hub.descriptors > 1_000, "they were let go before the honest calls were made")
      #expect(crowd.isThere)
    }
  }
}

/// Not among the others, which run one after the other: it is a wait of some 18 s that costs nothing.
@Suite struct DeadLinks {
  @Test func aLinkThatIsDeadWithoutAWordIsGivenUp() throws {
    let site = try Site("water")
    let plain = try site.agent("water")
    #expect(try plain.terminate() == 0)
    let relay = try Relay(to: try site.port)
    let agent = Daemon(
      .agent, data: plain.data, site: site.directory,
      arguments: ["run", "--data", plain.data, "--hub", "https://localhost:\(relay.port)"],
      environment: Site.quick.merging(["LIANXIN_AGENT_PULL_WAIT": "1s"]) { $1 })
    try agent.start()
    try agent.settle()
    #expect(relay.goDead() >= 1)
    // New connections pass; nobody told the agent that its old ones do not. It gives its poll up after some 18 s.
    let order = try OrderID(
      try site.hub.post("/v1/orders", ["registers": ["title": "burst pipe", "kind": "repair"], "dispatch": "water"])
        .json.string("order"))
    try eventually("the agent connects anew", within: 110) { try agent.get("/v1/orders/\(order)").status == 200 }
    try agent.settle()
    #expect(try agent.state(order) == site.hub.state(order))
  }
}

extension Daemon {
  /// How many files and connections it has open.
  fileprivate var descriptors: Int {
    get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count }
  }
}

/// What the processes that are started from now on may have open.
private enum DescriptorLimit {
  private static let wanted: rlim_t = 4_096

  private static var current: rlimit {
    var limits = rlimit()
    getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limits)
    return limits
  }

  static var isEnough: Bool { current.rlim_max >= wanted }

  static func raise() {
    var limits = current
    guard limits.rlim_cur < wanted else { return }
    limits.rlim_cur = wanted
    setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limits)
  }
}

/// A thousand connections to the hub, a quarter each: silent, in the middle of the TLS handshake, dripping a header, dripping a body.
private final class Crowd {
  private let process: ChildProcess

  private static let script = """
    import resource, socket, ssl, sys, time
    port, authority, identity, ready = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard) if hard > 0 else 4096, hard))
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(identity + "/cert.pem", identity + "/key.pem")
    def plain(): return socket.create_connection(("127.0.0.1", port))
    def secure(): return context.wrap_socket(plain(), server_hostname="localhost")
    silent, dripping = [], []
    for _ in range(250): silent.append(plain())
    for _ in range(250):
        silent.append(plain())
        silent[-1].sendall(bytes.fromhex("16030102000100"))
    for _ in range(250):
        dripping.append(secure())
        dripping[-1].sendall(b"POST /sync/v1/hello HTTP/1.1\\r\\nHost: localhost\\r\\nX-Slow: ")
    for _ in range(250):
        dripping.append(secure())
        dripping[-1].sendall(b"POST /sync/v1/push HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Type: application/x-ndjson\\r\\n"
            b"Content-Length: 100000\\r\\n\\r\\n{")
    open(ready, "w").close()
    while True:
        for connection in dripping:
            try: connection.send(b"a")
            except OSError: pass
        time.sleep(0.2)
    """

  /// Returns when all are connected.
  init(at site: Site, identity: String) throws {
    let script = site.directory + "/crowd.py"
    let ready = site.directory + "/crowd.ready"
    try Crowd.script.write(toFile: script, atomically: true, encoding: .utf8)
    let process = try ChildProcess(
      Portal.python ?? "", [script, "\(site.port)", site.authority, identity, ready], scratch: site.directory)
    self.process = process
    try eventually("a thousand connections", within: 60) {
      guard process.isRunning else {
        throw NotInTime(description: try String(contentsOfFile: process.log, encoding: .utf8))
      }
      return FileManager.default.fileExists(atPath: ready)
    }
  }

  var isThere: Bool { process.isRunning }
}

/// A way to the hub whose connections can go dead: whatever is sent then vanishes, and neither end hears of it.
private final class Relay {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let links: Links
  let port: Int

  init(to hub: Int) throws {
    let links = Links()
    let listener = try ServerBootstrap(group: group)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { front in
        ClientBootstrap(group: front.eventLoop).channelOption(.autoRead, value: false)
          .connect(host: "127.0.0.1", port: hub)
          .flatMapThrowing { back in
            let link = links.make()
            try front.pipeline.syncOperations.addHandler(Pump(to: back, link))
            try back.pipeline.syncOperations.addHandler(Pump(to: front, link))
            for channel in [front, back] { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
          }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
    self.links = links
    port = try #require(listener.localAddress?.port)
  }

  deinit { group.shutdownGracefully { _ in } }

  /// All connections that there are now go dead, later ones do not; how many.
  func goDead() -> Int { links.goDead() }

  /// True where it is dead.
  final class Link: Sendable {
    let isDead = Mutex(false)
  }

  final class Links: Sendable {
    private let all = Mutex<[Link]>([])

    func make() -> Link {
      let link = Link()
      all.withLock { $0.append(link) }
      return link
    }

    func goDead() -> Int {
      all.withLock { links in
        for link in links { link.isDead.withLock { $0 = true } }
        return links.count
      }
    }
  }

  /// One direction of one connection.
  private final class Pump: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let partner: any Channel
    private let link: Link

    init(to partner: any Channel, _ link: Link) {
      self.partner = partner
      self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard !link.isDead.withLock({ $0 }) else { return }
      partner.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      guard !link.isDead.withLock({ $0 }) else { return }
      partner.close(promise: nil)
    }
  }
}
