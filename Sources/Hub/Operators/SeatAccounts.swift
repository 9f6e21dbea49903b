// What an operator may do with accounts, their API tokens, and the audit. One's own password is changed at the console, by SignIn.

import Core

extension Seat {
  func users() throws -> JSON { try read(.manageAccounts) { try $0.accounts.list() } }

  func addUser(
    name: String, displayName: String?, role: Role, isProgram: Bool, password: String?
  ) async throws -> JSON {
    try demand(.manageAccounts)
    return try await hotline.accounts.add(
      name: name, displayName: displayName, role: role, isProgram: isProgram, password: password, by: who)
  }

  func setPassword(of name: String, password: String?) async throws -> JSON {
    try demand(.manageAccounts)
    return try await hotline.accounts.setPassword(of: name, password: password, by: who)
  }

  func setRole(of name: String, to role: Role) throws -> JSON {
    try demand(.manageAccounts)
    return try hotline.accounts.setRole(of: name, to: role, by: who)
  }

  func disableUser(_ name: String) throws -> JSON {
    try demand(.manageAccounts)
    return try hotline.accounts.disable(name, by: who)
  }

  func enableUser(_ name: String) throws -> JSON {
    try demand(.manageAccounts)
    return try hotline.accounts.enable(name, by: who)
  }

  func resetSecondFactor(of name: String) throws -> JSON {
    try demand(.manageAccounts)
    return try hotline.accounts.resetSecondFactor(of: name, by: who)
  }

  // MARK: API tokens

  func apiTokens(of name: String) throws -> JSON { try read(.manageAccounts) { try $0.accounts.tokens(of: name) } }

  func createAPIToken(for name: String, label: String, role: Role?, lifeSeconds: Int?) throws -> JSON {
    try demand(.manageAccounts)
    return try hotline.accounts.createToken(for: name, label: label, role: role, lifeSeconds: lifeSeconds, by: who)
  }

  func revokeAPIToken(_ id: String, of name: String) throws -> JSON {
    try demand(.manageAccounts)
    return try hotline.accounts.revokeToken(id, of: name, by: who)
  }

  // MARK: Audit

  /// As ``Audit/page(before:who:action:limit:_:)``.
  func audit(before: Int?, who: String?, action: String?, limit: Int) throws -> JSON {
    try demand(.readAudit)
    if let action, AuditAction(rawValue: action) == nil {
      throw Problem(
        .badCommand,
        "nothing is audited as '\(action.prefix(64))'; it is one of "
          + AuditAction.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return try hotline.database.read { db in
      try Audit.page(before: before, who: who, action: action, limit: min(max(limit, 1), Limits.maxPage), db)
    }
  }
}
