// What people and programs may do at the hub: roles, rights, and the one table that says which role has which right. It is demanded by
// Seat, below HTTP and command line.

import Core

/// A role has all rights of those below it.
enum Role: String, Sendable, CaseIterable, Comparable {
  case viewer, `operator`, supervisor, administrator

  static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .operator: 1
    case .supervisor: 2
    case .administrator: 3
    }
  }
}

/// One thing that a role may or may not do.
enum Right: String, Sendable, CaseIterable {
  /// Lists, orders with personal values masked, how platforms and agents fare.
  case see
  /// One's own password.
  case ownAccount = "own-account"
  /// Take, dispatch and follow orders, call back, close; record for a platform by telephone.
  case handle
  /// One order's personal values in plain. Audited.
  case reveal
  /// Find orders by a telephone number. Audited.
  case seek
  /// Lines as they were written: the log, what is quarantined.
  case inspect
  /// Have agents compare what they hold with the hub.
  case compare
  /// Answer requests, demand, settle conflicts, relate orders, void and reinstate changes, cancel.
  case supervise
  /// Take orders from a file.
  case importOrders = "import-orders"
  /// A copy of personal values. Audited.
  case exportPersons = "export-persons"
  /// The audit, and who asked for whose values.
  case readAudit = "read-audit"
  /// Platforms, enrolment, revocation, repair of the store.
  case administer
  /// Destroy personal values for ever.
  case purge
  /// Accounts and the API tokens of programs.
  case manageAccounts = "manage-accounts"
}

/// The one table of rights.
enum RoleTable {
  /// The lowest role that has the right.
  static func least(_ right: Right) -> Role {
    switch right {
    case .see, .ownAccount: .viewer
    case .handle, .reveal, .seek, .inspect, .compare: .operator
    case .supervise, .importOrders, .exportPersons, .readAudit: .supervisor
    case .administer, .purge, .manageAccounts: .administrator
    }
  }

  static func allows(_ right: Right, _ role: Role) -> Bool { role >= least(right) }

  /// Which right a command on an order takes.
  static func right(for command: Command) -> Right {
    switch command {
    case .answer, .supervise, .settle, .relate, .void, .reinstate, .cancel: .supervise
    case .accept, .progress, .result, .complete, .reply, .request, .withdraw, .resume, .plan, .contact, .note,
      .describe, .amend, .dispatch, .recall, .urge, .callBack, .close, .rework:
      .handle
    }
  }
}
