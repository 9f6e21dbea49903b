// When the hub's database last went back, for the status: by a restore, or under the hub while it ran.

import Core

enum WentBack: String {
  /// A start found the word that `restore` left.
  case restored
  /// The running hub found a table behind what it had committed, or an agent that knew more of the hub than it did itself.
  case unasked

  private var name: String { "went-back/\(rawValue)" }

  func note(at now: Int, _ db: any DatabaseConnection) throws {
    try db.execute(
      "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(name), .integer(now)])
  }

  /// Milliseconds; nil where it never did.
  func last(_ db: any DatabaseConnection) throws -> Int? {
    try db.first("SELECT value FROM counter WHERE name = $1", [.text(name)]) { $0.int(0) }
  }
}
