// The merge: one change into a state (fast), or all changes of an order into a state (for what is unusual). Pure; both give the
// same bytes. Multi-value registers after Preguiça et al., "Dotted Version Vectors" (2010): a write removes the siblings that its
// context covers and adds its own.

/// What became of a change.
public enum MergeOutcome: Sendable, Hashable {
  /// It counts now.
  case applied
  /// The state held it already.
  case seen
  /// Something of its context is missing: it waits.
  case waiting
  /// It voids, reinstates or re-times a change that is held already, or others went on without it: fold the whole log.
  case needsFold
}

public enum Merge {
  /// Puts one change into the state, or says why not. `needsFold` and `waiting` leave the state as it was.
  ///
  /// A void change counts as soon as its replica's previous one on this order is there: its context may name what nobody has. Nor may
  /// it leave that one out: no change counts before it, for its dot would hide it.
  /// - Parameters:
  ///   - prev: that previous n as the hub's head says it; the change's own word where there is none.
  ///   - isOriginalHeld: of a change that replaces another, whether that is held with the content that was replaced; nil where only
  ///     the log can tell.
  public static func apply(
    _ change: Change, prev: Int? = nil, isOriginalHeld: Bool? = nil, to state: inout OrderState
  ) -> MergeOutcome {
    let mayBeLate = state.mayLack(change.dot)
    if state.vector.covers(change.dot), !mayBeLate { return .seen }
    guard state.isThere(change.context) else {
      guard !change.cannotBeVoided, state.isVoid(change.dot) else { return .waiting }
      return applyUnreadable(change.dot, prev: prev ?? change.prev, to: &state)
    }
    guard state.isThere(change.dot.replica, prev ?? change.prev) else { return .waiting }
    if mayBeLate { return .needsFold }
    if change.dot.replica.isHub, corrects(change, heldBy: state) { return .needsFold }
    var reinstated = false
    var isVoid = false
    if state.hasCorrections, !change.cannotBeVoided {
      isVoid = state.isVoid(change.dot)
      reinstated = !isVoid && state.registers["void/\(change.dot)"] != nil
    }
    let origin = Replacement.origin(of: change)
    if reinstated || state.replaced.contains(change.dot) { return .needsFold }
    if let origin, isOriginalHeld != false || state.replaced.contains(origin.dot) { return .needsFold }
    state.vector.advance(to: change.dot)
    if !isVoid {
      if let origin { state.replaced.insert(origin.dot) }
      write(change, into: &state, reinstated: nil)
    }
    return .applied
  }

  /// Counts a change whose line nobody can read: its dot, and nothing else. It waits until its `prev` is there.
  public static func applyUnreadable(_ dot: Dot, prev: Int, to state: inout OrderState) -> MergeOutcome {
    let mayBeLate = state.mayLack(dot)
    if state.vector.covers(dot), !mayBeLate { return .seen }
    guard state.isThere(dot.replica, prev) else { return .waiting }
    if mayBeLate { return .needsFold }
    state.vector.advance(to: dot)
    return .applied
  }

  /// One change of a log: readable, or a dot that only counts.
  public enum LogItem: Sendable {
    case change(Change)
    case unreadable(Dot, prev: Int)

    var dot: Dot {
      switch self {
      case .change(let change): change.dot
      case .unreadable(let dot, _): dot
      }
    }
  }

