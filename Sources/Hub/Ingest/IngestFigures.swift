// What the writer counts while it works, for the metrics. Nothing here decides anything.

import Shell

final class IngestFigures: Sendable {
  /// Requests that were taken into the queue.
  let requests = Counter()
  /// Requests that were told to come back, for the queue was full.
  let refused = Counter()
  /// Commits that returned, and those that failed.
  let commits = Counter()
  let failures = Counter()
  /// Changes stored by them.
  let changes = Counter()
  /// One commit, from its beginning to where it is durable.
  let commitTime = Histogram()
  /// One request, from the queue to where it is durable.
  let requestTime = Histogram()
}
