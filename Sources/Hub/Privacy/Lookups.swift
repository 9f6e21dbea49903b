// Who looked at personal data: a row for each time that a person's values were sought or copied. The number is in none.

import Core

/// The audit of `privacy find` and `privacy export`.
enum Lookup: String {
  case find, export

  /// Rows that a report has, the newest.
  private static let maxRows = 1_000

  /// Keeps that `author` did this and how many orders it showed; durable when it returns, so call it before the answer is given.
  func note(by author: Author, orders: Int, _ hotline: Hotline, also: @escaping Alongside) throws {
    let id = hotline.environment.random(8).map { String($0, radix: 16) }.joined(separator: ".")
    try hotline.writer.perform { transaction in
      try also(transaction)
      try transaction.db.execute(
        "INSERT INTO lookup (at, id, action, author, role, orders) VALUES ($1, $2, $3, $4, $5, $6)",
        [
          .integer(transaction.now), .text(id), .text(rawValue), .text(author.name), .text(author.role),
          .integer(orders),
        ])
    }
  }

  /// `[{"at","action","author","role","orders"}]`, newest first.
  static func all(_ db: any DatabaseConnection) throws -> [JSON] {
    try db.all(
      "SELECT at, action, author, role, orders FROM lookup ORDER BY at DESC, id LIMIT $1", [.integer(maxRows)]
    ) { row in
      [
        "at": .int(row.int(0)), "action": .string(row.text(1)), "author": .string(row.text(2)),
        "role": .string(row.text(3)), "orders": .int(row.int(4)),
      ]
    }
  }
}

extension Hotline {
  /// `{"lookups":[…]}`: who sought or copied whose values is not in it, who did and when is.
  func lookups() throws -> JSON { ["lookups": .array(try database.read { db in try Lookup.all(db) })] }
}
