// The console's page of the hub's health: who has it examined, that nothing waits for the examination, and that what was found is said in
// the reader's language.

import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleHealthTests {
  private func alter(_ console: ConsoleFixture, _ sql: String) throws {
    _ = try console.parts.database.write { try $0.execute(sql, []) }
  }

  @Test func anExaminationIsAskedForMadeBesideThePageAndShownWithItsTime() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.order([.init("title", "爆管")])
      let browser = try await console.signedIn(as: .operator, language: .en)
      let before = try await browser.get("/health").main
      #expect(before.contains(HealthPhrase.none.said(in: .en)) && before.contains("action=\"/health\""))
      #expect(console.hotline.examineIfWanted() == nil, "nobody asked")

      let asked = try await browser.post("/health", [])
      #expect(asked.status == 303 && asked["Location"] == "/health?done=health.asked")
      let meanwhile = try await browser.get("/health").main
      #expect(meanwhile.contains(HealthPhrase.waiting.said(in: .en)) && !meanwhile.contains("action=\"/health\""))

      let report = try #require(console.hotline.examineIfWanted())
      guard case .findings(let findings) = report.outcome else {
        Issue.record("\(report.outcome)")
        return
      }
      #expect(!report.isFixing && findings.allSatisfy { $0.isWell })
      let after = try await browser.get("/health").main
      #expect(after.contains(HealthPhrase.allWell.said(in: .en)) && after.contains("action=\"/health\""))
      #expect(after.contains(ConsoleTimes.short(report.finished)))
      #expect(after.ranges(of: "<tr data-row>").count == findings.count)
    }
  }

  @Test func whatIsWrongStandsFirstAndIsPutRightByAnAdministratorAlone() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.order([.init("title", "爆管")])
      try alter(console, "UPDATE tally SET orders = orders + 7")
      let op = try await console.signedIn(as: .operator)
      _ = try await op.post("/health", [])
      console.hotline.examineIfWanted()
      let shown = try await op.get("/health").main
      let first = try #require(shown.components(separatedBy: "<tr data-row>").dropFirst().first)
      #expect(first.contains("工单计数") && first.contains("请“修复”，重新计数"))
      #expect(shown.contains(HealthPhrase.someWrong.said(in: .zh, ["1"])))
      #expect(!shown.contains("action=\"/health/fix\""))
      #expect(try await op.post("/health/fix", []).status == 403)
      #expect(console.hotline.examineIfWanted() == nil)

      let administrator = try await console.signedIn(as: .administrator)
      #expect(try await administrator.get("/health").main.contains("action=\"/health/fix\""))
      #expect(try await administrator.post("/health/fix", []).status == 303)
      #expect(try #require(console.hotline.examineIfWanted()).isFixing)
      let repaired = try await administrator.get("/health").main
      #expect(repaired.contains(HealthPhrase.repaired.said(in: .zh)) && repaired.contains("已重新计数"))
      #expect(try console.hotline.doctor()["ok"] == true)
      let audit = try await administrator.get("/audit").main
      #expect(audit.contains(Vocabulary.auditAction.texts(AuditAction.storeRepaired.rawValue)?.zh ?? "?"))
    }
  }

  @Test func whoAsksWhileOneGoesOnGetsThatOneAndARepairComesAfterIt() {
    let checkup = Checkup()
    checkup.want(fixing: true)
    checkup.want(fixing: false)
    #expect(checkup.standing.wanted == true, "who only looks does not take the repair back")
    #expect(checkup.standing.isUnderWay && checkup.standing.running == nil)
  }

  @Test func aHubThatStopsLeavesAnExaminationUnfinished() throws {
    let world = try HubWorld()
    _ = try world.dispatched(to: "water")
    world.hotline.checkup.want(fixing: false)
    #expect(world.hotline.examineIfWanted(isStopping: { true }) == nil)
    #expect(!world.hotline.checkup.standing.isUnderWay && world.hotline.checkup.standing.last == nil)
  }

  @Test func askedWhileOneGoesOnOnlyARepairFollowsIt() throws {
    let world = try HubWorld()
    _ = try world.dispatched(to: "water")
    let checkup = world.hotline.checkup
    checkup.want(fixing: false)
    var isFirst = true
    world.hotline.examineIfWanted(progressed: {
      guard isFirst else { return }
      isFirst = false
      #expect(checkup.standing.running?.isFixing == false)
      checkup.want(fixing: false)
      #expect(checkup.standing.wanted == nil)
      checkup.want(fixing: true)
      #expect(checkup.standing.wanted == true)
    })
    #expect(checkup.standing.last?.isFixing == false)
    #expect(world.hotline.examineIfWanted()?.isFixing == true)
  }

  @Test func everythingThatADoctorSaysIsInChineseToo() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    _ = try world.perform(.note(text: "hurry", visibility: "all"), on: order)
    let missing = world.directory + "/missing"
    var findings = MachineFindings.disk(world.directory)
    findings += [
      MachineFindings.secrets([missing], fixing: false),
      MachineFindings.databaseFiles(world.directory + "/hub.db", fixing: false), MachineFindings.libraries(),
    ]
    findings += try world.hotline.findings(fixing: false)
    func alter(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }
    for sql in ["UPDATE tally SET orders = orders + 7", "UPDATE orders SET digest = zeroblob(32)"] {
      try alter(sql)
      for fixing in [false, true] { findings += try world.hotline.findings(fixing: fixing) }
    }
    try alter("UPDATE orders SET state = X'00'")
    findings += try world.hotline.findings(fixing: true)
    // Not to be put right: what comes after it could not be looked at.
    for sql in ["UPDATE platform SET feed_head = feed_head + 1", "UPDATE change SET line = X'7B7D' WHERE n = 2"] {
      try alter(sql)
      findings += try world.hotline.findings(fixing: false)
    }
    #expect(findings.contains { !$0.isWell } && findings.contains { $0.repair != nil })
    for finding in findings {
      #expect(HealthWords.name(finding.name, in: .zh) != nil, "\(finding.name)")
      for sentence in [finding.detail, finding.remedy, finding.repair].compactMap(\.self) {
        #expect(HealthWords.said(sentence, in: .zh) != nil, "\(finding.name): \(sentence)")
      }
    }
  }
}
