// The walk over a policy file's tree: section by section into a Policy, noting what is wrong with each value and its place.

import Core
import Foundation
import Yams

/// One walk over the tree. What is wrong is noted, and the walk goes on to find the rest.
struct PolicyReader {
  let file: String
  var policy = Policy.standard
  var faults: [PolicyFailure.Fault] = []

  private static let maxRules = 500
  private static let maxTextBytes = 2_048

  init(file: String) { self.file = file }

  mutating func policy(_ root: Node) {
    guard let top = section(root, "", keys: "") else { return }
    if let node = top["name"], let name = text(node, "name", maxBytes: 64) { policy.name = name }
    if let node = top["calendar"] { calendar(node) }
    if let node = top["dispatch"], let limit = limit(node, "dispatch") { policy.dispatch = limit }
    if let node = top["limits"] { limits(node) }
    if let node = top["requests"], let parts = section(node, "requests", keys: "requests") {
      number(parts["maxExtensions"], "requests.maxExtensions", 0...100) { $0.maxExtensions = $1 }
    }
    if let node = top["ladder"] { ladder(node) }
    if let node = top["callBacks"], let parts = section(node, "callBacks", keys: "callBacks") {
      number(parts["satisfiedFrom"], "callBacks.satisfiedFrom", 1...5) { $0.callBacks.satisfiedFrom = $1 }
      number(parts["attempts"], "callBacks.attempts", 1...100) { $0.callBacks.attempts = $1 }
      if let node = parts["retryAfter"], let limit = limit(node, "callBacks.retryAfter") {
        policy.callBacks.retryAfter = limit
      }
    }
    if let node = top["texts"], let parts = section(node, "texts", keys: "texts") {
      if let node = parts["urge"], let text = text(node, "texts.urge", maxBytes: Self.maxTextBytes) {
        policy.urgeText = text
      }
      if let node = parts["supervise"], let text = text(node, "texts.supervise", maxBytes: Self.maxTextBytes) {
        policy.superviseText = text
      }
    }
  }

  // MARK: Parts

  private mutating func calendar(_ node: Node) {
    guard let parts = section(node, "calendar", keys: "calendar") else { return }
    if let node = parts["timeZone"], let name = text(node, "calendar.timeZone") {
      if let zone = TimeZone(identifier: name) {
        policy.calendar.clock = LocalClock(timeZone: zone)
      } else {
        note(node, "calendar.timeZone", "`\(name)` is not a time zone; write one as in Asia/Shanghai")
      }
    }
    if let node = parts["workingDays"] {
      let days = words(node, "calendar.workingDays", among: Policy.weekdays)
      if days.isEmpty { note(node, "calendar.workingDays", "at least one day of the week is worked on") }
      policy.calendar.weekdays = Set(days.compactMap { Policy.weekdays.firstIndex(of: $0).map { $0 + 1 } })
    }
    if let node = parts["workingHours"] {
      let spans = list(node, "calendar.workingHours").compactMap { hours($0.node, $0.key, overMidnight: false) }
      if spans.isEmpty {
        note(node, "calendar.workingHours", "at least one span of hours is worked in, as in 08:30-12:00")
      }
      if zip(spans, spans.dropFirst()).contains(where: { $0.end > $1.start }) {
        note(node, "calendar.workingHours", "the spans must follow each other without overlapping")
      }
      policy.calendar.hours = spans
    }
    if let node = parts["holidays"] { policy.calendar.holidays = days(node, "calendar.holidays") }
    if let node = parts["makeUpDays"] { policy.calendar.makeUpDays = days(node, "calendar.makeUpDays") }
  }

  private mutating func limits(_ node: Node) {
    guard let parts = section(node, "limits", keys: "limits") else { return }
    for stage in RegisterTable.stages {
      guard let node = parts[stage] else { continue }
      policy.limits[stage] = list(node, "limits.\(stage)").enumerated().compactMap { index, item in
        guard let rule = section(item.node, item.key, keys: "limits[]") else { return nil }
        let name = rule["name"].flatMap { text($0, "\(item.key).name", maxBytes: 64) } ?? "\(index + 1)"
        let when = rule["when"].map { condition($0, "\(item.key).when") } ?? Condition()
        guard let node = rule["limit"] else {
          note(item.node, "\(item.key).limit", "is missing; write \(TimeLimit.allowed), or none")
          return nil
        }
        if node.scalar?.string == "none" { return LimitRule(name: name, when: when, limit: nil) }
        let start = rule["from"].flatMap { limitStart($0, "\(item.key).from") } ?? .dispatch
        return limit(node, "\(item.key).limit").map { LimitRule(name: name, when: when, limit: $0, start: start) }
      }
    }
  }

