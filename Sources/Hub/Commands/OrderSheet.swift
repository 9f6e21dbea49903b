// The sheet of an order that an operator reads out by phone to a platform that is offline: what a crew must know, in
// the order in which it is asked for, without colour, ids or history.

import Core
import Shell

enum OrderSheet {
  static func lines(_ document: JSON, on page: Page) -> [String] {
    var lines = [
      "WORK ORDER \(document["number"]?.asString ?? document.text("id"))", "as of \(page.time(page.now))", "",
    ]
    for (label, value) in head(document, page) where !value.isEmpty { lines.append("\(label): \(value)") }
    for assignment in document.list("assignments") where isActive(assignment) {
      lines.append("")
      for (label, value) in charge(assignment, document, page) where !value.isEmpty {
        lines.append("\(label): \(value)")
      }
    }
    let notes = document.list("entries").filter { $0.text("kind") != "urge" && $0["value"]?["visibility"] != "own" }
    let texts = notes.compactMap { entry -> String? in
      guard let text = entry["value"]?["text"]?.asString else { return nil }
      return "\(page.time(entry["at"]?.asInt)), \(entry["author"]?.text("name") ?? ""): \(text)"
    }
    if !texts.isEmpty { lines += ["", "NOTES:"] + texts }
    let urges = document.list("entries").count { $0.text("kind") == "urge" }
    if urges > 0 { lines += ["", "URGED: \(urges) times"] }
    lines += ["", "Record what the platform answers with `lianxin-hub orders record … --on-behalf-of PLATFORM`."]
    return lines.map(Sanitize.block)
  }

  private static func head(_ document: JSON, _ page: Page) -> [(String, String)] {
    func shown(_ register: String) -> JSON? { document["registers"]?[register]?["value"] }
    let location = shown("location")
    let place = ["address", "street", "community", "district", "region", "asset"].compactMap { field in
      location?[field]?.asString
    }
    let caller = shown("caller")
    return [
      ("MATTER", document.text("title")), ("PRIORITY", document.text("priority")),
      ("KIND", [shown("kind"), shown("sector")].compactMap { $0?.asString }.joined(separator: ", ")),
      ("DESCRIPTION", shown("description")?.asString ?? ""), ("PLACE", place.joined(separator: ", ")),
      (
        "FLAT",
        [shown("location/private")?.text("flat"), shown("location/private")?.text("entry")]
          .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", entry ")
      ),
      ("HOW TO FIND IT", location?.text("note") ?? ""), ("POSITION", position(location)),
      // A caller who asked to stay unknown to the platform is not read out.
      (
        "CALLER",
        shown("confidential")?.asBool == true
          ? "confidential: do not tell"
          : [caller?.text("name"), caller?.text("phone")].compactMap { $0 }.filter { !$0.isEmpty }.joined(
            separator: ", ")
      ),
      ("RECEIVED", page.time(shown("receivedAt")?.asInt)), ("DUE", page.time(shown("due/complete")?["at"]?.asInt)),
      ("STATUS", document.text("status")),
    ]
  }

  private static func position(_ location: JSON?) -> String {
    guard let lat = number(location?["lat"]), let lon = number(location?["lon"]) else { return "" }
    return "\(lat), \(lon) (\(location?.text("crs") ?? ""))"
  }

  private static func number(_ value: JSON?) -> String? {
    switch value {
    case .int(let number)?: String(number)
    case .number(let token)?: token
    default: nil
    }
  }

  private static func isActive(_ assignment: JSON) -> Bool {
    !assignment.isTrue("recalled") && !assignment.isTrue("returned")
  }

  private static func charge(_ assignment: JSON, _ document: JSON, _ page: Page) -> [(String, String)] {
    let due = document["registers"]?["assignment/\(assignment.text("id"))/due/complete"]?["value"]?["at"]?.asInt
    return [
      ("FOR", "\(assignment.text("platform")) (\(assignment.text("role")), round \(assignment.text("round")))"),
      ("INSTRUCTION", assignment.text("instruction")), ("PROGRESS", assignment.text("progress")),
      ("DUE FOR THEM", page.time(due)),
    ]
  }
}
