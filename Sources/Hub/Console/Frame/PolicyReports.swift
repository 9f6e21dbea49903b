// What browsers report against the content policy.

import Logging
import Shell
import Synchronization

/// Counts what browsers report against the content policy: each is a mistake of ours, or an attack that came to nothing.
final class PolicyReports: Sendable {
  private let count = Mutex(0)

  /// So many were told in the log; further ones are counted alone, so that nobody can fill it.
  private static let maxTold = 100

  var total: Int { count.withLock { $0 } }

  func note(_ directive: String, _ logger: Logger) {
    let number = count.withLock { count in
      count += 1
      return count
    }
    guard number <= Self.maxTold else { return }
    logger.warning(
      "console.policy.violated", metadata: ["directive": "\(Sanitize.line(String(directive.prefix(64))))"])
  }
}
