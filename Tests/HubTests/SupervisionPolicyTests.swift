// The policy file: the example is the defaults, what is left out stays, and everything that is wrong is named with line and key.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct SupervisionPolicyTests {
  private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../deploy/policy.example.yaml").standardized.path

  private func parse(_ text: String) throws -> Policy { try PolicyFile.parse(text, name: "policy.yaml") }

  private func faults(_ text: String) -> [String] {
    do {
      _ = try parse(text)
      return []
    } catch let failure as PolicyFailure {
      return failure.faults.map { "\($0.place) \($0.key ?? "") \($0.reason)" }
    } catch {
      return ["\(error)"]
    }
  }

  @Test func theExampleFileSaysTheDefaultsAndHasEveryKey() throws {
    #expect(try PolicyFile.read(Self.example) == .standard)
    let text = try String(contentsOfFile: Self.example, encoding: .utf8)
    for key in PolicyFile.keys.values.flatMap(\.self) {
      #expect(text.contains("\(key):"), "\(key) is not in the example")
    }
  }

  @Test(arguments: ["", "# nothing\n", "name: standard\n", "calendar:\n  timeZone: Asia/Shanghai\n"])
  func whatAFileLeavesOutStaysAsTheDefaultsHaveIt(text: String) throws {
    #expect(try parse(text) == .standard)
  }

  @Test func aStageThatIsGivenReplacesItsRulesAndNoOther() throws {
    let policy = try parse(
      """
      limits:
        arrive:
          - when: { sector: heat, season: 11-15/03-15, hours: "22:00-06:00", category: ["nyc311:HEAT*"] }
            limit: 120 minutes
          - when: { kind: praise }
            limit: none
          - { limit: 2 days }
      """)
    #expect(policy.limits["arrive"]?.map(\.name) == ["1", "2", "3"])
    #expect(policy.limits["complete"] == Policy.standard.limits["complete"])
    var matter = Matter()
    matter.sector = "heat"
    matter.category = "nyc311:HEATING"
    func limit(_ time: String) throws -> TimeLimit? {
      policy.rule(for: "arrive", of: matter, since: try Tale.time(time))?.limit
    }
    #expect(try limit("2026-12-24 23:00") == TimeLimit(120, .minutes))
    #expect(try limit("2027-03-15 05:59") == TimeLimit(120, .minutes))
    #expect(try limit("2027-03-16 05:59") == TimeLimit(2, .days), "the season is over")
    #expect(try limit("2026-12-24 06:00") == TimeLimit(2, .days), "the night is over")
    matter.category = "HVAC"
    #expect(try limit("2026-12-24 23:00") == TimeLimit(2, .days))
    matter.kind = "praise"
    #expect(try limit("2026-12-24 23:00") == nil)
  }

  @Test func holidaysMayBeSpans() throws {
    let policy = try parse("calendar:\n  holidays: [2026-10-01/2026-10-07, 2027-01-01]\n  makeUpDays: 2026-10-10\n")
    #expect(policy.calendar.holidays.count == 8)
    #expect(policy.calendar.makeUpDays.map(\.description) == ["2026-10-10"])
  }

  @Test(arguments: [
    ("limit:\n", "policy.yaml:1 limit"), ("name: x\nnames: y\n", "policy.yaml:2 names"),
    ("dispatch: 1 minute\n", "policy.yaml:1 dispatch `minute` is not a unit"),
    ("dispatch: 1min\n", "policy.yaml:1 dispatch"), ("dispatch: [1 minutes]\n", "policy.yaml:1 dispatch"),
    (
      "limits:\n  accept:\n    - { limit: 15 minutes }\n    - { limit: 2 hours }\n",
      "policy.yaml:4 limits.accept[2].limit `hours` is not a unit"
    ),
    ("limits:\n  accept:\n    - { when: { kind: repair } }\n", "policy.yaml:3 limits.accept[1].limit is missing"),
    ("limits:\n  finish: []\n", "policy.yaml:2 limits.finish is not a key"),
    (
      "limits:\n  accept:\n    - when: { kind: flood }\n      limit: 1 days\n",
      "policy.yaml:3 limits.accept[1].when.kind"
    ),
    (
      "limits:\n  accept:\n    - { when: { season: 31-12/01-01 }, limit: 1 days }\n",
      "policy.yaml:3 limits.accept[1].when.season"
    ),
    ("calendar:\n  timeZone: Mars/Olympus\n", "policy.yaml:2 calendar.timeZone"),
    ("calendar:\n  workingDays: []\n", "policy.yaml:2 calendar.workingDays"),
    ("calendar:\n  workingDays: [mon]\n", "policy.yaml:2 calendar.workingDays[1]"),
    ("calendar:\n  workingHours: [\"17:00-09:00\"]\n", "policy.yaml:2 calendar.workingHours"),
    (
      "calendar:\n  workingHours: [\"09:00-12:00\", \"11:00-17:00\"]\n", "policy.yaml:2 calendar.workingHours the spans"
    ),
    ("calendar:\n  holidays: [2026-02-30]\n", "policy.yaml:2 calendar.holidays[1]"),
    ("calendar:\n  holidays: [2026-01-01/2036-01-01]\n", "policy.yaml:2 calendar.holidays[1]"),
    ("requests:\n  maxExtensions: -1\n", "policy.yaml:2 requests.maxExtensions"),
    ("ladder:\n  - { dueSoon: 20% }\n", "policy.yaml:2 ladder[1].dueSoon"),
    ("ladder:\n  - { urge: soon }\n", "policy.yaml:2 ladder[1].urge"),
    ("callBacks: { satisfiedFrom: 6 }\n", "policy.yaml:1 callBacks.satisfiedFrom"),
    ("name: a\nname: b\n", "policy.yaml:1 name is given twice"), ("a: [\n", "policy.yaml:"), ("- x\n", "policy.yaml:1"),
  ])
  func whatIsWrongIsNamedWithLineAndKey(text: String, fault: String) {
    let found = faults(text)
    #expect(found.contains { $0.hasPrefix(fault) }, "\(found)")
  }

  @Test func allFaultsAreToldAtOnce() {
    #expect(faults("dispatch: 1 week\ncalendar:\n  timeZone: x\ntexts: { urge: \"\" }\n").count == 3)
  }
}
