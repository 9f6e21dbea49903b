// Runs the hub's own purging once a day while the hub serves. What it does is Retention's.

import Logging
import NIOPosix

extension RecurringWatch {
  static func retention(
    _ retention: Retention, _ signals: FeedSignals, pool: NIOThreadPool, logger: Logger
  ) -> RecurringWatch {
    // The first look comes an hour after the start: agents have told by then what a database that went back does not know.
    RecurringWatch(name: "retention", pause: .seconds(3_600), pool: pool, logger: logger) {
      guard try retention.isDue() else { return nil }
      let purged = try retention.run { !signals.isClosed }
      logger.info("retention.run", metadata: ["orders": "\(purged.orders)", "values": "\(purged.values)"])
      return nil
    }
  }
}
