// Looks now and then whether something waits for what nobody has any more. What is done about it is LostDots'.

import Logging
import NIOPosix

extension RecurringWatch {
  static func lost(
    _ writer: GroupCommitWriter, _ signals: FeedSignals, among live: LiveAgents, pool: NIOThreadPool, logger: Logger
  ) -> RecurringWatch {
    RecurringWatch(name: "lost", pause: .seconds(60), pool: pool, logger: logger) {
      let pass = try writer.perform { try LostDots.run(among: live, $0) }
      // Whoever polls now is answered at once, and learns it.
      if !pass.asked.isEmpty { signals.grew(pass.asked) }
      for lost in pass.declared {
        logger.warning("dots.lost", metadata: ["order": "\(lost.order)", "dots": "\(lost.missing.count)"])
      }
      return nil
    }
  }
}
