// `resync` at the agent: which body a line sends, when the one that was asked for has ended, and how its end and a status read.

import ArgumentParser
import Core
import Foundation
import Testing

@testable import Agent
@testable import Shell

private let now = 1_796_000_000_000
private let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: now)

private func command(_ line: String...) throws -> ResyncCommand {
  try #require(try AgentCommand.parseAsRoot(["resync"] + line) as? ResyncCommand)
}

private func report(_ change: (inout ReconcileReport) -> Void = { _ in }) -> JSON {
  var report = ReconcileReport()
  report.checked = 120
  report.messages = 3
  report.bytes = 3_072
  report.milliseconds = 1_250
  change(&report)
  return report.json
}

@Suite struct ResyncCommandTests {
  @Test func aLineSaysWhatIsCompared() throws {
    #expect(try command().body == .object([]))
    #expect(
      try command("--full", "--order", "20261125-000001", "--dry-run").body
        == ["full": true, "dryRun": true, "order": "20261125-000001"])
    #expect(try command("--wait", "1m").wait?.seconds == 60)
    #expect(throws: (any Error).self) { try command("--wait", "1m", "--no-wait") }
    #expect(ResyncCommand.configuration.discussion.contains("the comparison goes on"))
  }

  @Test func whoAskedWaitsForThatOneAndNoOther() throws {
    let waiting: JSON = ["state": "waiting", "number": 4, "report": ["sent": 9]]
    let course = ResyncCourse(asked: waiting)
    #expect(try !course.hasEnded(waiting))
    #expect(try !course.hasEnded(["state": "comparing", "number": 4]))
    #expect(try course.hasEnded(["state": "idle", "number": 5]))
    #expect(try course.hasEnded(["state": "waiting", "number": 5]))
    #expect(try ResyncCourse(asked: ["state": "idle", "number": 5]).hasEnded(["state": "idle", "number": 5]))
  }

  @Test func whatWillNeverEndIsNotWaitedFor() throws {
    let course = ResyncCourse(asked: ["state": "waiting", "number": 4])
    #expect(throws: CommandFailure.self) { try course.hasEnded(["state": "idle", "number": 0]) }
    let forked: JSON = [
      "state": "waiting", "number": 4, "link": ["state": "forked", "reason": "water.x:3 has two contents"],
    ]
    let failure = #expect(throws: CommandFailure.self) { try course.hasEnded(forked) }
    #expect(failure?.message.contains("water.x:3") == true)
    let settling: JSON = ["state": "waiting", "number": 4, "link": ["state": "forked", "settling": true]]
    #expect(try !course.hasEnded(settling), "a fork of an own run passes by itself")
    let offline: JSON = ["state": "waiting", "number": 4, "link": ["state": "offline", "reason": "no connection"]]
    #expect(try !course.hasEnded(offline))
    #expect(ResyncPrinting.note(offline) == "waits for its turn; link offline: no connection")
    #expect(ResyncPrinting.note(["state": "comparing", "differing": 2, "link": ["state": "online"]]) == "2 differ")
  }

  @Test func whoJoinsOneUnderWayIsToldSo() throws {
    let asked = ResyncPrinting.progress(["state": "waiting"], on: page).first
    #expect(asked?.hasPrefix("Asked for.") == true)
    let joined: JSON = ["state": "comparing", "number": 4, "joined": true]
    #expect(ResyncPrinting.progress(joined, on: page).first?.hasPrefix("Under way already.") == true)
    #expect(try !ResyncCourse(asked: joined).hasEnded(joined))
    #expect(ResyncRequest().words == "without options")
  }

  @Test func theEndReadsAsASentenceAndFigures() {
    func lines(_ report: JSON) -> [String] { ResyncPrinting.report(["report": report], on: page) }
    let nothing = lines(report())
    #expect(nothing.first == "Orders    120 checked, 0 differing")
    #expect(nothing.contains("Cost      3 messages, 3.0 KiB, 1.2 s"))
    #expect(nothing.last == "Nothing to do: both sides hold the same.")
    let healed = lines(
      report {
        $0.differing = 2
        $0.sent = 5
        $0.received = 7
        $0.repaired = 1
      })
    #expect(healed.contains("Changes   5 sent, 7 received, 0 refused, 0 unresolved"))
    #expect(healed.contains("Repaired  1") && !healed.contains { $0.contains("Nothing") })
    let dry = lines(
      report {
        $0.isDryRun = true
        $0.differing = 2
      })
    #expect(dry.last?.hasPrefix("Nothing was changed. Without --dry-run") == true)
    #expect(lines(report { $0.isDryRun = true }).last == "Nothing to do: both sides hold the same.")
    #expect(!lines(report { $0.repaired = 1 }).contains { $0.contains("Nothing to do") })
  }

  @Test func theEndNamesWhatWasPutRightAndWhatWasRefused() throws {
    let order = OrderID(maker: .hub, milliseconds: 1_764_000_000_000, random: [3])
    let dot = Dot(try ReplicaID("water.aaaaaaaaaaaaaaaa"), 4)
    let lines = ResyncPrinting.report(
      [
        "report": report { report in
          var repairs = Repairs()
          repairs.note(Repair(.line, order: order, dot: dot))
          for _ in 0..<11 { repairs.note(Repair(.state, order: order)) }
          report.noteRepaired(repairs)
          report.noteRefused([(dot, "the receipt is not this hub's")])
        }
      ], on: page)
    let begin = try #require(lines.firstIndex(of: "Put right:"))
    #expect(lines[begin + 1] == "  the line of \(dot) in order \(order)")
    #expect(lines[begin + 10] == "  the state of order \(order)" && lines[begin + 11] == "  and 2 more")
    #expect(lines.suffix(2) == ["The hub refused:", "  \(dot): the receipt is not this hub's"])
  }

  @Test func whatStaysApartIsAFailure() {
    #expect(ResyncPrinting.failure(report { $0.sent = 3 }) == nil)
    let failure = ResyncPrinting.failure(
      report {
        $0.refused = 1
        $0.unresolved = 2
      })
    #expect(failure?.status == .failure && failure?.remedy?.contains("doctor") == true)
    #expect(failure?.message.contains("refused 1 ") == true && failure?.message.contains("2 changes") == true)
  }

  @Test func aStatusTellsOfTheLastComparisonAndWhyItWasMade() {
    func words(_ reason: String, state: String = "idle", due: Bool = false, _ report: JSON) -> String {
      let healing: JSON = [
        "due": .bool(due), "state": .string(state),
        "last": ["at": .int(now - 180_000), "reason": .string(reason), "report": report],
      ]
      return HealingPrinting.comparison(healing, page)
    }
    #expect(words("local", report()) == "last 3 m ago (asked for here): both sides held the same")
    let healed = report {
      $0.differing = 2
      $0.sent = 5
    }
    #expect(words("hub-went-back", healed) == "last 3 m ago (the hub had gone back): 2 orders differed, 5 sent")
    #expect(
      words("0j1v2", state: "comparing", due: true, report())
        == "under way; last 3 m ago (the hub asked): both sides held the same")
    #expect(words("local", due: true, report()).hasPrefix("due: the hub has gone back"))
    #expect(HealingPrinting.comparison(["due": false, "state": "waiting"], page).hasPrefix("asked for, begins"))
  }

  @Test func aComparisonThatFindsNothingDoesNotHideTheLastThatFoundSomething() {
    func row(_ hoursAgo: Int, _ reason: String, _ report: JSON) -> JSON {
      ["at": .int(now - hoursAgo * 3_600_000), "reason": .string(reason), "report": report]
    }
    let healed = row(5, HealingReason.hubWentBack, report { $0.refused = 2 })
    let rows = [
      row(1, "c2", report()), row(3, HealingReason.clone, report { $0.repaired = 1 }), row(4, "c1", report()), healed,
      row(6, "c0", report { $0.differing = 9 }),
    ]
    let told = ToldHealings(rows)
    #expect(told.last == rows[0] && told.lastFound == healed && told.clone == rows[1])
    #expect(ToldHealings([]).lastFound == nil && ToldHealings([rows[0]]).lastFound == nil)
    func words(_ last: JSON) -> String {
      HealingPrinting.comparison(["due": false, "state": "idle", "last": last, "lastFound": healed], page)
    }
    #expect(
      words(rows[0]) == "last 1 h ago (the hub asked): both sides held the same;"
        + " the last that found something 5 h ago (the hub had gone back): 2 refused")
    #expect(words(healed) == "last 5 h ago (the hub had gone back): 2 refused")
  }

  @Test func aStatusNamesWhatIsMissingAndWhatIsSaidToBeLost() {
    let lines = StatusPrinting.status(
      [
        "healing": [
          "due": false, "state": "idle", "missing": [["replica": "water.x", "missing": "5-7"]],
          "lost": [["replica": "gas.y", "lost": "1"], ["replica": "water.x", "lost": "2, 4"]],
        ]
      ], on: page)
    #expect(lines.contains { $0.hasPrefix("Missing") && $0.hasSuffix("water.x 5-7: not yet sent again, or lost") })
    #expect(lines.contains { $0.hasPrefix("Lost") && $0.contains("gas.y 1; water.x 2, 4: said to be lost") })
    let none = StatusPrinting.status(["healing": ["due": false, "missing": [], "lost": []]], on: page)
    #expect(!none.contains { $0.hasPrefix("Missing") || $0.hasPrefix("Lost") })
  }

  @Test func aStatusTellsWhetherABackupWasEverChecked() {
    let never = StatusPrinting.status(["healing": ["due": false, "state": "idle"]], on: page)
    #expect(never.contains { $0.contains("no backup was ever checked") })
    let check: JSON = ["at": .int(now - 3_600_000), "created": .int(now - 7_200_000), "changes": 9]
    let checked = StatusPrinting.status(["healing": ["lastCheck": check]], on: page)
    #expect(checked.contains { $0.contains("was made 2 h ago, checked 1 h ago") })
  }
}

