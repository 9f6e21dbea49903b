// What the tests of accounts share: a cheap password hash, accounts that are there, and signing in.

import Core
import Foundation
import Testing

@testable import Hub

extension PasswordCost {
  /// Microseconds.
  static let ofTests = PasswordCost(logN: 4, blockSize: 8, parallelism: 1)
}

extension HubWorld {
  static let password = "quite a long evening walk"

  var accounts: Accounts { parts.hotline.accounts }

  /// A person with ``password``.
  func person(_ name: String, _ role: Role = .operator) async throws {
    _ = try await accounts.add(
      name: name, displayName: nil, role: role, isProgram: false, password: HubWorld.password, by: .socket)
  }

  func signIn(
    _ name: String, _ password: String = HubWorld.password, from address: String = "10.0.0.1", device: String? = nil,
    replacing: String? = nil
  ) async throws -> SignIn.Success {
    let step = try await accounts.signIn.attempt(
      name: name, password: password, address: address, device: device, replacing: replacing)
    guard case .signedIn(let success) = step else { throw Unexpected.codeNext }
    return success
  }

  enum Unexpected: Error {
    case codeNext, noCode
  }

  /// The problem of what must be refused.
  func refusal(_ body: () async throws -> some Any) async -> Problem? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? Problem
    }
  }

  /// The audit from its first row on, `who action object`, after what is written in the background.
  func audit() throws -> [String] {
    try parts.writer.perform { _ in }
    let page = try parts.database.read { db in try Audit.page(before: nil, who: nil, action: nil, limit: 500, db) }
    return page.list("audit").reversed().map { "\($0.text("who")) \($0.text("action")) \($0.text("object"))" }
  }
}
