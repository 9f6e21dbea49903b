// A policy as a document: what the operators' API and the console show of it, and by what it is told from another.

import Core

extension TimeLimit {
  var json: JSON { .string(description) }
}

extension Season {
  var text: String {
    [first, last].map { String(format: "%02d-%02d", $0 / 100, $0 % 100) }.joined(separator: "/")
  }
}

extension WorkingCalendar.Hours {
  var text: String {
    String(format: "%02d:%02d-%02d:%02d", start / 60, start % 60, end / 60, end % 60)
  }
}

extension Condition {
  var json: JSON {
    func list(_ texts: [String]) -> JSON? { texts.isEmpty ? nil : .array(texts.map(JSON.string)) }
    return .compact([
      ("emergency", isEmergency.map(JSON.bool)), ("kind", list(kinds)), ("priority", list(priorities)),
      ("sector", list(sectors)), ("category", list(categories)), ("season", list(seasons.map(\.text))),
      ("hours", list(hours.map(\.text))),
    ])
  }
}

extension Policy {
  /// With the keys of its file; lists are sorted where their order means nothing, so that equal policies are equal documents.
  var json: JSON {
    [
      "name": .string(name),
      "calendar": [
        "timeZone": .string(calendar.clock.timeZone.identifier),
        "workingDays": .array(calendar.weekdays.sorted().map { .string(Policy.weekdays[$0 - 1]) }),
        "workingHours": .array(calendar.hours.map { .string($0.text) }),
        "holidays": .array(calendar.holidays.sorted().map { .string($0.description) }),
        "makeUpDays": .array(calendar.makeUpDays.sorted().map { .string($0.description) }),
      ],
      "dispatch": dispatch.json,
      "limits": .object(
        RegisterTable.stages.map { stage in
          JSON.Member(
            stage,
            .array(
              (limits[stage] ?? []).map { rule in
                .compact([
                  ("name", .string(rule.name)), ("when", rule.when.json), ("limit", rule.limit?.json ?? "none"),
                  ("from", rule.start == .dispatch ? nil : .string(rule.start.rawValue)),
                ])
              }))
        }),
      "requests": ["maxExtensions": .int(maxExtensions)],
      "ladder": .array(
        ladder.map { rule in
          .compact([
            ("stages", rule.stages.isEmpty ? nil : .array(rule.stages.map(JSON.string))), ("when", rule.when.json),
            ("dueSoon", .string("\(rule.dueSoonPercent) percent")), ("urge", rule.urgeAfter?.json ?? "never"),
            ("supervise", rule.superviseAfter?.json ?? "never"), ("answerWithin", rule.answerWithin?.json),
          ])
        }),
      "callBacks": [
        "satisfiedFrom": .int(callBacks.satisfiedFrom), "attempts": .int(callBacks.attempts),
        "retryAfter": callBacks.retryAfter.json,
      ],
      "texts": ["urge": .string(urgeText), "supervise": .string(superviseText)],
    ]
  }

  static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
}

extension Supervision {
  /// A number that differs where policy or corrections do.
  var fingerprint: Int {
    let steps = corrections.map { JSON.array([.int($0.since), .int($0.until), .int($0.by)]) }
    let hash = Hash.of(JSON.array([policy.json, .array(steps)]).bytes)
    return hash.bytes.suffix(7).reduce(0) { $0 << 8 | Int($1) }
  }
}
