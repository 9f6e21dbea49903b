// The policy that the running hub goes by, and the corrections of its clock: what every transaction reads and a reload replaces whole.

import Core
import Synchronization

/// What deadlines are read with.
struct Supervision: Sendable, Equatable {
  var policy = Policy.standard
  var corrections: [ClockCorrection] = []
}

/// Holds it for everyone.
final class PolicyInForce: Sendable {
  private let state: Mutex<Supervision>
  /// The file, nil where the defaults hold.
  let file: String?

  init(_ policy: Policy = .standard, file: String? = nil) {
    state = Mutex(Supervision(policy: policy))
    self.file = file
  }

  var now: Supervision { state.withLock { $0 } }
  var policy: Policy { now.policy }

  func replace(_ policy: Policy) { state.withLock { $0.policy = policy } }
  func replace(_ corrections: [ClockCorrection]) { state.withLock { $0.corrections = corrections } }

  /// Reads the file again. What is wrong leaves the policy as it is. True where it differs from the one before.
  func reload() throws(PolicyFailure) -> Bool {
    let fresh = if let file { try PolicyFile.read(file) } else { Policy.standard }
    return state.withLock { state in
      let differs = state.policy != fresh
      state.policy = fresh
      return differs
    }
  }
}
