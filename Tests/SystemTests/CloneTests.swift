// A machine that was copied, with real processes: an agent's data directory beside itself under one certificate, and one run that two
// processes write. What is lost or put back is in RecoveryTests.swift.

import Core
import Foundation
import Testing

@testable import Agent
@testable import TestSite

extension SystemTests {
  @Suite struct Clones {
    @Test func anAgentThatIsStartedBesideItsOriginalFromACopyOfItsFilesConvergesWithItAndNeedsNobody() throws {
      let site = try Site("water")
      let original = try site.agent("water")
      let orders = try (0..<3).map { _ in try site.dispatched(to: "water") }
      for order in orders { try site.expectEqual(order, at: "water") }
      var texts: [OrderID: [String]] = [:]
      func note(_ name: String, _ daemon: Daemon, _ order: Int) throws {
        for number in 0..<3 {
          let text = "\(name) \(number)"
          texts[orders[order], default: []].append(text)
          #expect(try daemon.note(text, on: orders[order], request: "\(text) \(order)").status == 200)
        }
      }
      #expect(try site.hub.terminate() == 0)
      for order in 0..<2 { try note("unsent", original, order) }
      let copy = try Clones.snapshot(of: original, at: site)
      try copy.start()
      #expect(try copy.outbox == 6 && original.outbox == 6)
      #expect(try copy.status["agent"] == original.status["agent"])
      for (name, daemon, apart) in [("original", original, 1), ("copy", copy, 2)] {
        try note(name, daemon, 0)
        try note(name + " apart", daemon, apart)
        #expect(try daemon.perform("accept", on: orders[apart]).status == 200)
        let made = try daemon.post("/v1/orders", ["registers": ["title": .string(name), "kind": "repair"]])
        texts[try OrderID(made.json.string("order"))] = []
      }
      // What was answered before the copy was made is answered the same by both.
      for daemon in [original, copy] {
        #expect(try daemon.note("unsent 1", on: orders[1], request: "unsent 1 1").json["repeated"] == true)
      }
      try site.restartHub()
      for (name, daemon) in [("original", original), ("copy", copy)] { try note(name + " later", daemon, 2) }

      try Clones.expectSame([original, copy], as: site.hub)
      #expect(try site.hub.orders() == Set(texts.keys))
      for daemon in [site.hub, original, copy] {
        for (order, noted) in texts {
          #expect(try daemon.notes(order).sorted() == noted.sorted(), "\(order) at \(daemon.data)")
        }
      }
      for order in texts.keys {
        let shown = try site.hub.order(order)
        #expect(shown["conflicts"] == [] && shown["contradictions"] == [])
        #expect(shown.history.allSatisfy { $0["origin"] == nil }, "nothing was to be written again")
      }
      for daemon in [original, copy] {
        #expect(try daemon.status["healing"]?["clone"] == nil)
        let again = try daemon.resync(full: true)
        #expect(again.foundNothing, "\(again)")
      }
      #expect(try site.hub.status["healing"]?["clones"] == [], "no run was written twice")
      try Clones.expectWell([original, copy], site.hub)
    }

    @Test func aCopyThatWroteItsOriginalsRunWritesAgainUnderAnotherOneAndTheOperatorsAreTold() throws {
      let site = try Site("water")
      let original = try site.agent("water")
      let order = try Clones.accepted(at: site)
      let copy = try Clones.snapshot(of: original, at: site)
      let first = try Clones.write("onSite", "original", at: original, order)
      try original.settle()
      var second = try Clones.writeSameRun("working", "copy", at: copy, order)
      #expect(first.dots == second.dots, "one run, the same dots")
      #expect(try site.hub.terminate() == 0)
      // The copy's process starts anew, offline: its people go on from what its first process wrote.
      try copy.start()
      second.dots.append(try copy.note("anew", on: order, request: "anew").json.string("dot"))
      second.notes.append("anew")
      try site.restartHub()
      try Clones.expectSettled(site, order, by: copy, second, other: original, first)
    }

