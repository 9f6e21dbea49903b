// The metrics as a part of the running hub. Nobody's order waits for a figure: where the listener cannot be had, the hub goes on without.

import Foundation
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell

struct MetricsService: Service {
  let settings: MetricsSettings
  let files: HubFiles
  let hotline: Hotline
  let times: RequestTimes
  let pool: NIOThreadPool
  let logger: Logger

  /// Two hubs on one machine meet here first: both have the same default.
  static let remedy =
    "set metrics.port to one that is free (0: the system chooses), or metrics.enabled to false; the hub goes on without"

  func run() async throws {
    let application = makeMetricsApplication(
      reading: MetricsReading(hotline: hotline, database: files.database, times: times), settings: settings, pool: pool,
      logger: logger
    ) { port in
      logger.info("metrics.listening", metadata: ["port": "\(port)"])
      do { try SecretFile.write(Array("\(port)\n".utf8), to: files.metricsPort) } catch {
        logger.warning("metrics.port.unwritten", metadata: ["reason": "\(error)"])
      }
    }
    do {
      try await application.run()
    } catch {
      logger.error(
        "metrics.unavailable",
        metadata: [
          "listen": "\(settings.listen)", "port": "\(settings.port)", "reason": "\(error)",
          "remedy": "\(MetricsService.remedy)",
        ])
      // Ending would end the hub.
      try await gracefulShutdown()
    }
  }
}
