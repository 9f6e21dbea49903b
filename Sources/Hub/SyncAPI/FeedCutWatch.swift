// Cuts the feeds now and then. How far is FeedCut's.

import Logging
import NIOPosix

extension RecurringWatch {
  static func feedCut(
    _ writer: GroupCommitWriter, among live: LiveAgents, pool: NIOThreadPool, logger: Logger
  ) -> RecurringWatch {
    RecurringWatch(name: "feed.cut", pause: .seconds(600), pool: pool, logger: logger) {
      let removed = try writer.perform { try FeedCut.run(among: live, $0) }
      for (platform, count) in removed.sorted(by: { $0.key < $1.key }) {
        logger.info("feed.cut", metadata: ["platform": "\(platform)", "entries": "\(count)"])
      }
      // Others come between two transactions of one run.
      return removed.isEmpty ? nil : .milliseconds(200)
    }
  }
}
