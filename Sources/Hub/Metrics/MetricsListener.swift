// The listener for Prometheus: plain HTTP on the machine's own address, one path. What is read there is MetricsReading's.

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Shell

/// Where the metrics are.
struct MetricsSettings: Sendable, Equatable {
  var listen: String
  /// 0 lets the system choose.
  var port: Int
}

/// What the listener allows: a scraper or two, which read at once.
private enum MetricsLimits {
  static let idleTimeout: TimeAmount = .seconds(75)
  static let bodyDeadline: TimeAmount = .seconds(5)
  static let responseDeadline: TimeAmount = .seconds(15)
  static let maxConnections = 16
  static let maxHeaderBytes = 8 << 10
  static let maxHeaderCount = 32
}

/// Makes the server; run it as a service.
///
/// - Parameters:
///   - pool: where the reading blocks.
///   - onServerRunning: called with the bound port once connections are accepted.
func makeMetricsApplication(
  reading: MetricsReading, settings: MetricsSettings, pool: NIOThreadPool, logger: Logger,
  onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
  let router = Router(context: BasicRequestContext.self)
  router.get("metrics") { _, _ in
    do {
      let text = try await pool.runIfActive { try reading.text() }
      return Response(
        status: .ok, headers: [.contentType: MetricsText.contentType, .cacheControl: "no-store"],
        body: .init(byteBuffer: ByteBuffer(string: text)))
    } catch {
      logger.warning("metrics.failed", metadata: ["reason": "\(error)"])
      return Response(
        status: .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: "the hub cannot read its figures now; its log says why\n")))
    }
  }
  let logger = logger.ofServer
  return Application(
    router: router,
    server: .http1(
      configuration: .init(
        additionalChannelHandlers: [
          StallGuard(bodyDeadline: MetricsLimits.bodyDeadline, responseDeadline: MetricsLimits.responseDeadline)
        ], idleTimeout: MetricsLimits.idleTimeout,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: MetricsLimits.maxHeaderBytes, maxHeaderListSize: MetricsLimits.maxHeaderBytes,
          maxHeaderFieldCount: MetricsLimits.maxHeaderCount))),
    configuration: ApplicationConfiguration(
      address: .hostname(settings.listen, port: settings.port), backlog: MetricsLimits.maxConnections,
      availableConnectionsDelegate: MaximumAvailableConnections(MetricsLimits.maxConnections, logger: logger)),
    onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? settings.port) }, logger: logger)
}
