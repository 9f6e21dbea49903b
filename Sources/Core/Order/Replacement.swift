// Re-authored changes in the merge: what a cloned run had written and had to write again under another one names what it replaces, and
// however many stand for one original, one counts. Who re-authors is the stores' business (Core/Change/Reauthoring).

enum Replacement {
  /// What the change replaces, nil where it replaces nothing. Nobody replaces another platform's changes but the hub.
  static func origin(of change: Change) -> Origin? {
    guard let origin = change.origin else { return nil }
    let isEntitled = change.dot.replica.isHub || change.dot.replica.platform == origin.dot.replica.platform
    return isEntitled ? origin : nil
  }

  /// Notes which dots are said to be replaced, and which changes do not count: of the original and those that replace it the first one
  /// in this order that is not void counts, the original, then by dot.
  ///
  /// - Parameters:
  ///   - items: what counts of the order, in any order.
  ///   - hashes: of their lines, by dot: an original is one only with the content that was replaced.
  ///   - state: its `void/…` registers are there already.
  static func settle(_ items: [Merge.LogItem], _ hashes: [Dot: Hash], in state: inout OrderState) {
    var claims: [Origin: [Change]] = [:]
    var readable: [Dot: Change] = [:]
    for case .change(let change) in items {
      guard let origin = origin(of: change) else { continue }
      claims[origin, default: []].append(change)
    }
    guard !claims.isEmpty else { return }
    for case .change(let change) in items { readable[change.dot] = change }
    for (origin, changes) in claims {
      let standing = changes.filter { stands($0, in: state) }.map(\.dot).sorted()
      guard let first = standing.first else { continue }
      state.replaced.insert(origin.dot)
      let original = hashes[origin.dot] == origin.hash ? readable[origin.dot] : nil
      let isOriginalThere = original.map { stands($0, in: state) } ?? false
      state.superseded.formUnion(isOriginalThere ? standing : standing.filter { $0 != first })
    }
  }

  /// Asked of voids alone, so that it does not matter which original is looked at first.
  private static func stands(_ change: Change, in state: OrderState) -> Bool {
    change.cannotBeVoided || !state.isVoid(change.dot)
  }
}
