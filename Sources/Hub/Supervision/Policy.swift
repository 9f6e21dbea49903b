// The hotline's policy: how long each stage may take, by which calendar, and what happens when it takes longer. Values with the defaults of
// DOMAIN §4; reading the file is PolicyFile's, applying it Deadlines' and Ladder's.

import Core
import Foundation

/// From when a limit of an assignment counts.
enum LimitStart: String, Sendable, CaseIterable {
  case dispatch
  /// From when the platform has it (收到): an outage is none of its time.
  case receipt
}

/// How long a stage may take for the matters that a condition describes.
struct LimitRule: Sendable, Hashable {
  var name: String
  var when = Condition()
  /// Nil: these matters have no limit.
  var limit: TimeLimit?
  var start = LimitStart.dispatch
}

/// What the hub does by itself about a deadline that comes near and passes.
struct LadderRule: Sendable, Hashable {
  /// Empty: every stage.
  var stages: [String] = []
  var when = Condition()
  /// Due soon from when so many percent of the limit are left.
  var dueSoonPercent = 20
  /// So long after the deadline the platform is urged; nil: never by itself.
  var urgeAfter: TimeLimit?
  /// So long after the deadline, and at least as long after the urge as the two lie apart, it is supervised; nil: never by itself.
  var superviseAfter: TimeLimit?
  /// How long the platform then has.
  var answerWithin: TimeLimit?
}

/// How citizens are called back.
struct CallBackRules: Sendable, Hashable {
  /// From which result, 1 to 5, a citizen counts as satisfied.
  var satisfiedFrom = 3
  /// How often someone who does not answer is rung.
  var attempts = 3
  /// And how long after the attempt before.
  var retryAfter = TimeLimit(2, .workingHours)
}

/// Everything that the policy file says.
struct Policy: Sendable, Hashable {
  var name: String
  var calendar: WorkingCalendar
  /// From taking an order to its first dispatch.
  var dispatch: TimeLimit
  /// By stage, the first rule whose condition holds.
  var limits: [String: [LimitRule]]
  /// Extensions of one assignment that may be granted.
  var maxExtensions: Int
  /// The first rule that holds.
  var ladder: [LadderRule]
  var callBacks: CallBackRules
  /// What an urge by the hub itself says; `{stage}` and `{due}` are put in.
  var urgeText: String
  /// What it demands when it supervises.
  var superviseText: String

  /// True if any limit counts from its receipt.
  var countsReceipts: Bool { limits.values.contains { $0.contains { $0.start == .receipt } } }

  /// The rule for a stage of a matter that begins at `since`.
  func rule(for stage: String, of matter: Matter, since: Int) -> LimitRule? {
    limits[stage]?.first { $0.when.holds(of: matter, at: since, calendar.clock) }
  }

  func ladder(for stage: String, of matter: Matter, since: Int) -> LadderRule? {
    ladder.first {
      ($0.stages.isEmpty || $0.stages.contains(stage)) && $0.when.holds(of: matter, at: since, calendar.clock)
    }
  }
}

extension Policy {
  /// The defaults of DOMAIN §4. `deploy/policy.example.yaml` says the same.
  static let standard = Policy(
    name: "standard",
    calendar: WorkingCalendar(
      clock: LocalClock(timeZone: TimeZone(identifier: "Asia/Shanghai") ?? .gmt), weekdays: [1, 2, 3, 4, 5],
      hours: [.init(start: 8 * 60 + 30, end: 12 * 60), .init(start: 13 * 60 + 30, end: 17 * 60 + 30)]),
    dispatch: TimeLimit(1, .minutes),
    limits: [
      "accept": [
        LimitRule(name: "danger", when: Condition(isEmergency: true), limit: TimeLimit(15, .minutes)),
        LimitRule(
          name: "supply", when: Condition(sectors: ["water", "power", "gas", "heat"]), limit: TimeLimit(30, .minutes)),
        LimitRule(name: "other", limit: TimeLimit(1, .workingDays)),
      ],
      "contact": [],
      "arrive": [
        LimitRule(
          name: "danger-gas", when: Condition(isEmergency: true, sectors: ["gas"]), limit: TimeLimit(30, .minutes)),
        LimitRule(name: "danger", when: Condition(isEmergency: true), limit: TimeLimit(60, .minutes)),
      ],
      "makeSafe": [],
      "complete": [
        LimitRule(name: "danger", when: Condition(isEmergency: true), limit: TimeLimit(240, .minutes)),
        LimitRule(name: "repair", when: Condition(kinds: ["repair"]), limit: TimeLimit(1_440, .minutes)),
        LimitRule(name: "enquiry", when: Condition(kinds: ["enquiry", "help"]), limit: TimeLimit(3, .workingDays)),
        LimitRule(name: "other", limit: TimeLimit(5, .workingDays)),
      ],
    ],
    maxExtensions: 2,
    ladder: [
      LadderRule(
        when: Condition(isEmergency: true), dueSoonPercent: 50, urgeAfter: TimeLimit(1, .minutes),
        superviseAfter: TimeLimit(15, .minutes), answerWithin: TimeLimit(30, .minutes)),
      LadderRule(
        stages: ["complete"], dueSoonPercent: 20, urgeAfter: TimeLimit(5, .minutes),
        superviseAfter: TimeLimit(1, .workingDays), answerWithin: TimeLimit(1, .workingDays)),
      LadderRule(
        dueSoonPercent: 20, urgeAfter: TimeLimit(5, .minutes), superviseAfter: TimeLimit(2, .workingHours),
        answerWithin: TimeLimit(2, .workingHours)),
    ],
    callBacks: CallBackRules(),
    urgeText: "{stage}已超时(时限 {due}),请立即办理。",
    superviseText: "督办:{stage}时限 {due} 已过,请立即办理并反馈。")
}
