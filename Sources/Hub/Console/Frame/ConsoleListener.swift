// The listener for browsers and for the operators' API: HTTP/1.1 over TLS without client certificates, since asking for one makes
// browsers prompt. What the pages are is in the other files.

import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Shell

extension ListenerLimits {
  static let console = ListenerLimits(
    idleTimeout: .seconds(75), bodyDeadline: .seconds(30),
    // Of what is made while it is sent, between two of its parts: longer than the heartbeat of a stream of events.
    responseDeadline: .seconds(60),
    // A browser opens up to six, with headers below 4 kB.
    maxConnections: 2_000, backlog: 256, maxHeaderBytes: 16 << 10, maxHeaderCount: 64)
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
  router: Router<ConsoleContext>, listener: TLSListener, logger: Logger,
  onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) throws(ListenerError) -> some ApplicationProtocol {
  var tls = try listener.tls()
  // Browsers of offices that are not new; suites and curves are the library's, which are sound for 1.2 too.
  tls.minimumTLSVersion = .tlsv12
  tls.certificateVerification = .none
  return try listener.application(
    router.buildResponder(), TLSChannelConfiguration(tlsConfiguration: tls), logger, onServerRunning: onServerRunning)
}
