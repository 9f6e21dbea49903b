// The agent's database as the rest of the agent sees it: synchronous and blocking, one transaction per fact. This file holds what
// lives as long as the process: the run, the clock, and whether writing is still allowed. Edits, the outbox, the feed and reads are
// in the files beside it.

import Core
import GRDB
import Synchronization

/// A place in the feed; the database library has a `Cursor` of its own.
typealias FeedCursor = Core.Cursor

/// One platform's orders on this machine. Call it from a thread pool, never from an event loop.
///
/// Errors: `Problem` for what a caller can act on; a `DatabaseError` is a fault of the machine. After one that leaves the disk's state
/// unknown every write is refused until the process starts anew.
final class AgentStore: Sendable {
  /// What a process knows beside its tables. The tables decide: `n` is read inside the writing transaction.
  struct Memory: Sendable {
    /// The present run, taken when this process first wrote a change.
    var present: ReplicaID?
    var clock = HybridClock()
    /// Hub's clock minus ours at its last reply, milliseconds.
    var skew: Int?
    /// The dot at which one dot turned out to have two contents.
    var forkedAt: Dot?
    /// Commitments whose values the hub was found to lack, and for which a comparison was asked for.
    var offered: Set<Hash> = []
    /// How far it is known where an own run with two authors parts.
    var forkSearch: ForkSearch?
    /// Why nothing can be written any more.
    var broken: String?
    /// Who wants to know of that.
    var whenBroken: (@Sendable () -> Void)?
  }

  let platform: PlatformName
  let database: AgentDatabase
  let memory: Mutex<Memory>
  /// `count` random bytes.
  let random: @Sendable (Int) -> [UInt8]

  /// Opens (or makes) the database of `platform`. `lock` is the lock file's name without `.lock`.
  init(
    path: String, lock: String, platform: PlatformName, skewMilliseconds: Int = 300_000,
    random: @escaping @Sendable (Int) -> [UInt8]
  ) throws {
    self.platform = platform
    self.random = random
    database = try AgentDatabase(path: path, lock: lock)
    let clock = try database.write { database -> HybridTime in
      let owner = try database.first("SELECT value FROM meta WHERE key = 'platform'") { $0.text(0) }
      if let owner, owner != platform.text { throw AgentDatabaseError.foreign(platform: owner) }
      try database.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('platform', ?)", [.text(platform.text)])
      try database.run(
        """
        INSERT OR IGNORE INTO cursor (id, position, feed_hash, lane, told_position, told_hash, clock, clock_counter)
        VALUES (1, 0, ?1, 0, 0, ?1, 0, 0)
        """, [.blob(Hash.zero.bytes)])
      return try database.first("SELECT clock, clock_counter FROM cursor") { HybridTime($0.int(0), $0.int(1)) }
        ?? HybridTime(0)
    }
    memory = Mutex(Memory(clock: HybridClock(last: clock, skewMilliseconds: skewMilliseconds)))
  }

  /// The present run, nil before this process wrote a change.
  var present: ReplicaID? { memory.withLock { $0.present } }
  /// Hub's clock minus ours at its last reply, milliseconds.
  var skew: Int? { memory.withLock { $0.skew } }
  /// The dot at which a fork was found, nil where there was none.
  var forkedAt: Dot? { memory.withLock { $0.forkedAt } }
  /// Why nothing can be written any more, nil while all is well. The process should end and start anew.
  var broken: String? { memory.withLock { $0.broken } }

  /// Has `listener` called when the disk failed and nothing can be written any more.
  func whenBroken(_ listener: @escaping @Sendable () -> Void) { memory.withLock { $0.whenBroken = listener } }

  /// One transaction. The clock moves with it.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    if let broken { throw Problem(.internalError, broken) }
    do {
      return try database.write { database in
        let before = memory.withLock { $0.clock.last }
        let value = try body(database)
        let after = memory.withLock { $0.clock.last }
        if after != before {
          try database.run(
            "UPDATE cursor SET clock = ?, clock_counter = ?", [.int(after.milliseconds), .int(after.counter)])
        }
        return value
      }
    } catch {
      if isUncertain(error) {
        let listener = memory.withLock { memory in
          memory.broken = "the disk failed under the database; the agent must start anew"
          return memory.whenBroken
        }
        listener?()
      }
      throw error
    }
  }

  /// Takes the hub's clock as it stood in a reply that arrived at `now`.
  func observe(hubTime: Int, now: Int) { memory.withLock { $0.skew = hubTime - now } }
}
