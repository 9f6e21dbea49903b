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

extension ListenerLimits {
  /// A scraper or two, which read at once.
  static let metrics = ListenerLimits(
    idleTimeout: .seconds(75), bodyDeadline: .seconds(5), responseDeadline: .seconds(15), maxConnections: 16,
    backlog: 16, maxHeaderBytes: 8 << 10, maxHeaderCount: 32)
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
    server: ListenerLimits.metrics.plainServer,
    configuration: ListenerLimits.metrics.application(settings.listen, settings.port, logger),
    onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? settings.port) }, logger: logger)
}
