// What operators are told of a copied machine: by the status, the list of agents and the doctor, and what they can ask for.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct CloneShowingTests {
  private let world: HubWorld
  private let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 1_764_000_060_000)

  init() throws {
    world = try HubWorld()
    let dot = Dot(try FakeAuthor("water").replica, 7)
    try world.parts.database.write { db in
      for agent in ["depot", "other"] {
        try db.execute(
          "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', $1, 1, 0)", [.text(agent)])
      }
      try Clones.note(
        CloneSight(.fork, at: dot), of: dot.replica.platform, agent: "depot", now: 1_764_000_000_000, db)
    }
  }

  @Test func theStatusSaysWhatHappenedThatNothingIsLostAndWhatToDo() throws {
    let status = try world.hotline.status()
    #expect(status["healing"]?["clones"]?.asArray?.count == 1)
    let agents = status["platforms"]?.asArray?.flatMap { $0.list("agents") } ?? []
    #expect(agents.filter { $0["clone"] != nil }.map { $0.text("name") } == ["depot"])
    let text = StatusPrinting.lines(status, on: page).joined(separator: "\n")
    for words in [
      "USED TWICE", "CLONE: two machines use the certificate of water/depot, seen 1 m ago", ":7 came with two contents",
      "Nothing is lost", "Stop one of them", "`lianxin-hub agent revoke water depot`",
      "lianxin-hub agent settle-clone water depot",
    ] { #expect(text.contains(words), "\(words)") }
    #expect(throws: Problem(.badCommand, "a reason has at most 1024 bytes")) {
      try world.hotline.revokeAgent(platform: "water", agent: "depot", reason: String(repeating: "x", count: 1_025))
    }
    _ = try world.hotline.revokeAgent(platform: "water", agent: "depot", reason: "")
    let revoked = StatusPrinting.lines(try world.hotline.status(), on: page).joined(separator: "\n")
    #expect(revoked.contains("is revoked. Enrol the one machine"))
    #expect(!revoked.contains("Stop one of them"))
  }

  @Test func everySignHasItsWords() {
    for sign in ["fork", "chain", "origin", "certificate", "of-a-newer-hub"] {
      let alarm: JSON = [
        "platform": "water", "agent": "depot", "since": 0, "times": 3, "sign": .string(sign), "at": "water.x:7\u{1B}",
      ]
      let healing: JSON = ["clones": [alarm]]
      let lines = HealingPrinting.lines(healing, on: page)
      #expect(lines.contains { $0.contains("3 times") && $0.contains("water.x:7") })
      #expect(!lines.joined().contains("\u{1B}"))
    }
  }

  @Test func theListOfAgentsMarksItAndTheDoctorNamesTheRemedy() throws {
    let list = try #require(
      try HubCommand.parseAsRoot(["agent", "list"]) as? any HubRequestCommand)
    let lines = list.lines(try world.hotline.agents(), on: page)
    #expect(lines.filter { $0.contains("used twice") }.count == 1)
    #expect(lines.contains { $0.contains("depot") && $0.contains("used twice") })
    let doctor = try world.hotline.doctor()
    let check = doctor.list("checks").first { $0["name"] == "one machine for each certificate" }
    #expect(doctor["ok"] == false && check?["ok"] == false)
    #expect(check?.text("remedy").contains("settle-clone") == true)
    _ = try world.hotline.settleClone(
      platform: "water", agent: "depot", author: Author(name: "li", role: "operator"))
    #expect(try world.hotline.doctor()["ok"] == true)
    #expect(!list.lines(try world.hotline.agents(), on: page).joined().contains("used twice"))
  }

  @Test func theCommandNamesPlatformAgentAndWhoSaysSo() throws {
    let command = try HubCommand.parseAsRoot(["agent", "settle-clone", "water", "a/b", "--author", "li"])
    let call = try #require(command as? any HubRequestCommand).call()
    #expect(
      call
        == HubCall(
          path: "/v1/agents/water/a%2Fb/settle-clone", body: ["author": ["name": "li", "role": "operator"]]))
  }

  @Test func keysAreNotRotated() {
    #expect(throws: (any Error).self) { try HubCommand.parseAsRoot(["backup", "--keys", "k.lxb", "--keep", "3"]) }
    #expect(throws: (any Error).self) { try HubCommand.parseAsRoot(["backup", "h.lxb", "--keep", "0"]) }
    #expect(throws: Never.self) { try HubCommand.parseAsRoot(["backup", "h.lxb", "--keep", "1"]) }
  }
}
