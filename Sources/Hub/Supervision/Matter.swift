// What a limit may depend on: the matter of an order, the season and the hour. Read from an order or from what is about to create one.

import Core

/// What an order is about, as far as limits care.
struct Matter: Sendable, Hashable {
  var kind = ""
  var priority = "normal"
  var sector = ""
  /// `scheme:code`, or the code alone where there is no scheme.
  var category = ""

  /// Danger to life or property (DOMAIN §4).
  var isEmergency: Bool { kind == "emergency" || priority == "emergency" }

  init() {}

  /// - Parameter value: the shown value of a descriptive register.
  init(_ value: (String) -> JSON?) {
    kind = value("kind")?.asString ?? ""
    priority = value("priority")?.asString ?? "normal"
    sector = value("sector")?.asString ?? ""
    if let code = value("category")?["code"]?.asString {
      category = value("category")?["scheme"]?.asString.map { "\($0):\(code)" } ?? code
    }
  }

  init(_ view: OrderView) { self.init { view.state.value($0) } }

  /// Of an order that these drafts create, or change.
  init(_ drafts: [Draft], over view: OrderView? = nil) {
    self.init { name in
      let written = drafts.last { if case .set(name, _) = $0 { true } else { false } }
      if case .set(_, let value)? = written { return value }
      return view?.state.value(name)
    }
  }

  /// The registers that make it.
  static let registers: Set<String> = ["kind", "priority", "sector", "category"]
}

/// A part of the year from a month and day to another, both included; it may go over the year's end.
struct Season: Sendable, Hashable {
  /// Month × 100 + day.
  let first: Int
  let last: Int

  func contains(_ day: LocalDay) -> Bool {
    let (_, month, dayOfMonth) = day.parts
    let point = month * 100 + dayOfMonth
    return first <= last ? (first...last).contains(point) : point >= first || point <= last
  }
}

/// When a rule holds. Empty: always. Everything that is given must hold; of a list one must.
struct Condition: Sendable, Hashable {
  var isEmergency: Bool?
  var kinds: [String] = []
  var priorities: [String] = []
  var sectors: [String] = []
  /// Codes, `scheme:code`, or either with `*` at its end for all that begin so.
  var categories: [String] = []
  /// Of these one.
  var seasons: [Season] = []
  /// From minute to minute of the local day, of these one; it may go over midnight.
  var hours: [WorkingCalendar.Hours] = []

  func holds(of matter: Matter, at instant: Int, _ clock: LocalClock) -> Bool {
    if let isEmergency, isEmergency != matter.isEmergency { return false }
    if !kinds.isEmpty, !kinds.contains(matter.kind) { return false }
    if !priorities.isEmpty, !priorities.contains(matter.priority) { return false }
    if !sectors.isEmpty, !sectors.contains(matter.sector) { return false }
    if !categories.isEmpty, !categories.contains(where: { Condition.category($0, means: matter.category) }) {
      return false
    }
    if seasons.isEmpty, hours.isEmpty { return true }
    let (day, milliseconds) = clock.local(instant)
    if !seasons.isEmpty, !seasons.contains(where: { $0.contains(day) }) { return false }
    let minute = milliseconds / 60_000
    return hours.isEmpty
      || hours.contains {
        $0.start < $0.end ? ($0.start..<$0.end).contains(minute) : minute >= $0.start || minute < $0.end
      }
  }

  private static func category(_ pattern: String, means category: String) -> Bool {
    guard !category.isEmpty else { return false }
    let code = category.split(separator: ":", maxSplits: 1).last.map(String.init) ?? category
    guard pattern.hasSuffix("*") else { return pattern == category || pattern == code }
    let start = pattern.dropLast()
    return category.hasPrefix(start) || code.hasPrefix(start)
  }
}
