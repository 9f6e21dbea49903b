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

  /// What it was written again for, where its author's platform may do that.
  var rightfulOrigin: Origin? {
    guard let origin = change?.origin, dot.replica.isHub || dot.replica.platform == origin.dot.replica.platform else {
      return nil
    }
    return origin
  }

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
    // A hub keeps an empty line where only the head came back: what was known of it elsewhere is not there.
    guard let line, !line.isEmpty, verdict != .unreadable else { return nil }
    if let known = changes[hash] { return known }
    let change = try? ChangeLine.decode(line)  // what cannot be read is the point of the question
    changes[hash] = .some(change)
    return change
  }

  /// The change of this hash, if any store was seen to hold it.
  func known(_ hash: Hash) -> Change? { changes[hash] ?? nil }

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
    var hashes: [Dot: Hash] = [:]
    let items = changes.map { held -> Merge.LogItem in
      prevs[held.dot] = held.prev
      hashes[held.dot] = held.hash
      guard let change = held.change else { return .unreadable(held.dot, prev: held.prev) }
      return .change(change)
    }
    return Merge.fold(items, order: order, prevs: prevs, hashes: hashes)
  }

  /// The dots whose changes are void: written so by the hub, and not lifted by a later write; void and lifted concurrently is void.
  static func voided(_ changes: [HeldChange]) -> Set<Dot> {
    var writes: [String: [(dot: Dot, context: VersionVector, isVoid: Bool)]] = [:]
    for held in changes where held.isApplied && held.dot.replica.isHub {
      for case .set(let register, let value) in held.change?.edits ?? [] where register.hasPrefix("void/") {
        writes[register, default: []].append((held.dot, held.change?.context ?? VersionVector(), !value.isNull))
      }
    }
    return Set(
      changes.map(\.dot).filter { dot in
        let writes = writes["void/\(dot)"] ?? []
        return writes.contains { write in
          write.isVoid && !writes.contains { $0.dot != write.dot && $0.context.covers(write.dot) }
        }
      })
  }

  /// The dots of the changes that count: those that are not void; of several that stand for one original it alone if it is held with
  /// that content and not void, else the first by dot. Only the original's platform, or the hub, can write it again.
  static func counting(_ changes: [HeldChange]) -> Set<Dot> {
    let voided = voided(changes)
    let standing = changes.filter { held in
      guard held.isApplied, let change = held.change else { return false }
      let corrects = change.edits.contains { edit in
        if case .set(let register, _) = edit {
          register.hasPrefix("void/") || register.hasPrefix("lost/") || register.hasPrefix("purged/")
        } else {
          false
        }
      }
      return held.dot.replica.isHub && corrects || !voided.contains(held.dot)
    }
    let originals = Set(standing.map { Origin(dot: $0.dot, hash: $0.hash) })
    var first: [Origin: Dot] = [:]
    for held in standing {
      guard let origin = held.rightfulOrigin else { continue }
      first[origin] = min(first[origin] ?? held.dot, held.dot)
    }
    return Set(
      standing.filter { held in
        guard let origin = held.rightfulOrigin else { return true }
        return !originals.contains(origin) && first[origin] == held.dot
      }.map(\.dot))
  }

  /// The dots that survive in each register, by the definition of a multi-value register: a write stands unless another write to
  /// the same register had seen it. Nil where voids make it harder than that.
  static func survivors(_ changes: [HeldChange]) -> [String: Set<Dot>]? {
    var writes: [String: [(dot: Dot, context: VersionVector)]] = [:]
    let hasOrigins = changes.contains { $0.change?.origin != nil }
    let counting = hasOrigins ? counting(changes) : []
    for held in changes where held.isApplied && (!hasOrigins || counting.contains(held.dot)) {
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

  /// The entries that count, each by its change, as often as it has some.
  static func entries(_ changes: [HeldChange]) -> [Dot] {
    let counting = counting(changes)
    return changes.filter { counting.contains($0.dot) }.flatMap { held in
      (held.change?.edits ?? []).compactMap { if case .append = $0 { held.dot } else { nil } }
    }.sorted()
  }

  /// The same, read from a state's canonical form.
  static func entries(inCanonical bytes: [UInt8]) -> [Dot] {
    bytes.split(separator: 0x0A).filter { $0.starts(with: Array("entry ".utf8)) }.compactMap { line in
      let parts = line.split(separator: 0x20, maxSplits: 2)
      return parts.count < 2 ? nil : try? Dot(String(decoding: parts[1], as: UTF8.self))  // then they differ
    }.sorted()
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
