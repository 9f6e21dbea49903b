// Lists for people: orders, conflicts, quarantine, requests, checks, and the answer to a command.

import Core

public enum ListPrinting {
  /// `{"orders":[summary…],"next"?}`.
  public static func orders(_ document: JSON, on page: Page) -> [String] {
    let rows = document.list("orders")
    guard !rows.isEmpty else {
      // A list that passes over many looks for so long and says where it goes on.
      return [
        document["next"]?.asString.map { "None so far; it goes on: --after \(Sanitize.line($0))" } ?? "No orders."
      ]
    }
    var table = TextTable([
      .init("ORDER"), .init("STATUS"), .init("PRIORITY"), .init("KIND"), .init("PLATFORM"), .init("PROGRESS"),
      .init("DUE"), .init("TITLE", canShrink: true), .init("NOTES"),
    ])
    for row in rows {
      let assignment = row["assignment"]
      table.append([
        .init(name(row)), status(row.text("status")), priority(row.text("priority")), .init(row.text("kind")),
        .init(assignment?.text("platform") ?? ""), .init(assignment?.text("progress") ?? ""), due(row, page),
        .init(row.text("title")), notes(row),
      ])
    }
    var lines = table.lines(width: page.width, style: page.style)
    if let next = document["next"]?.asString {
      lines += ["", "There are more: --after \(Sanitize.line(next))"]
    }
    return lines
  }

  /// The hotline's number, else the id, which is what the other commands take too.
  private static func name(_ row: JSON) -> String { row["number"]?.asString ?? row.text("id") }

  private static func status(_ text: String) -> TextTable.Cell {
    switch text {
    case "repaired", "calledBack", "closed": .init(text, .green)
    case "received", "returned", "recalled", "suspended": .init(text, .yellow)
    default: .init(text)
    }
  }

  private static func priority(_ text: String) -> TextTable.Cell {
    switch text {
    case "emergency": .init(text, .red)
    case "urgent": .init(text, .yellow)
    default: .init(text)
    }
  }

  /// Overdue only while something is still expected of somebody.
  private static func due(_ row: JSON, _ page: Page) -> TextTable.Cell {
    guard let due = row.instant("due") else { return "" }
    let isOver = ["repaired", "calledBack", "closed", "cancelled"].contains(row.text("status"))
    return .init(page.age(due), due < page.now && !isOver ? .red : nil)
  }

  private static func notes(_ row: JSON) -> TextTable.Cell {
    func count(_ key: String, _ word: String) -> String? {
      guard let count = row[key]?.asInt, count > 0 else { return nil }
      return "\(count) \(word)"
    }
    let parts = [
      count("conflicts", "in conflict"), count("contradictions", "contradicting"), count("unconfirmed", "unconfirmed"),
    ].compactMap { $0 }
    return .init(parts.joined(separator: ", "), .yellow)
  }

  /// `{"conflicts":[…],"contradictions":[…]}`.
  public static func conflicts(_ document: JSON, on page: Page) -> [String] {
    let conflicts = document.list("conflicts")
    let contradictions = document.list("contradictions")
    guard !conflicts.isEmpty || !contradictions.isEmpty else { return ["No conflicts and no contradictions."] }
    var lines: [String] = []
    for row in conflicts {
      let register = row.text("register")
      lines.append(heading(row, page))
      lines.append("  \(Sanitize.line(register)): shown by the rule '\(Sanitize.line(row.text("rule")))'")
      for sibling in row.list("siblings") {
        let isShown = sibling["value"] == row["shown"]
        let value = sibling["value"].map { page.text($0, ofRegister: register) } ?? ""
        let origin = "\(page.time(sibling.instant("at"))) by \(Sanitize.line(sibling.text("dot")))"
        lines.append("  \(isShown ? "*" : "-") \(page.paragraph(value, indent: 6))  \(page.style.paint(origin, .dim))")
      }
    }
    for row in contradictions {
      lines.append(heading(row, page))
      lines.append("  " + OrderPrinting.contradictionLine(row, page))
    }
    lines += ["", "\(conflicts.count) registers in conflict, \(contradictions.count) contradictions."]
    return lines
  }