    @Test func aRunningAgentWhoseCopyWasSoonerAtTheHubWritesAgainWhatItHadUnsentAndWorksOnMeanwhile() throws {
      let site = try Site("water")
      let original = try site.agent("water")
      let order = try Clones.accepted(at: site)
      #expect(try site.hub.terminate() == 0)
      let copy = try Clones.snapshot(of: original, at: site)
      var first = try Clones.write("onSite", "original", at: original, order)
      let second = try Clones.writeSameRun("working", "copy", at: copy, order)
      #expect(first.dots == second.dots, "one run, the same dots")
      try Clones.whileHalted(original) {
        try site.restartHub()
        try copy.start()
        try eventually("the hub has the copy's") { try copy.link == "online" && copy.outbox == 0 }
      }
      try eventually("it has written again") {
        let text = "meanwhile \(first.notes.count)"
        first.notes.append(text)
        try #require(original.note(text, on: order, request: text).status == 200)
        let status = try original.status
        return status["link"]?["state"] == "online" && status["healing"]?["clone"] != nil
      }
      try Clones.expectSettled(site, order, by: original, first, other: copy, second)
    }
  }
}

// MARK: Two machines from one

extension SystemTests.Clones {
  /// Stops every thread of a daemon as long as `body` runs.
  private static func whileHalted<Value>(_ daemon: Daemon, _ body: () throws -> Value) throws -> Value {
    let pid = daemon.pid
    Foundation.kill(pid, SIGSTOP)
    defer { Foundation.kill(pid, SIGCONT) }
    try eventually("\(pid) stands still") {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").allSatisfy { thread in
        // The state follows the name, which stands in brackets.
        let stat = try String(contentsOfFile: "/proc/\(pid)/task/\(thread)/stat", encoding: .utf8)
        return stat.split(separator: ")").last?.hasPrefix(" T") == true
      }
    }
    return try body()
  }

  /// Copies a running agent's files as they are at one moment, as a snapshot of its machine does. The copy's daemon is not started.
  private static func snapshot(of agent: Daemon, at site: Site) throws -> Daemon {
    let copy = site.daemon("copy")
    let manager = FileManager.default
    try manager.createDirectory(atPath: copy.data, withIntermediateDirectories: false)
    try whileHalted(agent) {
      for name in try manager.contentsOfDirectory(atPath: agent.data) where agent.data + "/" + name != agent.socket {
        try manager.copyItem(atPath: agent.data + "/" + name, toPath: copy.data + "/" + name)
      }
    }
    let log = try Data(contentsOf: URL(fileURLWithPath: copy.data + "/agent.db-wal"))
    #expect(log.count > 0, "what was recorded last is in the log beside the database")
    return copy
  }

  /// An order that the agent accepted, known to both sides: its run is begun, and longer than one greeting can ask about at each place.
  private static func accepted(at site: Site) throws -> OrderID {
    let order = try site.dispatched(to: "water")
    let agent = try site.agent("water")
    #expect(try agent.perform("accept", on: order).status == 200)
    for text in before { #expect(try agent.note(text, on: order, request: text).status == 200) }
    try site.expectEqual(order, at: "water")
    return order
  }

  private static let before = (0..<80).map { "before \($0)" }
  private static let caller: JSON = ["name": "Li", "phone": "13800000000"]

  /// What one of the two recorded after the copy was made.
  private struct Written {
    /// An order of its own making, with a caller.
    let order: OrderID
    var dots: [String]
    /// The texts, which are the request ids too.
    var notes: [String]
  }

  /// An order, a step and two notes through the daemon.
  private static func write(_ step: String, _ name: String, at daemon: Daemon, _ order: OrderID) throws -> Written {
    let notes = ["\(name) 0", "\(name) 1"]
    let answers =
      try [
        daemon.post("/v1/orders", ["registers": ["title": .string(name), "kind": "repair", "caller": caller]]),
        daemon.perform("progress", on: order, ("step", .string(step))),
      ] + notes.map { try daemon.note($0, on: order, request: $0) }
    for answer in answers { try #require(answer.status == 200, "\(answer)") }
    return Written(
      order: try OrderID(answers[0].json.string("order")), dots: try answers.map { try $0.json.string("dot") },
      notes: notes)
  }

  /// As ``write(_:_:at:_:)`` in a second process with the first one's memory, which no copy of files has: under the original's
  /// present run.
  private static func writeSameRun(
    _ step: String, _ name: String, at copy: Daemon, _ order: OrderID
  ) throws -> Written {
    let files = AgentFiles(data: copy.data)
    let store = try AgentStore(path: files.database, lock: files.lock, platform: try PlatformName("water")) { count in
      (0..<count).map { _ in UInt8.random(in: .min ... .max) }
    }
    let newest = try store.database.read { database in
      try database.first("SELECT id FROM replica ORDER BY run DESC LIMIT 1") { try ReplicaID($0.text(0)) }
    }
    store.memory.withLock { $0.present = newest }
    let author = Author(name: "local", role: "crew")
    let made = try store.create(
      registers: [.init("title", .string(name)), .init("kind", "repair"), .init("caller", caller)], author: author,
      request: nil, now: Wall.now)
    let notes = ["\(name) 0", "\(name) 1"]
    let commands: [(command: Command, request: String?)] =
      [(.progress(step: step), nil)] + notes.map { (.note(text: $0, visibility: "all"), $0) }
    let recorded =
      try [made]
      + commands.map { try store.perform($0.command, on: order, author: author, request: $0.request, now: Wall.now) }
    #expect(recorded.allSatisfy { $0.dot.replica == newest })
    try store.database.close()
    return Written(order: made.order, dots: recorded.map(\.dot.description), notes: notes)
  }
}

// MARK: What must hold afterwards

extension SystemTests.Clones {
  /// Waits until all the agents are in step and hold the hub's bytes of everything. Nobody asks them to: that is their business.
  private static func expectSame(
    _ agents: [Daemon], as hub: Daemon, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var differing = ""
    do {
      try eventually("the agents and the hub are equal", within: 60) {
        // First that all of them have sent everything: from then on the hub has no more than now.
        for agent in agents {
          let status = try agent.status
          differing = "\(status)"
          guard status["link"]?["state"] == "online", status["outbox"]?["depth"] == 0 else { return false }
        }
        let orders = try hub.orders()
        return try agents.allSatisfy { agent in
          differing = "the lists of orders or changes at \(agent.data)"
          guard try agent.orders() == orders, try agent.lines() == hub.lines() else { return false }
          return try orders.allSatisfy { order in
            differing = "\(order) at \(agent.data)"
            return try agent.state(order) == hub.state(order)
          }
        }
      }
    } catch let error as NotInTime {
      Issue.record("\(error); \(differing)", sourceLocation: sourceLocation)
      throw error
    }
  }

  /// That nothing was put aside or waits, and that the doctors agree.
  private static func expectWell(
    _ agents: [Daemon], _ hub: Daemon, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for agent in agents {
      let status = try agent.status
      for what in ["waiting", "quarantined", "voided"] {
        #expect(status[what] == 0, "\(what) at \(agent.data)", sourceLocation: sourceLocation)
      }
    }
    #expect(try hub.get("/v1/quarantine").json["quarantine"] == [], sourceLocation: sourceLocation)
    for order in try hub.orders() {
      let history = try hub.order(order).history
      #expect(
        history.allSatisfy { $0["void"] == false && $0["superseded"] == nil }, "\(order)",
        sourceLocation: sourceLocation)
    }
    for daemon in agents + [hub] {
      let doctor = try daemon.command("doctor")
      #expect(doctor.status == 0, "\(daemon.data): \(doctor.all)", sourceLocation: sourceLocation)
    }
  }

  /// That `second` wrote again under another run what it had written under that of both, that all of both is everywhere, and that
  /// people are told until they say that it is over.
  private static func expectSettled(
    _ site: Site, _ order: OrderID, by second: Daemon, _ its: Written, other first: Daemon, _ others: Written
  ) throws {
    try expectSame([first, second], as: site.hub)
    let daemons = [site.hub, first, second]
    // Both contents are at the hub, each dot's other one under a new run.
    let orders = [order, its.order, others.order]
    #expect(try site.hub.orders() == Set(orders))
    let rows = try orders.flatMap { try site.hub.json("orders", "show", $0.text).history }
    let again = rows.filter { $0["origin"] != nil }
    let origins = again.compactMap { $0["origin"]?.asString }
    #expect(Set(origins).count == origins.count && Set(its.dots).isSubset(of: origins), "\(origins)")
    let runs = try Set(again.map { try Dot($0.string("dot")).replica })
    let twice = try Dot(try #require(others.dots.first)).replica
    #expect(runs.count == 1 && !runs.contains(twice), "\(runs)")
    for dot in others.dots {
      let held = rows.filter { $0["dot"]?.asString == dot }
      #expect(held.count == 1 && held.allSatisfy { $0["origin"] == nil }, "\(dot)")
    }
    let shown = try site.hub.order(order)
    let register = try #require(shown["conflicts"]?.asArray?.first?.asString)
    let siblings = shown["registers"]?[register]?["siblings"]?.asArray ?? []
    #expect(siblings.compactMap { $0["value"]?.asString }.sorted() == ["onSite", "working"], "\(register)")
    for daemon in daemons {
      #expect(try daemon.notes(order).sorted() == (before + its.notes + others.notes).sorted())
      #expect(try daemon.order(order)["conflicts"] == [.string(register)])
      for made in [its.order, others.order] {
        // The hub shows whom it concerns to who asks for it.
        let document =
          daemon.program == .hub ? try daemon.post("/v1/orders/\(made)/reveal", [:]).json : try daemon.order(made)
        #expect(document.shown("caller") == caller)
      }
    }
    #expect(try second.command("conflicts").output.contains(register))
    // A command that is repeated is answered with its change as it is now.
    let repeated = try second.note("repeated", on: order, request: its.notes[0]).json
    #expect(repeated["repeated"] == true)
    #expect(again.contains { $0["dot"] == repeated["dot"] }, "\(repeated)")
    try expectTold(site, by: second, other: first, run: twice, count: again.count)
    for (name, daemon) in [("first", first), ("second", second)] {
      #expect(try daemon.note("\(name) afterwards", on: order, request: "\(name) afterwards").status == 200)
    }
    try expectSame([first, second], as: site.hub)
    let notes = before + its.notes + others.notes + ["first afterwards", "second afterwards"]
    for daemon in daemons { #expect(try daemon.notes(order).sorted() == notes.sorted()) }
    for agent in [first, second] {
      let found = try agent.resync(full: true)
      #expect(found.foundNothing, "\(found)")
    }
    #expect(try site.hub.status["healing"]?["clones"] == [], "what is settled does not show again")
    try expectWell([first, second], site.hub)
  }

  /// That the agent which wrote again and the operators are told, and that an operator ends the alarm.
  private static func expectTold(
    _ site: Site, by second: Daemon, other first: Daemon, run: ReplicaID, count: Int
  ) throws {
    let words = try second.command("status").output
    #expect(words.contains("this database was copied while it ran: \(count) changes were recorded again"), "\(words)")
    #expect(try second.status["healing"]?["clone"]?["report"]?["repaired"]?.asInt == count)
    #expect(try first.status["healing"]?["clone"] == nil)
    let name = try second.status.string("agent")
    let alarms = try site.hub.json("status")["healing"]?["clones"]?.asArray ?? []
    #expect(alarms.count == 1 && alarms.first?["agent"]?.asString == name, "\(alarms)")
    #expect(alarms.first?["at"]?.asString?.hasPrefix("\(run):") == true, "\(alarms)")
    func told() throws -> [Bool] {
      try [
        site.hub.command("status").output.contains("CLONE: two machines use the certificate of water/\(name)"),
        site.hub.command("agent", "list").output.contains("used twice"),
        site.hub.command("doctor").output.contains("settle-clone"),
      ]
    }
    #expect(try told() == [true, true, true])
    let settled = try site.hub.command("agent", "settle-clone", "water", name)
    #expect(settled.status == 0, "\(settled.all)")
    #expect(try told() == [false, false, false])
    #expect(try site.hub.command("agent", "settle-clone", "water", name).status == 3, "there is none any more")
  }
}

extension JSON {
  /// The rows of an order document's history.
  fileprivate var history: [JSON] { self["history"]?.asArray ?? [] }
}
