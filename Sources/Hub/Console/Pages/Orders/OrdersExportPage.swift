// The export of a list: every order that passes the filter as a row of a file, read and sent page by page.

import Core
import Synchronization

extension OrdersPages {
  /// Orders of one file at most: with the head and the sentence that it was cut, the rows of a spreadsheet's sheet.
  private static let maxExported = 1_048_574

  static func export(_ call: PageCall) throws -> PageAnswer {
    let isRevealing = call.form("reveal") == "true"
    if isRevealing { try call.seat.demand(.exportPersons) }
    let filter = try OrderFilter { call.form($0) }
    // Kept before the first row leaves.
    try call.seat.note(.exported, "orders", [("persons", .bool(isRevealing)), ("filter", filter.json)])
    let language = call.language
    let export = OrdersExport(
      isRevealing: isRevealing, label: { ExportPhrase(rawValue: $0.rawValue)?.said(in: language) ?? $0.rawValue },
      time: { ConsoleTimes.short($0, seconds: true) }, word: { list, word in list.texts(word)?[language] ?? word },
      now: call.now)
    let rows = ExportedRows(
      hotline: call.seat.hotline, export: export, filter: filter, now: call.now, most: maxExported,
      cut: call.say(OrdersPhrase.exportCut, "\(maxExported)"))
    return .stream(name: "orders.csv", type: "text/csv; charset=utf-8", next: rows.next)
  }
}

/// The file in pieces: the head, then a page of orders each time that it is asked.
private final class ExportedRows: Sendable {
  private enum Place: Sendable {
    case head
    case after(OrderMark?, written: Int)
    case end
  }

  private static let pageSize = 200

  private let hotline: Hotline
  private let export: OrdersExport
  private let filter: OrderFilter
  private let now: Int
  private let most: Int
  private let cut: String
  private let place = Mutex(Place.head)

  init(hotline: Hotline, export: OrdersExport, filter: OrderFilter, now: Int, most: Int, cut: String) {
    self.hotline = hotline
    self.export = export
    self.filter = filter
    self.now = now
    self.most = most
    self.cut = cut
  }

  /// The next piece, nil after the last. Blocks; asked by one at a time.
  func next() throws -> [UInt8]? {
    switch place.withLock({ $0 }) {
    case .end: return nil
    case .head:
      place.withLock { $0 = .after(nil, written: 0) }
      return export.header
    case .after(let mark, let written):
      guard written < most else {
        // Said in the file, where who reads it will see it.
        place.withLock { $0 = .end }
        return CSVWriter.row([.text(cut)])
      }
      let (bytes, count, next) = try hotline.database.read { db in
        let page = try OrderList.page(
          filter, after: mark, limit: min(ExportedRows.pageSize, most - written), now: now, db)
        return (try OrderRows.exported(page.rows, db).flatMap(export.row), page.rows.count, page.next)
      }
      place.withLock { $0 = next.map { .after($0, written: written + count) } ?? .end }
      return bytes
    }
  }
}
