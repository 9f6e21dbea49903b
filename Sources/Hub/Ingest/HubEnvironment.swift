// What the hub takes from outside: time, randomness, the calendar day, and its own run. Passed in, so that tests and the simulation
// decide them.

import Core

/// Clock, randomness and calendar of one hub process.
struct HubEnvironment: Sendable {
  /// Wall time, milliseconds since 1970.
  var wall: @Sendable () -> Int
  /// So many random bytes.
  var random: @Sendable (Int) -> [UInt8]
  /// The calendar day of a time as `YYYYMMDD`, for human numbers.
  var day: @Sendable (Int) -> String
  /// How far ahead an author's clock may be before its ties are re-timed, milliseconds.
  var skewMilliseconds = 300_000
  /// Human numbers that are left out where the database went back.
  var skippedNumbers = 1_000
  /// This software's version, as agents and people see it.
  var version = HubVersion.text
  /// For how long personal values are kept.
  var retention = RetentionPolicy()
  /// How often an account may reveal personal values in an hour before somebody is told; 0: nobody is.
  var revealsPerHour = 60
  /// The deadlines that an order lacks, as the hub writes them at a time.
  var deadlines: @Sendable (OrderView, Int) -> [Edit] = { _, _ in [] }
}

enum HubVersion {
  static let text = "0.1.0"
}

/// The hub's own run: its replica, taken at the first change that this process writes, and its hybrid clock. Used by the writer alone.
final class HubRun {
  private(set) var taken: ReplicaID?
  /// The n of the last change that this process committed under it.
  var committed = 0
  var clock: HybridClock
  /// Whether human numbers were left out since this process began, or since its database went back under it.
  var hasSkippedNumbers = false

  init(skewMilliseconds: Int) { clock = HybridClock(skewMilliseconds: skewMilliseconds) }

  func replica(_ environment: HubEnvironment) -> ReplicaID {
    if let taken { return taken }
    let fresh = ReplicaID(platform: .hub, random: environment.random(10))
    taken = fresh
    return fresh
  }

  /// Whether what the database forgot is still to be made good.
  var isForgotten = false

  /// Notices where the database lacks what this process committed: it went back under it, as by a fail-over to an older copy. The run is
  /// closed then, for its numbers may be held with other contents elsewhere.
  func look(into db: any DatabaseConnection) throws {
    guard let taken, committed > 0 else { return }
    let known = try db.first(
      "SELECT n FROM replica WHERE platform = $1 AND replica = $2", [.text(taken.platform.text), .text(taken.text)]
    ) { $0.int(0) }
    guard known ?? 0 < committed else { return }
    isForgotten = true
    close()
  }

  /// Writes no more under it: the next change takes another.
  func close() {
    taken = nil
    committed = 0
  }
}

/// Values loaded or changed in a transaction, with an undo to any mark, so that one request's error undoes only its own.
struct Journal<Key: Hashable & Comparable, Value> {
  private struct Undo {
    let key: Key
    let value: Value?
    let wasDirty: Bool
  }

  private var values: [Key: Value] = [:]
  private var dirty: Set<Key> = []
  private var undo: [Undo] = []
  /// Keys whose value before is already in the undo since the newest mark.
  private var kept: Set<Key> = []

  init() {}

  subscript(key: Key) -> Value? { values[key] }

  /// Takes a value as read from the database.
  mutating func load(_ key: Key, _ value: Value) { values[key] = value }

  /// Changes a value in place; the value before is kept, once a mark.
  mutating func update<Result>(
    _ key: Key, default fresh: @autoclosure () -> Value, _ body: (inout Value) throws -> Result
  )
    rethrows -> Result
  {
    if kept.insert(key).inserted { undo.append(Undo(key: key, value: values[key], wasDirty: dirty.contains(key))) }
    dirty.insert(key)
    return try body(&values[key, default: fresh()])
  }

  /// What was changed, sorted by key.
  var changed: [(key: Key, value: Value)] {
    dirty.sorted().compactMap { key in values[key].map { (key, $0) } }
  }

  /// A place to roll back to.
  mutating func mark() -> Int {
    kept.removeAll(keepingCapacity: true)
    return undo.count
  }

  mutating func rollBack(to mark: Int) {
    for step in undo[mark...].reversed() {
      values[step.key] = step.value
      if !step.wasDirty { dirty.remove(step.key) }
    }
    undo.removeLast(undo.count - mark)
    kept.removeAll(keepingCapacity: true)
  }
}
