// What people are told where two machines use one agent's certificate.

import Core
import Shell

enum ClonePrinting {
  /// The mark of an agent in a list; empty where all is well.
  static func mark(_ agent: JSON) -> TextTable.Cell {
    agent["clone"] == nil ? "" : .init("used twice: lianxin-hub status", .red)
  }

  /// What happened, what it means, and what to do.
  static func lines(_ alarm: JSON, on page: Page) -> [String] {
    let name = "\(alarm.text("platform"))/\(alarm.text("agent"))"
    let times = alarm["times"]?.asInt ?? 1
    let since = alarm["since"]?.asInt
    let seen = "seen \(page.age(since)) (\(page.time(since)))" + (times > 1 ? ", \(times) times" : "")
    return [
      "CLONE: two machines use the certificate of \(name), \(seen): \(what(alarm))",
      "  Nothing is lost: what either machine recorded is kept, and where both wrote the same, operators see a conflict.",
      alarm.isTrue("revoked")
        ? "  The agent is revoked. Enrol the one machine that is to go on (lianxin-hub token create"
          + " \(alarm.text("platform")) --agent \(alarm.text("agent"))): the alarm ends with that."
        : "  Stop one of them for good, `lianxin-hub agent revoke \(alarm.text("platform")) \(alarm.text("agent"))`,"
          + " and enrol the other one anew.",
      "  Where only one is left already: lianxin-hub agent settle-clone \(alarm.text("platform")) \(alarm.text("agent"))",
    ]
  }

  private static func what(_ alarm: JSON) -> String {
    let place = alarm.text("at")
    return switch CloneSign(rawValue: alarm.text("sign")) {
    case .fork: "the change \(place) came with two contents"
    case .chain: "up to \(place) one of them holds other changes than the hub"
    case .origin: "\(place) was written by both, and one of them wrote its own again under a new run"
    case .certificate:
      "the old one, \(place), goes on beside the one that renewed it; or that machine was put back to an older copy"
    case nil: "at \(place)"
    }
  }
}
