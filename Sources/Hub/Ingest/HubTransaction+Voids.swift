// What the hub's own changes void and reinstate, kept in their transaction (Store/KeptVoids).

import Core

extension HubTransaction {
  /// Keeps what a change of the hub's voids or reinstates; call it once the state has it.
  func keepVoids(_ incoming: IncomingChange) throws {
    guard incoming.verdict == .accepted, incoming.dot.replica.isHub, let change = incoming.change else { return }
    let targets = KeptVoids.targets(of: change)
    guard !targets.isEmpty, let state = orders[incoming.order]?.state else { return }
    for target in targets {
      try KeptVoids.keep(
        target, of: incoming.order, isVoid: state.isVoid(target), at: incoming.former?.received ?? now, db)
    }
  }
}