  private mutating func ladder(_ node: Node) {
    policy.ladder = list(node, "ladder").compactMap { item in
      guard let rule = section(item.node, item.key, keys: "ladder[]") else { return nil }
      var read = LadderRule()
      if let node = rule["stages"] { read.stages = words(node, "\(item.key).stages", among: RegisterTable.stages) }
      if let node = rule["when"] { read.when = condition(node, "\(item.key).when") }
      if let node = rule["dueSoon"], let text = text(node, "\(item.key).dueSoon") {
        let words = text.split(separator: " ")
        if words.count == 2, words[1] == "percent", let percent = Int(words[0]), (0...100).contains(percent) {
          read.dueSoonPercent = percent
        } else {
          note(
            node, "\(item.key).dueSoon",
            "`\(text.prefix(64))` is not what is left of the limit; write 0 to 100 percent, as in 20 percent")
        }
      }
      if let node = rule["urge"] { read.urgeAfter = limitOrNever(node, "\(item.key).urge") }
      if let node = rule["supervise"] { read.superviseAfter = limitOrNever(node, "\(item.key).supervise") }
      if let node = rule["answerWithin"] { read.answerWithin = limit(node, "\(item.key).answerWithin") }
      return read
    }
  }

  private mutating func condition(_ node: Node, _ key: String) -> Condition {
    var condition = Condition()
    guard let parts = section(node, key, keys: "when") else { return condition }
    if let node = parts["emergency"], let text = text(node, "\(key).emergency") {
      condition.isEmergency = text == "true" ? true : text == "false" ? false : nil
      if condition.isEmergency == nil {
        note(node, "\(key).emergency", "`\(text.prefix(64))` is neither true nor false")
      }
    }
    if let node = parts["kind"] { condition.kinds = words(node, "\(key).kind", among: RegisterTable.kinds) }
    if let node = parts["priority"] {
      condition.priorities = words(node, "\(key).priority", among: RegisterTable.priorities)
    }
    // Sectors and categories are open lists.
    if let node = parts["sector"] { condition.sectors = words(node, "\(key).sector") }
    if let node = parts["category"] { condition.categories = words(node, "\(key).category") }
    if let node = parts["season"] {
      condition.seasons = list(node, "\(key).season").compactMap { season($0.node, $0.key) }
    }
    if let node = parts["hours"] {
      condition.hours = list(node, "\(key).hours").compactMap { hours($0.node, $0.key, overMidnight: true) }
    }
    return condition
  }

  // MARK: Values

  private mutating func limit(_ node: Node, _ key: String) -> TimeLimit? {
    guard let text = text(node, key) else { return nil }
    let (limit, reason) = TimeLimit.parse(text)
    if limit == nil { note(node, key, "\(reason); allowed: \(TimeLimit.allowed)") }
    return limit
  }

  private mutating func limitStart(_ node: Node, _ key: String) -> LimitStart? {
    guard let text = text(node, key) else { return nil }
    let start = LimitStart(rawValue: text)
    if start == nil { note(node, key, "`\(text.prefix(64))` is neither dispatch nor receipt") }
    return start
  }

  private mutating func limitOrNever(_ node: Node, _ key: String) -> TimeLimit? {
    node.scalar?.string == "never" ? nil : limit(node, key)
  }

