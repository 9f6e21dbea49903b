// The sums of all orders' contributions: by day and by month, sector, platform and district. Kept in the transactions of the orders; that
// they equal the sums made anew is SupervisionRebuild's to look at.

import Core

/// One row of the sums.
struct RollupKey: Hashable, Comparable, Sendable {
  /// A day as `20261125`, or a month as `202611`.
  let span: Int
  let sector: String
  let platform: String
  let district: String

  static func < (left: RollupKey, right: RollupKey) -> Bool {
    (left.span, left.sector, left.platform, left.district) < (right.span, right.sector, right.platform, right.district)
  }
}

/// What a transaction adds to the sums.
struct Rollups {
  private(set) var changes: [RollupKey: Figures]

  init(adding changes: [RollupKey: Figures] = [:]) { self.changes = changes }

  /// Takes the former contribution of an order out and puts the present one in.
  mutating func move(from old: Contribution, to new: Contribution) {
    guard old != new else { return }
    for (cell, figures) in old.cells {
      for key in Rollups.keys(cell, old) { changes[key, default: Figures()] -= figures }
    }
    for (cell, figures) in new.cells {
      for key in Rollups.keys(cell, new) { changes[key, default: Figures()] += figures }
    }
  }

  static func keys(_ cell: Contribution.Cell, _ contribution: Contribution) -> [RollupKey] {
    let day = cell.day.compact
    return [day, day / 100].map { span in
      RollupKey(
        span: span, sector: contribution.sector, platform: cell.platform, district: contribution.district)
    }
  }

  /// Adds what changed to the rows, in their order.
  func write(to db: any DatabaseConnection) throws {
    for key in changes.keys.sorted() {
      guard let change = changes[key], !change.isEmpty else { continue }
      let columns: [SQLValue] = [.integer(key.span), .text(key.sector), .text(key.platform), .text(key.district)]
      var sum =
        try db.first(
          "SELECT figures FROM rollup WHERE span = $1 AND sector = $2 AND platform = $3 AND district = $4" + db.rowLock,
          columns
        ) { Figures(bytes: $0.blob(0)) } ?? Figures()
      sum += change
      if sum.isEmpty {
        try db.execute(
          "DELETE FROM rollup WHERE span = $1 AND sector = $2 AND platform = $3 AND district = $4", columns)
      } else {
        try db.execute(
          """
          INSERT INTO rollup (span, sector, platform, district, figures) VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT (span, sector, platform, district) DO UPDATE SET figures = excluded.figures
          """, columns + [.blob(sum.bytes)])
      }
    }
  }
}
