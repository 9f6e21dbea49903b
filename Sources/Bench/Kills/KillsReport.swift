// What a run of `kills` found: for people, and as report.json, whose `total` adds up over runs.

import Core
import Foundation
import Shell

struct KillsReport {
  let seed: Int
  let agentKills: Int
  let hubKills: Int
  let acknowledged: Int
  /// Changes that had not come through when the network healed.
  let underWay: Int
  let counts: Ledger.Counts
  let faults: Weather.Counts
  let verdict: Verdict
  var seconds = 0.0

  /// What is added up, in the report's order.
  private var figures: [(String, Int)] {
    [
      ("kills", agentKills + hubKills), ("agentKills", agentKills), ("hubKills", hubKills),
      ("acknowledged", acknowledged), ("lost", verdict.lost.count), ("doubled", verdict.doubled.count),
      ("diverged", verdict.diverged.count),
    ]
  }

  private var faultFigures: [(String, Int)] {
    [
      ("connections", faults.connections), ("refused", faults.refused), ("swallowed", faults.swallowed),
      ("delayed", faults.delayed), ("throttled", faults.throttled), ("cutInRequest", faults.cutInRequest),
      ("cutInReply", faults.cutInReply), ("cutByTime", faults.cutByTime), ("halfOpen", faults.halfOpen),
    ]
  }

  /// Writes the report; what an earlier one has in `total` is counted on.
  func publish(_ path: String) throws {
    var old = JSON.null
    if let bytes = FileManager.default.contents(atPath: path) {
      do {
        old = try JSON(parsing: Array(bytes))["total"] ?? .null
      } catch {
        throw CommandFailure("\(path) is no report: \(error)", remedy: "remove it, and the total starts anew")
      }
    }
    func sums(_ figures: [(String, Int)], _ old: JSON?) -> [JSON.Member] {
      figures.map { JSON.Member($0.0, .int($0.1 + (old?[$0.0]?.asInt ?? 0))) }
    }
    func plain(_ figures: [(String, Int)]) -> [JSON.Member] { figures.map { JSON.Member($0.0, .int($0.1)) } }
    let more = [
      ("refusedByRule", counts.refused), ("brokenCalls", counts.unknownOutcomes), ("repeats", counts.repeats),
      ("underWayAtHeal", underWay), ("waiting", verdict.waiting.count), ("statesCompared", verdict.compared),
    ]
    let whole = Int(seconds.rounded())
    let document = JSON.object(
      plain(figures + more) + [
        JSON.Member("faults", .object(plain(faultFigures))), JSON.Member("seconds", .int(whole)),
        JSON.Member("seed", .int(seed)),
        JSON.Member(
          "total",
          .object(
            sums([("runs", 1)] + figures + [("seconds", whole)], old) + [
              JSON.Member("faults", .object(sums(faultFigures, old["faults"])))
            ])),
      ])
    let text = String(decoding: document.bytes, as: UTF8.self)
    // One member a line: it is read by people too.
    let lines = text.dropFirst().dropLast().replacing(",\"", with: ",\n  \"")
    try "{\n  \(lines)\n}\n".write(toFile: path, atomically: true, encoding: .utf8)
  }

  func show() {
    Terminal.write(
      "\(agentKills + hubKills) kills (\(agentKills) of agents, \(hubKills) of the hub) in \(Int(seconds)) s on a bad network:"
        + " \(faultFigures.map { "\($0.1) \($0.0)" }.joined(separator: ", "))\n"
        + "\(acknowledged) acknowledged commands: \(verdict.lost.count) lost, \(verdict.doubled.count) doubled,"
        + " \(verdict.diverged.count) diverged; \(counts.unknownOutcomes) broken calls were settled by repeating them,"
        + " \(counts.repeats) repeats gave the first answer, \(counts.refused) refused by rule,"
        + " \(underWay) changes were under way at the heal, \(verdict.compared) states compared\n")
    for (title, rows) in [
      ("Lost", verdict.lost), ("Doubled", verdict.doubled), ("Diverged", verdict.diverged),
      ("Under way", verdict.waiting),
    ] where !rows.isEmpty {
      Terminal.write("\(title):\n")
      for row in rows.sorted().prefix(10) { Terminal.write("  \(Sanitize.line(row))\n") }
      if rows.count > 10 { Terminal.write("  and \(rows.count - 10) more\n") }
    }
  }
}
