// An order's log, read whole: for its history and for what folds it anew.

import Core

enum HubLog {
  /// The order's state as it is stored; made anew from the log where the disk altered it.
  static func state(_ id: OrderID, stored: [UInt8], _ db: any DatabaseConnection) throws -> OrderState {
    do throws(StateError) { return try OrderState(id: id, stored: stored) } catch { return try fold(id, db).state }
  }

  /// True if the bytes are what was hashed; a line that the disk altered stands for nothing but its dot.
  private static func isSound(_ line: [UInt8], _ hash: Hash?) -> Bool { !line.isEmpty && Hash.of(line) == hash }

  /// The order's state made from those changes of its log that are wanted, and the dots that wait (of a whole log at the hub, none).
  static func fold(
    _ id: OrderID, _ db: any DatabaseConnection, where isWanted: (Dot) -> Bool = { _ in true }
  ) throws -> (state: OrderState, waiting: Set<Dot>) {
    var prevs: [Dot: Int] = [:]
    var hashes: [Dot: Hash] = [:]
    let items = try db.all(
      "SELECT replica, n, prev, verdict, line, hash FROM change WHERE order_id = $1 ORDER BY ordinal", [.text(id.text)]
    ) { row -> Merge.LogItem? in
      let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
      guard isWanted(dot) else { return nil }
      prevs[dot] = row.int(2)
      hashes[dot] = Hash(bytes: row.blob(5))
      let line = row.blob(4)
      if row.text(3) == Verdict.unreadable.rawValue || !isSound(line, hashes[dot]) {
        return .unreadable(dot, prev: row.int(2))
      }
      return .change(try ChangeLine.decode(line))
    }
    return Merge.fold(items.compactMap(\.self), order: id, prevs: prevs, hashes: hashes)
  }

  static func history(_ id: OrderID, _ db: any DatabaseConnection) throws -> [HistoryItem] {
    try db.all(
      "SELECT replica, n, hash, verdict, received, line FROM change WHERE order_id = $1 ORDER BY ordinal",
      [.text(id.text)], item)
  }

  /// What is held of an order's sealed values, in plain, by commitment.
  static func personalValues(of id: OrderID, _ db: any DatabaseConnection) throws -> [Hash: JSON] {
    var values: [Hash: JSON] = [:]
    try db.query("SELECT commitment, value FROM sealed WHERE order_id = $1", [.text(id.text)]) { row in
      guard let commitment = Hash(bytes: row.blob(0)) else { return }
      values[commitment] = try JSONText(checking: row.blob(1)).json
    }
    return values
  }

  /// One change of a history; the columns are replica, n, hash, verdict, received and line.
  static func item(_ row: any SQLRow) throws -> HistoryItem {
    let hash = Hash(bytes: row.blob(2))
    return HistoryItem(
      dot: Dot(try ReplicaID(row.text(0)), row.int(1)), hash: hash ?? .zero,
      change: row.text(3) == Verdict.unreadable.rawValue || !isSound(row.blob(5), hash)
        ? nil : try ChangeLine.decode(row.blob(5)),
      verdict: Verdict(rawValue: row.text(3)), received: row.int(4), isApplied: true)
  }
}
