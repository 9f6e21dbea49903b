// The listener for browsers and for the operators' API: HTTP/1.1 over TLS without client certificates, since asking for one makes
// browsers prompt. What the pages are is in the other files.

import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Shell

/// What the listener allows. Each limit keeps a slow or hostile client from costing the others.
struct ConsoleLimits: Sendable {
  /// Closes a connection on which nothing is asked, or a handshake, a header or a body stands still.
  var idleTimeout: TimeAmount = .seconds(75)
  /// From a request's head to the end of its body, however steadily it drips.
  var bodyDeadline: TimeAmount = .seconds(30)
  /// From a response's head to its last byte; of a stream of events, between two of its parts, which is longer than its heartbeat.
  var responseDeadline: TimeAmount = .seconds(60)
  /// Open connections; further ones wait in the backlog. A browser opens up to six.
  var maxConnections = 2_000
  var backlog = 256
  /// A request's whole header block in bytes; a browser's has below 4 kB.
  var maxHeaderBytes = 16 << 10
  var maxHeaderCount = 64
}

/// Where to listen, and as whom.
struct ConsoleConfiguration: Sendable {
  var host: String
  /// 0 lets the system choose; `onServerRunning` tells which.
  var port: Int
  /// PEM files of the certificate and key.
  var certificateFile: String
  var keyFile: String
  var limits = ConsoleLimits()
}

/// Why the listener cannot be set up.
enum ConsoleError: Error, Equatable, CustomStringConvertible {
  case certificate(file: String, reason: String)
  case tls(reason: String)

  var description: String {
    switch self {
    case .certificate(let file, let reason): "\(file) cannot be used for the console: \(reason)"
    case .tls(let reason): "the console's TLS cannot be set up: \(reason)"
    }
  }
}

/// What every handler knows about its request.
struct ConsoleContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Address of the other end, for rate limits; a balancer's if there is one.
  let address: String

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    address = source.channel.remoteAddress?.ipAddress ?? "unknown"
  }
}

/// Makes the server; run it as a service.
///
/// - Parameter onServerRunning: called with the bound port once connections are accepted.
func makeConsoleApplication(
  router: Router<ConsoleContext>, configuration: ConsoleConfiguration, logger: Logger,
  onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) throws(ConsoleError) -> some ApplicationProtocol {
  let limits = configuration.limits
  let http1 = HTTP1Channel.Configuration(
    additionalChannelHandlers: [
      StallGuard(bodyDeadline: limits.bodyDeadline, responseDeadline: limits.responseDeadline)
    ],
    idleTimeout: limits.idleTimeout,
    httpDecoderConfiguration: .init(
      maxHeaderFieldSize: limits.maxHeaderBytes, maxHeaderListSize: limits.maxHeaderBytes,
      maxHeaderFieldCount: limits.maxHeaderCount))
  var tls: TLSConfiguration
  do {
    tls = try ServerTLS.configuration(
      certificateFile: configuration.certificateFile, keyFile: configuration.keyFile)
  } catch {
    throw .certificate(file: error.file, reason: error.reason)
  }
  // Browsers of offices that are not new; suites and curves are the library's, which are sound for 1.2 too.
  tls.minimumTLSVersion = .tlsv12
  tls.certificateVerification = .none
  let server: HTTPServerBuilder
  do {
    server = try .tls(.http1(configuration: http1), tlsConfiguration: tls)
  } catch {
    throw .tls(reason: "\(error)")
  }
  return Application(
    router: router, server: server,
    configuration: ApplicationConfiguration(
      address: .hostname(configuration.host, port: configuration.port), backlog: limits.backlog,
      availableConnectionsDelegate: MaximumAvailableConnections(limits.maxConnections, logger: logger.ofServer)),
    onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? configuration.port) },
    logger: logger.ofServer)
}