@Suite struct ReconcilerTests {
  @Test func oneAtATimeAndTheHubsRequestIsKeptForAfter() {
    let reconciler = Reconciler()
    #expect(reconciler.want(ResyncRequest(isFull: true)))
    #expect(!reconciler.want(ResyncRequest()))
    #expect(reconciler.begin(now: 1)?.isFull == true)
    reconciler.compare(ReconcileWalk())
    #expect(reconciler.begin(now: 2) == nil && !reconciler.want(ResyncRequest()))
    reconciler.wantFromHub(ResyncRequest(command: "c1"))
    reconciler.finish(ReconcileReport())
    #expect(reconciler.isWanted && reconciler.document(orders: 0)["number"] == 1)
    #expect(reconciler.begin(now: 3)?.command == "c1")
  }

  @Test func oneWhoseBeginningFailedBeginsAgain() {
    let reconciler = Reconciler()
    #expect(reconciler.want(ResyncRequest(isFull: true)))
    // The store was read in vain, so that there is no walk.
    #expect(reconciler.begin(now: 1) == ResyncRequest(isFull: true))
    #expect(reconciler.document(orders: 5)["state"] == "rebuilding")
    #expect(reconciler.begin(now: 2) == ResyncRequest(isFull: true))
    #expect(reconciler.begunAt == 2)
  }

  @Test func theReasonIsTheHubsLossBeforeWhoeverAsked() {
    let reconciler = Reconciler()
    #expect(reconciler.reason(isDue: false) == HealingReason.local)
    reconciler.wantFromHub(ResyncRequest(command: "c1"))
    _ = reconciler.begin(now: 1)
    #expect(reconciler.reason(isDue: false) == "c1")
    #expect(reconciler.reason(isDue: true) == HealingReason.hubWentBack)
  }
}
