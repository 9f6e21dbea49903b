// The chains over the changes of this database's own runs: whether each leads on to the end that the run's row names, and filling in the
// links of changes that were lost here and came back from the hub, which has none to give.

import Core
import GRDB

/// What the chains of all own runs are.
struct OwnChains {
  /// Changes whose place was looked at.
  private(set) var checked = 0
  /// Of each run that does not lead on, the first change that is missing or does not fit.
  private(set) var broken: [Dot] = []
  /// Links that are not there, in runs that lead on, with what they must be.
  private(set) var missing: [(dot: Dot, chain: Hash)] = []

  init(_ database: Database) throws {
    let runs = try database.rows("SELECT id, n, chain FROM replica ORDER BY run") {
      (id: try ReplicaID($0.text(0)), n: $0.int(1), chain: $0.blob(2))
    }
    for run in runs {
      var chain = Hash.zero
      var n = 0
      var lacking: [(dot: Dot, chain: Hash)] = []
      try database.each(
        "SELECT n, hash, chain FROM change WHERE replica = ? AND n <= ? ORDER BY n", [.text(run.id.text), .int(run.n)]
      ) { row in
        guard row.int(0) == n + 1, let hash = Hash(bytes: row.blob(1)) else { return false }
        let next = Hash.chain(chain, hash)
        if let stored = row.optionalBlob(2) {
          guard stored == next.bytes else { return false }
        } else {
          lacking.append((Dot(run.id, n + 1), next))
        }
        chain = next
        n += 1
        return true
      }
      checked += n
      // The run's row proves the last links.
      if n < run.n {
        broken.append(Dot(run.id, n + 1))
      } else if n > 0, chain.bytes != run.chain {
        broken.append(Dot(run.id, n))
      } else {
        missing += lacking
      }
    }
  }

  /// Writes the links that are missing.
  static func fill(_ database: Database) throws {
    for (dot, chain) in try OwnChains(database).missing {
      try database.run(
        "UPDATE change SET chain = ? WHERE replica = ? AND n = ? AND chain IS NULL",
        [.blob(chain.bytes), .text(dot.replica.text), .int(dot.n)])
    }
  }
}
