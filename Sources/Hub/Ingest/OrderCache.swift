// Orders that the writer decoded lately, kept from one transaction to the next. Only for a database with one writing process: what
// is cached is then what the database holds. After a failed commit it is emptied.

import Core

/// Owned by the writer's thread.
final class OrderCache {
  /// Orders kept; an order's state has some kilobytes.
  static let capacity = 4_096

  private var young: [OrderID: OrderRow] = [:]
  private var old: [OrderID: OrderRow] = [:]

  subscript(id: OrderID) -> OrderRow? {
    if let row = young[id] { return row }
    guard let row = old.removeValue(forKey: id) else { return nil }
    keep(id, row)
    return row
  }

  /// Two generations: when the young one is full it becomes the old one, and the old one is forgotten.
  func keep(_ id: OrderID, _ row: OrderRow) {
    if young.count >= OrderCache.capacity / 2 {
      old = young
      young = [:]
    }
    young[id] = row
    old[id] = nil
  }

  func empty() {
    young = [:]
    old = [:]
  }
}
