// What a comparison put right and what the hub did not take, for people: the first by name, and how many more there are.

import Core

public enum ReportPrinting {
  /// More are no list to read; the document has some more of them.
  private static let maxShown = 10

  /// What was put right.
  ///
  /// - Parameters:
  ///   - list: `[{"order"?,"what","dot"?,"bucket"?}]`, as in a report.
  ///   - count: how many there are in all.
  public static func repairs(_ list: [JSON], of count: Int, heading: String) -> [String] {
    listed(list.map(words), of: count, heading: heading)
  }

  /// What the hub did not take of a report, and why.
  public static func refusals(_ report: JSON, heading: String) -> [String] {
    listed(
      report.list("refusals").map { "\($0.text("dot")): \($0.text("reason"))" }, of: report["refused"]?.asInt ?? 0,
      heading: heading)
  }

  private static func listed(_ items: [String], of count: Int, heading: String) -> [String] {
    guard !items.isEmpty else { return [] }
    let shown = items.prefix(maxShown)
    let more = max(count, items.count) - shown.count
    return [Sanitize.line(heading)] + shown.map { "  " + Sanitize.line($0) } + (more > 0 ? ["  and \(more) more"] : [])
  }

  private static func words(_ repair: JSON) -> String {
    let order = "order \(repair.text("order"))"
    return switch Repair.Kind(rawValue: repair.text("what")) {
    case .state: "the state of \(order)"
    case .digest: "the digest of \(order)"
    case .line: "the line of \(repair.text("dot")) in \(order)"
    case .bucket: "the digest of bucket \(repair.text("bucket"))"
    case .words: "the index of words"
    case .log: "the log of \(order)"
    case nil: repair.text("what")
    }
  }
}
