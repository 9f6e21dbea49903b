// Comparisons with the hub for people: how far one is, what it found, and what a status says of healing.

import Core
import Shell

/// Prints the answers of `/v1/resync`.
enum ResyncPrinting {
  /// What is done, and where the hub is not reached, why.
  static func note(_ document: JSON) -> String {
    let words =
      switch document["state"]?.asString {
      case "waiting": "waits for its turn"
      case "rebuilding": "makes states anew"
      case "comparing":
        (document["differing"]?.asInt).flatMap { $0 > 0 ? "\($0) differ" : nil } ?? "compares"
      default: ""
      }
    guard let link = document["link"], let state = link["state"]?.asString, state != "online" else { return words }
    let reason = link["reason"]?.asString.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
    return "\(words); link \(state)\(reason)"
  }

  /// The answer to one that is not waited for.
  static func progress(_ document: JSON, on page: Page) -> [String] {
    let words = note(document)
    let head = document["joined"] == true ? "Under way already." : "Asked for."
    return [
      Sanitize.line("\(head) The daemon does it by itself\(words.isEmpty ? "" : " (now: \(words))")"),
      "Its end is seen from: lianxin-agent status",
    ]
  }

  /// What the last one found.
  static func report(_ document: JSON, on page: Page) -> [String] {
    guard let report = document["report"] else { return ["No comparison has ended."] }
    func count(_ key: String) -> Int { report[key]?.asInt ?? 0 }
    let cost = [
      "\(count("messages")) messages", TimeText.bytes(count("bytes")), "\(seconds(count("milliseconds"))) s",
    ]
    let facts: [(String, String)] = [
      ("Orders", "\(count("checked")) checked, \(count("differing")) differing"),
      (
        "Changes",
        "\(count("sent")) sent, \(count("received")) received, \(count("refused")) refused,"
          + " \(count("unresolved")) unresolved"
      ), ("Repaired", String(count("repaired"))), ("Cost", cost.joined(separator: ", ")),
    ]
    return page.facts(facts) + details(report) + (summary(report).map { ["", $0] } ?? [])
  }

  /// What was put right, and what the hub did not take and why.
  private static func details(_ report: JSON) -> [String] {
    let repairs = ReportPrinting.repairs(
      report["repairs"]?.asArray ?? [], of: report["repaired"]?.asInt ?? 0,
      heading: report["dryRun"] == true ? "Not as the log says:" : "Put right:")
    let refusals = ReportPrinting.refusals(report, heading: "The hub refused:")
    return [repairs, refusals].filter { !$0.isEmpty }.flatMap { [""] + $0 }
  }

  /// One sentence, where the figures need it.
  private static func summary(_ report: JSON) -> String? {
    if foundNothing(report) { return "Nothing to do: both sides hold the same." }
    guard report["dryRun"] == true else { return nil }
    return "Nothing was changed. Without --dry-run, what either side lacks of the differing orders would be exchanged,"
      + " and what is counted as repaired would be put right."
  }

  static func foundNothing(_ report: JSON) -> Bool { !ReconcileReport.foundSomething(report) }

  /// Where it left something apart.
  static func failure(_ report: JSON) -> CommandFailure? {
    let refused = report["refused"]?.asInt ?? 0
    let unresolved = report["unresolved"]?.asInt ?? 0
    guard refused + unresolved > 0 else { return nil }
    let parts = [
      refused > 0 ? "the hub refused \(refused) changes" : nil,
      unresolved > 0 ? "\(unresolved) changes stay unresolved: the side that names them does not give them" : nil,
    ]
    return CommandFailure(
      parts.compactMap(\.self).joined(separator: "; "),
      remedy:
        "run `doctor` on both sides; what neither side has may be in another agent's log (`lianxin-hub resync --all`)"
        + " or in a backup")
  }

  /// `0.4`
  static func seconds(_ milliseconds: Int) -> String { "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100)" }
}

