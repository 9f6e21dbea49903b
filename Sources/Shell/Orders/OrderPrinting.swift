// One order, whole, for people: from the document that both daemons give. Lists are ListPrinting's.

import Core

/// Prints the documents of `OrderDocument`.
public enum OrderPrinting {
  /// Everything about one order. Nothing is cut, since people come here for what the lists do not show.
  public static func order(_ document: JSON, on page: Page) -> [String] {
    header(document, page) + assignments(document, page) + registers(document, page) + entries(document, page)
      + contradictions(document, page) + history(document, page)
  }

  private static func header(_ document: JSON, _ page: Page) -> [String] {
    let number = document["number"]?.asString
    let title = [number, document["title"]?.asString].compactMap { $0 }.filter { !$0.isEmpty }.map(Sanitize.line)
    let registers = document["registers"]
    func shown(_ register: String) -> JSON? { registers?[register]?["value"] }
    let received = shown("receivedAt")?.asInt
    let due = shown("due/complete")?["at"]?.asInt
    let nature = [shown("kind"), shown("sector"), document["priority"]].compactMap { $0?.asString }
    let allowed = document.list("allowed").compactMap(\.asString)
    let conflicts = document.list("conflicts").compactMap(\.asString)
    let warnings = document.list("warnings").compactMap(\.asString)
    return [page.style.paint(title.joined(separator: "  "), .bold)]
      + page.facts([
        ("Order", document.text("id")), ("Status", document.text("status")), ("Kind", nature.joined(separator: ", ")),
        ("Round", document.text("round")),
        ("Received", received.map { "\(page.time($0)) (\(page.age($0)))" } ?? ""),
        ("Due", due.map { "\(page.time($0)) (\(page.age($0)))" } ?? ""),
        ("In conflict", conflicts.joined(separator: ", ")), ("Allowed", allowed.joined(separator: ", ")),
      ]) + warnings.map { page.style.paint("Warning: " + Sanitize.line($0), .yellow) }
  }

  private static func assignments(_ document: JSON, _ page: Page) -> [String] {
    let rows = document.list("assignments")
    guard !rows.isEmpty else { return [] }
    var table = TextTable([
      .init("ROUND", .right), .init("PLATFORM"), .init("ROLE"), .init("PROGRESS"), .init("STATE"), .init("CAUSE"),
      .init("ID"), .init("INSTRUCTION"),
    ])
    for row in rows {
      table.append([
        .init(row.text("round")), .init(row.text("platform")), .init(row.text("role")), .init(row.text("progress")),
        assignmentState(row), .init(row.text("cause")), .init(row.text("id")), .init(row.text("instruction")),
      ])
    }
    var lines = page.heading("ASSIGNMENTS") + table.lines(width: nil, style: page.style)
    for row in rows {
      for request in row.list("requests") {
        lines.append("  " + requestLine(request, page) + "  (assignment \(Sanitize.line(row.text("id"))))")
      }
    }
    return lines
  }

  private static func assignmentState(_ row: JSON) -> TextTable.Cell {
    if row["recalled"]?.asBool == true { return .init("recalled", .yellow) }
    if row["returned"]?.asBool == true { return .init("returned", .yellow) }
    if row["suspended"]?.asBool == true { return .init("suspended", .yellow) }
    return .init("active")
  }

  private static func requestLine(_ request: JSON, _ page: Page) -> String {
    var text = "request \(request.text("type")) \(request.text("id"))"
    if let at = request.instant("at") { text += " of \(page.time(at))" }
    if !request.text("reason").isEmpty { text += ": \(request.text("reason"))" }
    if let until = request.instant("until") { text += ", until \(page.time(until))" }
    switch request["granted"]?.asBool {
    case true?: text += "; granted"
    case false?: text += "; refused"
    case nil: text += request["withdrawn"]?.asBool == true ? "; withdrawn" : "; open"
    }
    return Sanitize.line(text)
  }

