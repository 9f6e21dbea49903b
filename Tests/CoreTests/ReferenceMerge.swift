// The merge once more, by definition instead of by steps, to check the product's against: which writes of a set survive. It knows no
// order of arrival, shares no merge code with Core, and is slow.

@testable import Core

/// What a set of changes means, register by register.
struct ReferenceMerge {
  /// One surviving write.
  struct Write: Hashable {
    let dot: Dot
    let value: [UInt8]
    let at: HybridTime
  }

  private struct Attempt {
    let dot: Dot
    /// The write that a context must cover to have seen this one: its own dot or the reinstatement.
    let standsFrom: Dot
    let context: VersionVector
    let write: Write
  }

  private(set) var registers: [String: Set<Write>] = [:]
  private(set) var waiting: Set<Dot> = []

  init(_ items: [Merge.LogItem]) {
    var changes: [Dot: Change] = [:]
    var needs: [Dot: VersionVector] = [:]
    for item in items {
      switch item {
      case .change(let change):
        changes[change.dot] = change
        needs[change.dot] = change.context
      case .unreadable(let dot, let prev):
        needs[dot] = prev > 0 ? VersionVector([(dot.replica, prev)]) : VersionVector()
      }
    }
    var counted: Set<Dot> = []
    /// What nobody waits for, by the hub's word.
    func isLost(_ dot: Dot) -> Bool {
      counted.contains { source in
        changes[source].map { $0.dot.replica.isHub && $0.edits.contains { $0.registerName == "lost/\(dot)" } } ?? false
      }
    }
    func isThere(_ replica: ReplicaID, _ n: Int) -> Bool {
      counted.contains { $0.replica == replica && $0.n >= n } || isLost(Dot(replica, n))
    }
    func countWhatIsReady() {
      while let ready = needs.first(where: { dot, need in
        !counted.contains(dot) && need.components.allSatisfy { isThere($0.replica, $0.n) }
      }) { counted.insert(ready.key) }
    }
    func voidsSoFar() -> [String: Set<Write>] {
      ReferenceMerge.survivors(
        changes.values.filter { counted.contains($0.dot) && $0.dot.replica.text.hasPrefix("hub.") },
        where: { $0.hasPrefix("void/") || $0.hasPrefix("lost/") || $0.hasPrefix("purged/") })
    }
    // What is void need not have seen what it says: only its author's change before it counts.
    var voids: [String: Set<Write>]
    var late: [Change]
    repeat {
      countWhatIsReady()
      voids = voidsSoFar()
      late = changes.values.filter { change in
        let before = change.context[change.dot.replica]
        return !counted.contains(change.dot) && !ReferenceMerge.isProtected(change)
          && ReferenceMerge.voids(voids, change.dot) && (before == 0 || isThere(change.dot.replica, before))
      }
      counted.formUnion(late.map(\.dot))
    } while !late.isEmpty
    waiting = Set(needs.keys).subtracting(counted)
    let live = changes.values.filter { counted.contains($0.dot) }

    func isVoid(_ change: Change) -> Bool {
      !ReferenceMerge.isProtected(change) && ReferenceMerge.voids(voids, change.dot)
    }
    func standsFrom(_ change: Change) -> Dot {
      if ReferenceMerge.isProtected(change) { return change.dot }
      return voids["void/\(change.dot)"]?.map(\.dot).min() ?? change.dot
    }
    // Of the original and those that replace it one has an effect: the original, else the first that replaces it.
    let hashes = items.hashes
    func replaces(_ change: Change) -> Origin? {
      change.origin.flatMap { origin in
        [origin.dot.replica.platform, .hub].contains(change.dot.replica.platform) ? origin : nil
      }
    }
    func isSuperseded(_ change: Change) -> Bool {
      guard let origin = replaces(change) else { return false }
      return live.contains { other in
        !isVoid(other)
          && (other.dot == origin.dot && hashes[other.dot] == origin.hash
            || replaces(other) == origin && other.dot < change.dot)
      }
    }
    let effective = live.filter { !isVoid($0) && !isSuperseded($0) }
    let clocks = ReferenceMerge.survivors(
      effective.filter(\.dot.replica.isHub), standsFrom: standsFrom, where: { $0.hasPrefix("clock/") })
    func time(_ change: Change) -> HybridTime {
      let clock = (clocks["clock/\(change.dot)"] ?? []).compactMap { Int(String(decoding: $0.value, as: UTF8.self)) }
        .min()
      return min(change.at, clock.map { HybridTime($0) } ?? change.at)
    }
    registers = ReferenceMerge.survivors(
      effective, standsFrom: standsFrom, time: time,
      where: { name in !["void/", "lost/", "clock/", "purged/"].contains { name.hasPrefix($0) } })
    registers.merge(voids) { $1 }
    registers.merge(clocks) { $1 }
  }

  /// A write survives iff no other write of its register has it in its context. Of a register that is written once, a write has an
  /// effect iff it has no other in its context.
  private static func survivors(
    _ changes: [Change], standsFrom: (Change) -> Dot = { $0.dot }, time: (Change) -> HybridTime = { $0.at },
    where wanted: (String) -> Bool
  ) -> [String: Set<Write>] {
    var attempts: [String: [Attempt]] = [:]
    for change in changes {
      for case .set(let register, let value) in change.edits where wanted(register) {
        if attempts[register]?.contains(where: { $0.dot == change.dot }) == true { continue }
        let write = Write(dot: change.dot, value: value.bytes, at: time(change))
        attempts[register, default: []].append(
          Attempt(dot: change.dot, standsFrom: standsFrom(change), context: change.context, write: write))
      }
    }
    var result: [String: Set<Write>] = [:]
    for (register, writes) in attempts {
      let isOnce = isWrittenOnce(register)
      let survive = writes.filter { one in
        !writes.contains { other in
          other.dot != one.dot
            && (isOnce ? one.context.covers(other.standsFrom) : other.context.covers(one.standsFrom))
        }
      }
      if !survive.isEmpty { result[register] = Set(survive.map(\.write)) }
    }
    return result
  }

  private static func voids(_ voids: [String: Set<Write>], _ dot: Dot) -> Bool {
    voids["void/\(dot)"]?.contains { $0.value != Array("null".utf8) } ?? false
  }

  /// A hub's change that voids or purges cannot itself be void.
  private static func isProtected(_ change: Change) -> Bool {
    change.dot.replica.text.hasPrefix("hub.")
      && change.edits.contains { edit in
        guard case .set(let register, _) = edit else { return false }
        return register.hasPrefix("void/") || register.hasPrefix("lost/") || register.hasPrefix("purged/")
      }
  }

  private static func isWrittenOnce(_ register: String) -> Bool {
    let parts = register.split(separator: "/")
    return register == "source" || register == "receivedAt" || (parts[0] == "assignment" && parts.count == 2)
      || (parts.count == 4 && parts[2] == "request")
  }

  /// The same shape of a product's state.
  static func registers(of state: OrderState) -> [String: Set<Write>] {
    state.registers.mapValues { siblings in
      Set(siblings.map { Write(dot: $0.dot, value: $0.value.bytes, at: $0.at) })
    }
  }
}

extension Edit {
  /// The register that it sets, nil where it appends.
  fileprivate var registerName: String? {
    guard case .set(let register, _) = self else { return nil }
    return register
  }
}