  private static func heading(_ row: JSON, _ page: Page) -> String {
    let order = row["number"]?.asString ?? row.text("order")
    return page.style.paint(Sanitize.line("\(order)  \(row.text("title"))"), .bold)
  }

  /// `{"quarantine":[{"id","at","dot"?,"order"?,"reason","bytes"}]}`; the hub's rows also name platform and replica.
  public static func quarantine(_ document: JSON, on page: Page) -> [String] {
    let rows = document.list("quarantine")
    guard !rows.isEmpty else { return ["Nothing is quarantined."] }
    let namesPlatforms = rows.contains { $0["platform"] != nil }
    let platform = namesPlatforms ? [TextTable.Column("PLATFORM")] : []
    var table = TextTable(
      [.init("ID")] + platform + [
        .init("SINCE"), .init("CHANGE"), .init("ORDER"), .init("SIZE", .right), .init("REASON", canShrink: true),
      ])
    for row in rows {
      table.append(
        [.init(row.text("id"))] + (namesPlatforms ? [.init(row.text("platform"))] : []) + [
          .init(page.time(row.instant("at"))), .init(row["dot"] == nil ? row.text("replica") : row.text("dot")),
          .init(row.text("order")), .init(row["bytes"]?.asInt.map(TimeText.bytes) ?? ""), .init(row.text("reason")),
        ])
    }
    return table.lines(width: page.width, style: page.style)
  }

  /// `{"requests":[{"order","number","title","platform","assignment","id","type","reason","until"?,"at"}]}`.
  public static func requests(_ document: JSON, on page: Page) -> [String] {
    let rows = document.list("requests")
    guard !rows.isEmpty else { return ["No request waits for an answer."] }
    var table = TextTable([
      .init("REQUEST"), .init("TYPE"), .init("PLATFORM"), .init("ORDER"), .init("ASKED"), .init("UNTIL"),
      .init("TITLE", canShrink: true), .init("REASON", canShrink: true),
    ])
    for row in rows {
      let order = row["number"]?.asString ?? row.text("order")
      table.append([
        .init(row.text("id")), .init(row.text("type")), .init(row.text("platform")), .init(order),
        .init(page.age(row.instant("at"))), .init(page.time(row.instant("until"))), .init(row.text("title")),
        .init(row.text("reason")),
      ])
    }
    return table.lines(width: page.width, style: page.style)
  }

  /// `{"checks":[{"name","ok","doubtful"?,"detail","remedy"?,"repair"?}],"ok"}`.
  public static func checks(_ document: JSON, on page: Page) -> [String] {
    var table = TextTable([.init(""), .init("CHECK"), .init("FOUND")])
    for row in document.list("checks") {
      let isGood = row["ok"]?.asBool == true
      let mark: TextTable.Cell =
        row["doubtful"]?.asBool == true
        ? .init("look", .yellow) : isGood ? .init("ok", .green) : .init("BAD", .red)
      table.append([mark, .init(row.text("name")), .init(row.text("detail"))])
    }
    var lines = table.lines(width: nil, style: page.style)
    for row in document.list("checks") {
      if let repair = row["repair"]?.asString {
        lines.append(Sanitize.line("\(row.text("name")): put right: \(repair)"))
      }
      if let remedy = row["remedy"]?.asString {
        lines.append(page.style.paint(Sanitize.line("\(row.text("name")): \(remedy)"), .bold))
      }
    }
    return lines
  }

  /// `{"order","dot","status","confirmed","repeated"}`: what a command is answered.
  public static func recorded(_ document: JSON, on page: Page) -> [String] {
    let isConfirmed = document["confirmed"]?.asBool == true
    let isRepeat = document["repeated"]?.asBool == true
    let head = isRepeat ? "Recorded before, by the same request id" : "Recorded"
    return [
      Sanitize.line("\(head): order \(document.text("order")) is now \(document.text("status"))"),
      page.style.paint(
        Sanitize.line("change \(document.text("dot")), ")
          + (isConfirmed ? "confirmed by the hub" : "the hub has not confirmed it yet"),
        .dim),
    ]
  }
}