  /// The state of a set of changes, in whatever order they come; also the dots that wait.
  ///
  /// First the void, lost and purge registers are read (no change that carries one can be void), then which changes replace which, then the
  /// clocks, then the rest is folded in causal order, both without the void changes and those that are superseded.
  /// - Parameters:
  ///   - prevs: the replicas' previous n as the hub's heads say them, by dot.
  ///   - hashes: of the lines, by dot; without an original's, what replaces it counts.
  public static func fold(
    _ items: [LogItem], order: OrderID, prevs: [Dot: Int] = [:], hashes: [Dot: Hash] = [:]
  ) -> (state: OrderState, waiting: Set<Dot>) {
    var state = OrderState(id: order)
    // Sorting by dot makes the passes independent of arrival.
    var pending = items.sorted { $0.dot < $1.dot }
    var ordered: [LogItem] = []
    var placed: Set<Dot> = []
    var lost: Set<Dot> = []
    func isThere(_ replica: ReplicaID, _ n: Int) -> Bool {
      state.vector[replica] >= n || lost.contains(Dot(replica, n))
    }
    /// Places what is ready, again and again, until nothing moves.
    func place(where isReady: (LogItem) -> Bool) -> Bool {
      var hasMoved = false
      var moved = true
      while moved, !pending.isEmpty {
        moved = false
        var rest: [LogItem] = []
        for item in pending where !placed.contains(item.dot) {
          guard isReady(item) else {
            rest.append(item)
            continue
          }
          state.vector.advance(to: item.dot)
          placed.insert(item.dot)
          ordered.append(item)
          if case .change(let change) = item { lost.formUnion(losses(change)) }
          moved = true
          hasMoved = true
        }
        pending = rest
      }
      return hasMoved
    }
    repeat {
      _ = place { item in
        switch item {
        case .change(let change):
          (state.vector.covers(change.context)
            || !lost.isEmpty && change.context.components.allSatisfy { isThere($0.replica, $0.n) })
            && isThere(change.dot.replica, prevs[change.dot] ?? change.prev)
        case .unreadable(let dot, let prev): isThere(dot.replica, prev)
        }
      }
      if pending.isEmpty { break }
      // What is void counts by its prev; its context may name what nobody has.
      var corrections = OrderState(id: order)
      for case .change(let change) in ordered where change.dot.replica.isHub {
        write(change, into: &corrections, reinstated: nil) { $0.hasPrefix("void/") }
      }
      let moved = place { item in
        guard case .change(let change) = item, !change.cannotBeVoided, corrections.isVoid(change.dot) else {
          return false
        }
        return isThere(change.dot.replica, prevs[change.dot] ?? change.prev)
      }
      if !moved { break }
    } while true
    if !lost.isEmpty { ordered = causal(ordered) }
    for case .change(let change) in ordered where change.dot.replica.isHub {
      write(change, into: &state, reinstated: nil) { isCorrection($0) && !isClock($0) }
    }
    Replacement.settle(ordered, hashes, in: &state)
    func writeStanding(_ change: Change, where wanted: (String) -> Bool) {
      // What cannot be voided cannot be reinstated either: a void of it is without meaning.
      let voidable = !change.cannotBeVoided
      if state.superseded.contains(change.dot) { return }
      if voidable, state.isVoid(change.dot) { return }
      let reinstated = voidable ? reinstatement(of: change.dot, in: state) : nil
      write(change, into: &state, reinstated: reinstated, where: wanted)
    }
    for case .change(let change) in ordered where change.dot.replica.isHub { writeStanding(change, where: isClock) }
    for case .change(let change) in ordered { writeStanding(change) { !isCorrection($0) } }
    return (state, Set(pending.map(\.dot)))
  }

  /// Void, lost, clock and purge registers: read before everything else, written by the hub alone.
  static func isCorrection(_ register: String) -> Bool {
    ["void/", "lost/", "clock/", "purged/"].contains { register.hasPrefix($0) }
  }

  /// The dots that a change of the hub says to be lost.
  private static func losses(_ change: Change) -> [Dot] {
    guard change.dot.replica.isHub else { return [] }
    return change.edits.compactMap { edit in
      guard case .set(let register, _) = edit, register.hasPrefix("lost/") else { return nil }
      return try? Dot(String(register.dropFirst(5)))
    }
  }

  /// The items so that none comes before one that its author had seen. Placing does that by itself, but for what turned up after it
  /// had been lost. Of copied machines' runs two may each name the other: then the first by dot comes first.
  private static func causal(_ items: [LogItem]) -> [LogItem] {
    var rest = items
    var ordered: [LogItem] = []
    while !rest.isEmpty {
      let next =
        rest.indices.first { index in
          guard case .change(let change) = rest[index] else { return true }
          return !rest.contains { $0.dot != change.dot && change.context.covers($0.dot) }
        } ?? 0
      ordered.append(rest.remove(at: next))
    }
    return ordered
  }

  private static func isClock(_ register: String) -> Bool { register.hasPrefix("clock/") }

  private static func corrects(_ change: Change, heldBy state: OrderState) -> Bool {
    change.edits.contains { edit in
      guard case .set(let register, _) = edit, register.hasPrefix("void/") || register.hasPrefix("clock/"),
        let slash = register.firstIndex(of: "/"), let dot = try? Dot(String(register[register.index(after: slash)...]))
      else { return false }
      return state.vector.covers(dot) || dot == change.dot
    }
  }

  /// The dot of the write that lifted a void, where one did. Of several concurrent ones the first by dot.
  private static func reinstatement(of dot: Dot, in state: OrderState) -> Dot? {
    guard state.hasCorrections else { return nil }
    return state.siblings("void/\(dot)").first?.dot
  }

  private static func write(
    _ change: Change, into state: inout OrderState, reinstated: Dot?, where wanted: (String) -> Bool = { _ in true }
  ) {
    var corrected = change.at
    if state.hasCorrections, let clock = state.shown("clock/\(change.dot)")?.value.json.asInt {
      corrected = min(corrected, HybridTime(clock))
    }
    for edit in change.edits {
      guard case .set(let register, let value) = edit, wanted(register) else { continue }
      let correction = isCorrection(register)
      // Only the hub corrects. A change that tries is void at the hub; the merge does not depend on it.
      if correction, !change.dot.replica.isHub { continue }
      if correction { state.hasCorrections = true }
      let written = Sibling(
        dot: change.dot, at: correction ? change.at : corrected, context: change.context, reinstated: reinstated,
        value: value)
      var siblings = state.registers[register] ?? []
      if siblings.contains(where: { $0.dot == change.dot }) { continue }
      if RegisterName(register)?.row.rule == .first {
        if siblings.contains(where: { $0.isSeen(by: change.context) }) { continue }
      } else {
        siblings.removeAll { $0.isSeen(by: change.context) }
      }
      siblings.insert(written, at: siblings.firstIndex { change.dot < $0.dot } ?? siblings.count)
      state.registers[register] = siblings
    }
  }
}