/// Prints the `healing` of `GET /v1/status`.
enum HealingPrinting {
  /// What is due or under way, and the last comparison: when, why, and what it found.
  static func comparison(_ healing: JSON?, _ page: Page) -> String {
    guard let healing else { return "" }
    let now: String? =
      switch healing["state"]?.asString {
      case "waiting": "asked for, begins when the hub is reached"
      case "rebuilding", "comparing": "under way"
      default:
        healing["due"] == true ? "due: the hub has gone back; begins when it is reached" : nil
      }
    return [now, last(healing["last"], page), earlier(healing, page)].compactMap(\.self).joined(separator: "; ")
  }

  /// The last one that found something, where others came after it.
  private static func earlier(_ healing: JSON, _ page: Page) -> String? {
    guard let row = healing["lastFound"], let report = row["report"], row["at"] != healing["last"]?["at"] else {
      return nil
    }
    return "the last that found something \(page.age(row["at"]?.asInt)) (\(reason(row["reason"]?.asString))): "
      + found(report)
  }

  /// What waiting changes wait for.
  static func missing(_ healing: JSON?) -> String {
    ranges(healing?["missing"], "missing").map { "\($0): not yet sent again, or lost" } ?? ""
  }

  /// What the hub said to be lost.
  static func lost(_ healing: JSON?) -> String {
    ranges(healing?["lost"], "lost").map { "\($0): said to be lost by the hub; what turns up after all counts" } ?? ""
  }

  /// `water.7k2m… 5-7, 9; gas.…`, nil where there are none.
  private static func ranges(_ list: JSON?, _ key: String) -> String? {
    guard let list = list?.asArray, !list.isEmpty else { return nil }
    return list.map { "\($0["replica"]?.asString ?? "") \($0[key]?.asString ?? "")" }.joined(separator: "; ")
  }

  private static func last(_ last: JSON?, _ page: Page) -> String {
    guard let last, let report = last["report"] else { return "none yet (lianxin-agent resync)" }
    return "last \(page.age(last["at"]?.asInt)) (\(reason(last["reason"]?.asString))): \(found(report))"
  }

  /// What is said where this database was copied while it ran; nothing where it was not.
  static func clone(_ healing: JSON?, _ page: Page) -> String {
    guard let clone = healing?["clone"] else { return "" }
    let count = clone["report"]?["repaired"]?.asInt ?? 0
    return "this database was copied while it ran: \(count) changes were recorded again under a new run"
      + " \(page.age(clone["at"]?.asInt)). Nothing is lost. See that one copy alone goes on, and ask the hub's operators to"
      + " revoke the other one"
  }

  static func reason(_ reason: String?) -> String {
    switch reason {
    case HealingReason.clone: "this database was copied while it ran"
    case HealingReason.damage: "the disk had altered what was not sent yet"
    case HealingReason.local: "asked for here"
    case HealingReason.hubWentBack: "the hub had gone back"
    default: "the hub asked"
    }
  }

  private static func found(_ report: JSON) -> String {
    if ResyncPrinting.foundNothing(report) { return "both sides held the same" }
    let parts = [
      ("differing", "orders differed"), ("sent", "sent"), ("received", "received"), ("repaired", "repaired"),
      ("refused", "refused"), ("unresolved", "unresolved"),
    ].compactMap { key, words in (report[key]?.asInt).flatMap { $0 > 0 ? "\($0) \(words)" : nil } }
    return parts.joined(separator: ", ") + (report["dryRun"] == true ? "; a dry run, nothing was changed" : "")
  }

  /// How old the last backup is that was restored in a check.
  static func backup(_ healing: JSON?, _ page: Page) -> String {
    guard let healing else { return "" }
    guard let check = healing["lastCheck"] else {
      return "no backup was ever checked (lianxin-agent restore FILE --check)"
    }
    return "the last checked one was made \(page.age(check["created"]?.asInt)), checked \(page.age(check["at"]?.asInt))"
  }
}
