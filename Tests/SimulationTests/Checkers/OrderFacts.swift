// What follows from a set of changes, computed apart from the product where that is possible: the reference that checkers compare with.

import Core

/// One change as a store holds it.
struct HeldChange {
  let dot: Dot
  let order: OrderID
  let prev: Int
  let hash: Hash
  let verdict: Verdict?
  let line: [UInt8]?
  let isApplied: Bool
  /// nil where the line cannot be read, or does not count.
  let change: Change?

  func hash(into hasher: inout Hasher) {
    hasher.combine(dot)
    hasher.combine(prev)
    hash.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    hasher.combine(verdict)
    hasher.combine(line == nil)
    hasher.combine(isApplied)
  }
}

/// Lines decoded once for all the checks that look at them.
final class DecodedLines {
  private var changes: [Hash: Change?] = [:]
  private var replicas: [String: ReplicaID] = [:]
  private var orders: [String: OrderID] = [:]

  func change(_ line: [UInt8]?, _ hash: Hash, _ verdict: Verdict?) -> Change? {
    guard let line, verdict != .unreadable else { return nil }
    if let known = changes[hash] { return known }
    let change = try? ChangeLine.decode(line)  // what cannot be read is the point of the question
    changes[hash] = .some(change)
    return change
  }

  func replica(_ text: String) throws -> ReplicaID {
    if let known = replicas[text] { return known }
    let replica = try ReplicaID(text)
    replicas[text] = replica
    return replica
  }

  func order(_ text: String) throws -> OrderID {
    if let known = orders[text] { return known }
    let order = try OrderID(text)
    orders[text] = order
    return order
  }
}

enum OrderFacts {
  /// What a rule looks at, as a key: a store's changes in their order, and its state.
  static func key(_ rule: String, _ order: OrderID, _ changes: [HeldChange], _ stored: [UInt8]) -> Int {
    var hasher = Hasher()
    hasher.combine(rule)
    hasher.combine(order)
    for held in changes { held.hash(into: &hasher) }
    stored.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  /// The product's fold over everything that is held.
  static func fold(_ changes: [HeldChange], _ order: OrderID) -> (state: OrderState, waiting: Set<Dot>) {
    var prevs: [Dot: Int] = [:]
    let items = changes.map { held -> Merge.LogItem in
      prevs[held.dot] = held.prev
      guard let change = held.change else { return .unreadable(held.dot, prev: held.prev) }
      return .change(change)
    }
    return Merge.fold(items, order: order, prevs: prevs)
  }

  /// The dots that survive in each register, by the definition of a multi-value register: a write stands unless another write to
  /// the same register had seen it. Nil where voids make it harder than that.
  static func survivors(_ changes: [HeldChange]) -> [String: Set<Dot>]? {
    var writes: [String: [(dot: Dot, context: VersionVector)]] = [:]
    for held in changes where held.isApplied {
      guard let change = held.change else { continue }
      var names: Set<String> = []
      for case .set(let register, _) in change.edits {
        if register.hasPrefix("void/") { return nil }
        names.insert(register)
      }
      for name in names { writes[name, default: []].append((change.dot, change.context)) }
    }
    return writes.mapValues { writes in
      Set(
        writes.filter { write in !writes.contains { $0.dot != write.dot && $0.context.covers(write.dot) } }.map(\.dot))
    }
  }

  /// Who must get an order's changes: its maker, whoever an accepted change assigns, and the author of an accepted change.
  static func concerned(_ changes: [HeldChange], maker: PlatformName) -> Set<PlatformName> {
    var platforms: Set<PlatformName> = maker.isHub ? [] : [maker]
    for held in changes where held.verdict == .accepted {
      if !held.dot.replica.isHub { platforms.insert(held.dot.replica.platform) }
      for case .set(let register, let value) in (held.change?.edits ?? []) + reinstated(by: held, changes) {
        let parts = register.split(separator: "/")
        guard parts.count == 2, parts[0] == "assignment", let text = value.json["platform"]?.asString,
          let platform = try? PlatformName(text), !platform.isHub
        else { continue }
        platforms.insert(platform)
      }
    }
    return platforms
  }

  /// What a change of the hub reinstates: an assignment in it counts as made.
  private static func reinstated(by held: HeldChange, _ changes: [HeldChange]) -> [Edit] {
    guard held.dot.replica.isHub, let edits = held.change?.edits else { return [] }
    return edits.flatMap { edit -> [Edit] in
      guard case .set(let register, let value) = edit, register.hasPrefix("void/"), value.isNull else { return [] }
      return changes.first { register == "void/\($0.dot)" }?.change?.edits ?? []
    }
  }
}
