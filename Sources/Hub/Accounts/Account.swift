// An account as people and programs have it at the hub, and how its row is read. What changes it is Accounts'.

import Core

/// What may name an account: it is typed, stands in changes and audit, and never changes.
enum AccountName {
  static let maxBytes = 64

  /// The name as it is stored, or nil where the text is none: `a-z 0-9`, inside also `. _ -`. Capitals and spaces around do not matter.
  static func normalised(_ typed: String) -> String? {
    guard typed.utf8.count <= maxBytes * 2 else { return nil }
    let name = Array(typed.lowercased().utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed())
    guard (1...maxBytes).contains(name.count), let first = name.first, let last = name.last,
      isPlain(first), isPlain(last), name.allSatisfy({ isPlain($0) || "._-".utf8.contains($0) })
    else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// One account. Times are milliseconds since 1970.
struct Account: Sendable, Hashable {
  let name: String
  let displayName: String
  let role: Role
  /// It acts by API tokens alone and never signs in.
  let isProgram: Bool
  let created: Int
  /// Since when it may do nothing.
  let disabled: Int?
  /// The hash of its password, as `PasswordHash` writes it.
  let password: String?
  /// Until when its password is good for signing in once; nil for one that its owner chose.
  let oneTimeUntil: Int?
  let lastSignIn: Int?
  /// Since when it has a second factor.
  let secondFactor: Int?
  /// Its password is one that only a second factor makes long enough.
  let isShort: Bool

  /// Columns of `account`, in the order that `init(_:from:)` reads.
  static let columns =
    """
    name, display_name, role, is_program, created, disabled, password, one_time_until, signed_in,
    (SELECT f.since FROM second_factor f WHERE f.account = account.name), is_short
    """

  init(_ row: any SQLRow) {
    name = row.text(0)
    displayName = row.text(1)
    // A role that this software does not know may do the least.
    role = Role(rawValue: row.text(2)) ?? .viewer
    isProgram = row.int(3) == 1
    created = row.int(4)
    disabled = row.optionalInt(5)
    password = row.optionalText(6)
    oneTimeUntil = row.optionalInt(7)
    lastSignIn = row.optionalInt(8)
    secondFactor = row.optionalInt(9)
    isShort = row.int(10) == 1
  }

  static func find(_ name: String, _ db: any DatabaseConnection) throws -> Account? {
    try db.first("SELECT \(columns) FROM account WHERE name = $1", [.text(name)]) { Account($0) }
  }

  /// The password's hash where one may sign in by it now.
  func usablePassword(now: Int) -> PasswordHash? {
    guard disabled == nil, !isProgram, oneTimeUntil.map({ $0 > now }) ?? true else { return nil }
    return password.flatMap(PasswordHash.init)
  }

  /// What its owner must do first, signed in by a password alone or with the second factor that there is.
  func duty(_ rule: SecondFactorRule) -> Duty? {
    if oneTimeUntil != nil || (isShort && secondFactor == nil) { return .newPassword }
    return rule.demands(of: role) && secondFactor == nil ? .secondFactor : nil
  }

  /// Without the hash.
  var json: JSON {
    .compact([
      ("name", .string(name)), ("displayName", .string(displayName)), ("role", .string(role.rawValue)),
      ("program", .bool(isProgram)), ("created", .int(created)), ("disabled", disabled.map(JSON.int)),
      ("hasPassword", .bool(password != nil)), ("oneTimeUntil", oneTimeUntil.map(JSON.int)),
      ("lastSignIn", lastSignIn.map(JSON.int)), ("secondFactor", secondFactor.map(JSON.int)),
    ])
  }
}
