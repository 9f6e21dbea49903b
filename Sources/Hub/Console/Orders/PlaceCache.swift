// Where orders are, as far as a map has read it: an order's coordinates stand in its state, and to read a thousand states takes longer than
// a page may.

import Core
import Synchronization

final class PlaceCache: Sendable {
  private struct Held {
    /// Of what is searched, the location among it: another one, and the position is read again.
    let mark: Int
    let position: OrderPosition?
  }

  /// Some maps full.
  private static let most = 8_192

  private let held = Mutex<[OrderID: Held]>([:])

  /// The positions of those orders that have one. What is not known yet is read.
  func positions(of rows: [OrderRowShown], _ db: any DatabaseConnection) throws -> [OrderID: OrderPosition] {
    var found: [OrderID: OrderPosition] = [:]
    let unknown = held.withLock { held in
      rows.filter { row in
        guard let known = held[row.id], known.mark == row.textMark else { return true }
        found[row.id] = known.position
        return false
      }
    }
    let locations = try OrderRows.locations(unknown.map(\.id), db)
    held.withLock { held in
      if held.count + unknown.count > PlaceCache.most { held.removeAll() }
      for row in unknown {
        let position = OrderPosition(locations[row.id])
        found[row.id] = position
        if let mark = row.textMark { held[row.id] = Held(mark: mark, position: position) }
      }
    }
    return found
  }
}