  /// `08:30-12:00`; a day ends at 24:00.
  private mutating func hours(_ node: Node, _ key: String, overMidnight: Bool) -> WorkingCalendar.Hours? {
    guard let text = text(node, key) else { return nil }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Self.minutes($0) }
    guard ends.count == 2, let start = ends[0], let end = ends[1], start < 1_440,
      start < end || (overMidnight && start > end)
    else {
      note(node, key, "`\(text.prefix(64))` is not a span of hours; write one as in 08:30-12:00")
      return nil
    }
    return .init(start: start, end: end)
  }

  private static func minutes(_ text: some StringProtocol) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [2, 2], let hour = Int(parts[0]), let minute = Int(parts[1]), (0...59).contains(minute),
      (0...24).contains(hour), hour < 24 || minute == 0
    else { return nil }
    return hour * 60 + minute
  }

  /// `11-15/03-15`.
  private mutating func season(_ node: Node, _ key: String) -> Season? {
    guard let text = text(node, key) else { return nil }
    let ends = text.split(separator: "/").map { part -> Int? in
      // A leap year, so that the 29th of February is a day.
      guard let day = LocalDay("2000-" + part) else { return nil }
      return day.parts.month * 100 + day.parts.day
    }
    guard ends.count == 2, let first = ends[0], let last = ends[1] else {
      note(node, key, "`\(text.prefix(64))` is not a season; write first and last month-day as in 11-15/03-15")
      return nil
    }
    return Season(first: first, last: last)
  }

  /// Days, or spans of days of at most a year as in `2026-10-01/2026-10-07`.
  private mutating func days(_ node: Node, _ key: String) -> Set<LocalDay> {
    var days: Set<LocalDay> = []
    for item in list(node, key) {
      guard let text = text(item.node, item.key) else { continue }
      let ends = text.split(separator: "/", omittingEmptySubsequences: false).map { LocalDay($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        (0...366).contains(last.number - first.number)
      else {
        note(
          item.node, item.key, "`\(text.prefix(64))` is no day; write 2026-10-01, or 2026-10-01/2026-10-07 for several")
        continue
      }
      for number in first.number...last.number { days.insert(LocalDay(number: number)) }
    }
    return days
  }

  private mutating func number(
    _ node: Node?, _ key: String, _ range: ClosedRange<Int>, _ set: (inout Policy, Int) -> Void
  ) {
    guard let node, let text = text(node, key) else { return }
    guard let number = Int(text), range.contains(number) else {
      return note(
        node, key, "`\(text.prefix(64))` is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    set(&policy, number)
  }

  // MARK: Nodes

  /// The values of a section by key; a key that it cannot have is noted.
  private mutating func section(_ node: Node, _ place: String, keys name: String) -> [String: Node]? {
    let known = PolicyFile.keys[name] ?? []
    guard case .mapping(let mapping) = node else {
      note(node, place.isEmpty ? nil : place, "here a section is expected, with \(known.joined(separator: ", "))")
      return nil
    }
    var values: [String: Node] = [:]
    for (keyNode, valueNode) in mapping {
      let key = keyNode.scalar?.string ?? "?"
      guard known.contains(key) else {
        note(
          keyNode, (place.isEmpty ? "" : place + ".") + key.prefix(64),
          "is not a key; known here: \(known.joined(separator: ", "))")
        continue
      }
      values[key] = valueNode
    }
    return values
  }

  /// The elements of a list, each with its key; a single value is a list of one.
  private mutating func list(_ node: Node, _ key: String) -> [(node: Node, key: String)] {
    guard case .sequence(let sequence) = node else {
      if node.scalar != nil, node.null == nil { return [(node, key)] }
      note(node, key, "a list is expected, as in [a, b]")
      return []
    }
    guard sequence.count <= Self.maxRules else {
      note(node, key, "has \(sequence.count) elements; at most \(Self.maxRules) are taken")
      return []
    }
    return sequence.enumerated().map { ($0.element, "\(key)[\($0.offset + 1)]") }
  }

  /// Words; where a list of them is closed, only its own.
  private mutating func words(_ node: Node, _ key: String, among known: [String]? = nil) -> [String] {
    list(node, key).compactMap { item in
      guard let word = text(item.node, item.key, maxBytes: 256) else { return nil }
      if let known, !known.contains(word) {
        note(item.node, item.key, "`\(word.prefix(64))` is not known; there are \(known.joined(separator: ", "))")
        return nil
      }
      return word
    }
  }

  private mutating func text(_ node: Node, _ key: String, maxBytes: Int = 256) -> String? {
    guard let text = node.scalar?.string, node.null == nil, (1...maxBytes).contains(text.utf8.count) else {
      note(node, key, "a text of 1 to \(maxBytes) bytes is expected")
      return nil
    }
    return text
  }

  private mutating func note(_ node: Node, _ key: String?, _ reason: String) {
    faults.append(.init(place: "\(file):\(node.mark?.line ?? 0)", key: key, reason: reason))
  }
}
