// What the demonstration shows at its end: conflicts by kind and what decided each, the proof, and report.json.

import Core
import Foundation
import Shell

struct Report {
  let world: World
  let desk: Desk
  let measures: Measures
  let verdict: Verdict
  let style = Style.standardOutput

  /// Prints, and writes the file.
  func publish() throws {
    let status = try desk.get(.hub, "/v1/status")
    printDecisions()
    printProof(status)
    let path = "\(world.directory)/report.json"
    let text = String(decoding: document(status).bytes, as: UTF8.self)
    // One member a line: it is read by people too.
    let lines = text.dropFirst().dropLast().replacing(",\"", with: ",\n  \"")
    try "{\n  \(lines)\n}\n".write(toFile: path, atomically: true, encoding: .utf8)
    Terminal.write("\nReport: \(path)\n")
  }

  private func document(_ status: JSON) -> JSON {
    [
      "orders": status["orders"]?["total"] ?? .null, "agents": .int(world.agencies.count),
      "changes": status["changes"] ?? .null, "recorded": .int(desk.ledger.edits.count),
      "compared": .int(verdict.compared),
      "lost": .int(verdict.lost.count), "doubled": .int(verdict.doubled.count),
      "diverged": .int(verdict.diverged.count),
      "conflicts": .int(measures.conflictsAtHeal["conflicts"]?.asArray?.count ?? 0),
      "contradictions": .int(measures.conflictsAtHeal["contradictions"]?.asArray?.count ?? 0),
      "voided": status["voided"] ?? .null, "quarantined": status["quarantined"] ?? .null, "kills": .int(world.kills),
      "cutSeconds": .number(String(format: "%.1f", measures.cutSeconds)),
      "healSeconds": .number(String(format: "%.1f", measures.healSeconds)),
    ]
  }

  // MARK: For people

  private func printDecisions() {
    Terminal.write("\n" + style.paint("What was written on both sides, as it stood after the heal", .bold) + "\n")
    var table = TextTable([.init("CONTRADICTION"), .init("ORDERS", .right), .init("SHOWN"), .init("BECAUSE")])
    let contradictions = measures.conflictsAtHeal["contradictions"]?.asArray ?? []
    for (kind, rows) in Dictionary(grouping: contradictions, by: { $0["kind"]?.asString ?? "" }).sorted(by: {
      $0.key < $1.key
    }) {
      table.append([
        .init(kind), "\(rows.count)", .init(rows[0]["shown"]?.asString ?? ""),
        .init(rows[0]["because"]?.asString ?? ""),
      ])
    }
    if !table.isEmpty { table.print() }
    var registers = TextTable([.init("REGISTER IN CONFLICT"), .init("ORDERS", .right), .init("SHOWN")])
    let conflicts = measures.conflictsAtHeal["conflicts"]?.asArray ?? []
    let byRegister = Dictionary(grouping: conflicts) { row in
      [Report.general(row["register"]?.asString ?? ""), row["rule"]?.asString ?? ""]
    }
    for (key, rows) in byRegister.sorted(by: { $0.key.joined() < $1.key.joined() }) {
      registers.append([.init(key[0]), "\(rows.count)", .init(Report.words(key[1]))])
    }
    if !registers.isEmpty {
      Terminal.write("\n")
      registers.print()
    }
  }

  /// `assignment/a7k…/result` as `assignment/<a>/result`.
  private static func general(_ register: String) -> String {
    var parts = register.split(separator: "/").map(String.init)
    if parts.first == "assignment", parts.count > 1 { parts[1] = "<a>" }
    if parts.count > 3, parts[2] == "request" { parts[3] = "<r>" }
    return parts.joined(separator: "/")
  }

  private static func words(_ rule: String) -> String {
    switch rule {
    case "latest": "the latest"
    case "latestFinished": "the one of the work that ended last"
    case "higher": "the higher: escalation wins"
    case "furthest": "the furthest step"
    case "hubElseLatest": "the hotline's"
    case "refusal": "the refusal"
    case "first": "the first"
    case "earliest": "the earliest"
    default: rule
    }
  }

  private func printProof(_ status: JSON) {
    let counts = desk.ledger.counts
    Terminal.write("\n" + style.paint("Proof", .bold) + "\n")
    func line(_ isGood: Bool, _ text: String) {
      Terminal.write("  \(isGood ? style.paint("✓", .green) : style.paint("✗", .red)) \(text)\n")
    }
    line(
      verdict.compared == verdict.charges && verdict.diverged.isEmpty,
      "\(verdict.compared) of \(verdict.charges) dispatched orders are held by their agents; \(verdict.diverged.count) differ from"
        + " the hub's bytes")
    line(
      verdict.lost.isEmpty && verdict.doubled.isEmpty,
      "\(desk.ledger.edits.count) recorded edits: \(verdict.lost.count) lost, \(verdict.doubled.count) doubled;"
        + " \(counts.repeats) repeats gave the first answer, \(counts.unknownOutcomes) broken calls were settled by repeating them"
    )
    line(verdict.waiting.isEmpty, "nothing waits, all outboxes are empty")
    Terminal.write(
      "  \(counts.throughCommandLine) steps through the real command lines, \(counts.refused) refused by rule,"
        + " \(world.kills) kills, cut for \(String(format: "%.1f", measures.cutSeconds)) s,"
        + " equal \(String(format: "%.1f", measures.healSeconds)) s after the heal\n")
    for (title, rows) in [
      ("Lost", verdict.lost), ("Doubled", verdict.doubled), ("Diverged", verdict.diverged),
      ("Under way", verdict.waiting),
    ] where !rows.isEmpty {
      Terminal.write(style.paint("\(title):", .red) + "\n")
      for row in rows.sorted().prefix(10) { Terminal.write("  \(Sanitize.line(row))\n") }
      if rows.count > 10 { Terminal.write("  and \(rows.count - 10) more\n") }
    }
  }
}