  private static func registers(_ document: JSON, _ page: Page) -> [String] {
    let members = document["registers"]?.asObject ?? []
    guard !members.isEmpty else { return [] }
    let width = members.map { Sanitize.line($0.key).displayWidth }.max() ?? 0
    var lines = page.heading("REGISTERS")
    for member in members {
      let name = Sanitize.line(member.key)
      let space = String(repeating: " ", count: width - name.displayWidth + 2)
      let value = member.value["value"].map { page.text($0, ofRegister: member.key) } ?? "(none)"
      lines.append(name + space + page.paragraph(value, indent: width + 2))
      let siblings = member.value.list("siblings")
      guard siblings.count > 1 else { continue }
      let rule = Sanitize.line(member.value.text("rule"))
      lines.append("  " + page.style.paint("in conflict; shown by the rule '\(rule)':", .yellow))
      for sibling in siblings { lines.append(siblingLine(sibling, of: member, page)) }
    }
    return lines
  }

  private static func siblingLine(_ sibling: JSON, of register: JSON.Member, _ page: Page) -> String {
    let isShown = sibling["dot"] == register.value["dot"]
    let value = sibling["value"].map { page.text($0, ofRegister: register.key) } ?? ""
    let origin = "\(page.time(sibling.instant("at"))) by \(Sanitize.line(sibling.text("dot")))"
    return "  \(isShown ? "*" : "-") \(page.paragraph(value, indent: 6))  \(page.style.paint(origin, .dim))"
  }

  private static func entries(_ document: JSON, _ page: Page) -> [String] {
    let rows = document.list("entries")
    guard !rows.isEmpty else { return [] }
    return page.heading("ENTRIES")
      + rows.map { row in
        let kind = row.text("kind")
        let head = "\(page.time(row.instant("at")))  \(kind)  \(authorText(row["author"]))"
        let value = row["value"].map { entryText(kind, $0, page) } ?? ""
        return Sanitize.line(head) + "  " + page.paragraph(value, indent: 4)
      }
  }

  /// A note is its text; the rest are records.
  private static func entryText(_ kind: String, _ value: JSON, _ page: Page) -> String {
    if kind == "note", let text = value["text"] {
      return page.text(text, .any) + (value["visibility"] == "own" ? " (own)" : "")
    }
    return page.text(value, RegisterTable.entry(kind)?.shape ?? .any)
  }

  /// `name (role), for platform`.
  static func authorText(_ author: JSON?) -> String {
    guard let author else { return "" }
    var text = author.text("name")
    if !author.text("role").isEmpty { text += " (\(author.text("role")))" }
    if !author.text("for").isEmpty { text += ", for \(author.text("for"))" }
    return text
  }

  private static func contradictions(_ document: JSON, _ page: Page) -> [String] {
    let rows = document.list("contradictions")
    guard !rows.isEmpty else { return [] }
    return page.heading("CONTRADICTIONS") + rows.map { contradictionLine($0, page) }
  }

  static func contradictionLine(_ row: JSON, _ page: Page) -> String {
    let text =
      "\(row.text("kind")): shown is '\(row.text("shown"))', because \(row.text("because"));"
      + " \(row.text("left")) against \(row.text("right"))"
    let flag = row["flagged"]?.asBool == true ? page.style.paint("  a person must look", .yellow) : ""
    return Sanitize.line(text) + flag
  }

  private static func history(_ document: JSON, _ page: Page) -> [String] {
    let rows = document.list("history")
    guard !rows.isEmpty else { return [] }
    var table = TextTable([.init("CHANGE"), .init("TIME"), .init("AUTHOR"), .init("VERDICT"), .init("EDITS")])
    for row in rows {
      let edits = row.list("edits").compactMap(\.asString).joined(separator: ", ")
      let request = row.text("request")
      table.append([
        .init(row.text("dot")), .init(page.time(row.instant("at"))), .init(authorText(row["author"])), verdict(row),
        .init((edits.isEmpty ? "(cannot be read)" : edits) + (request.isEmpty ? "" : "  [request \(request)]")),
      ])
    }
    return page.heading("HISTORY") + table.lines(width: nil, style: page.style)
  }

  /// What became of a change: void before all else, then waiting, then what the hub said.
  private static func verdict(_ row: JSON) -> TextTable.Cell {
    if row["void"]?.asBool == true { return .init("void", .red) }
    if row["applied"]?.asBool == false { return .init("waiting", .yellow) }
    switch row["verdict"]?.asString {
    case "accepted"?: return .init("confirmed", .green)
    case let other?: return .init(other, .red)
    case nil: return .init("not confirmed", .dim)
    }
  }
}
