// Databases that were lost or put back with real processes: an agent's, emptied or rolled back, and the hub's, restored from an older
// backup while its agents know more. Rows altered by hand are in RowRecoveryTests.swift.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Shell
@testable import TestSite

extension SystemTests {
  @Suite struct Recoveries {
    @Test func anAgentWhoseDatabaseWasDeletedHasEverythingAgainItsOwnChangesIncluded() throws {
      let site = try Site("water", "gas")
      let agent = try site.agent("water")
      let orders = try site.shared(2)
      let own = try OrderID(
        try agent.post("/v1/orders", ["registers": ["title": "leak", "kind": "repair"]]).json.string("order"))
      let caller: JSON = ["caller": ["name": "Li", "phone": "13800000000"]]
      #expect(try site.hub.perform("describe", on: orders[0], ("registers", caller)).status == 200)
      for number in 0..<20 {
        for (name, daemon) in site.all {
          #expect(
            try daemon.note("\(name) \(number)", on: orders[number % 2], request: "\(name)-\(number)").status == 200)
        }
      }
      try site.expectEverywhereEqual()
      let before = try (lines: agent.lines(), document: agent.order(orders[0])["registers"])
      #expect(before.lines == (try site.hub.lines()))
      #expect(before.document?["caller"]?["value"] == caller["caller"])
      #expect(try agent.terminate() == 0)
      let manager = FileManager.default
      for name in try manager.contentsOfDirectory(atPath: agent.data) where name.hasPrefix("agent.db") {
        try manager.removeItem(atPath: agent.data + "/" + name)
      }
      try agent.start()
      try site.expectEverywhereEqual()
      #expect(try agent.lines() == before.lines)
      #expect(try agent.order(orders[0])["registers"] == before.document, "the sealed values are not as they were")
      #expect(try agent.order(own)["history"]?.asArray?.isEmpty == false)
      let again = try agent.resync()
      #expect(again.foundNothing, "\(again)")
      #expect(try agent.note("after", on: own, request: "after").status == 200)
      // What was answered once is answered the same.
      #expect(try agent.note("water 3", on: orders[1], request: "water-3").status == 200)
      try site.expectEverywhereEqual()
      #expect(try site.hub.notes(own) == ["after"])
      #expect(try site.hub.notes(orders[1]).count == 30)
    }

    @Test func anAgentThatWasRolledBackLosesNothingAndDoublesNothing() throws {
      let site = try Site("water", "gas")
      let agent = try site.agent("water")
      let orders = try site.shared(2)
      var texts: Set<String> = []
      func note(_ name: String, _ daemon: Daemon, _ numbers: Range<Int>) throws {
        for number in numbers {
          texts.insert("\(name) \(number)")
          #expect(
            try daemon.note("\(name) \(number)", on: orders[number % 2], request: "\(name)-\(number)").status == 200)
        }
      }
      try note("sent", agent, 0..<5)
      try site.expectEverywhereEqual()
      #expect(try site.hub.terminate() == 0)
      try note("unsent", agent, 0..<6)
      let file = site.directory + "/water.lxb"
      _ = try agent.json("backup", file)
      try note("later", agent, 0..<4)
      try site.restartHub()
      try site.expectEverywhereEqual()
      try note("sent after it", agent, 0..<7)
      try note("hub", site.hub, 0..<3)
      try note("gas", try site.agent("gas"), 0..<3)
      try site.expectEverywhereEqual()
      #expect(try agent.terminate() == 0)
      _ = try agent.json("restore", file, "--yes", "water")
      // The one that went back is edited before it learns what it forgot.
      #expect(try site.hub.terminate() == 0)
      try agent.start()
      #expect(try agent.outbox == 6)
      try note("restored", agent, 0..<5)
      try site.restartHub()
      try note("hub again", site.hub, 0..<3)
      try site.expectEverywhereEqual()
      for daemon in [site.hub, agent] {
        #expect(try orders.flatMap { try daemon.notes($0) }.sorted() == texts.sorted())
      }
      #expect(try agent.lines() == site.hub.lines())
      #expect(try site.hub.get("/v1/quarantine").json["quarantine"]?.asArray == [])
      let again = try agent.resync()
      #expect(again.foundNothing, "\(again)")
    }

    @Test func aHubRestoredFromAnOlderBackupThatGrewPastItsAgentsGetsBackWhatAnyOfThemHeld() throws {
      let site = try Site("water", "gas")
      let agents = [try site.agent("water"), try site.agent("gas")]
      var orders = try site.shared(6)
      for (index, order) in orders.enumerated() {
        for (name, daemon) in site.all {
          _ = try daemon.note("\(name) before", on: order, request: "before-\(index)-\(name)")
        }
      }
      try site.expectEverywhereEqual()
      let file = site.directory + "/hub.lxb"
      _ = try site.hub.json("backup", file)
      let heads = try agents.map { try $0.position }

      for number in 0..<170 {
        for (name, daemon) in site.all {
          let noted = try daemon.note("\(name) \(number)", on: orders[number % 6], request: "\(name)-\(number)")
          try #require(noted.status == 200)
        }
        if number % 20 == 0 {
          // Known to the hub alone: nobody can give it back, and what comes after it in the hub's run must come all the same.
          _ = try site.hub.post("/v1/orders", ["registers": ["title": "of nobody", "kind": "repair"]])
          orders.append(try site.dispatched(to: number % 40 == 0 ? "water" : "gas"))
        }
      }
      try site.expectEverywhereEqual()
      let cursors = try agents.map { try $0.position }
      #expect(try site.hub.terminate() == 0)
      for (index, agent) in agents.enumerated() {
        for order in orders.prefix(3) {
          #expect(try agent.note("offline \(index)", on: order, request: "offline-\(order)").status == 200)
        }
        let own = try agent.post("/v1/orders", ["registers": ["title": "own", "kind": "repair"]])
        orders.append(try OrderID(try own.json.string("order")))
        #expect(try agent.terminate() == 0)
      }
      _ = try site.hub.json("restore", file, "--yes", BackupManifest.hostName)
      try site.restartHub()
      let growth = zip(cursors, heads).map(-).max() ?? 0
      #expect(growth > 500)
      for number in 0...growth {
        let noted = try site.hub.note("grown \(number)", on: orders[number % 6], request: "grown-\(number)")
        try #require(noted.status == 200)
      }

      // A push that comes before anything else tells what the agent knows of the hub, and is not taken.
      let early = try site.push(of: "water")
      #expect(early.code == "reconcile-first", "\(early)")
      var held = try site.hub.lines()
      for agent in agents { held.merge(try agent.storedLines) { first, _ in first } }

      for agent in agents { try agent.start() }
      try site.expectEverywhereEqual()
      let lines = try site.hub.lines()
      for (dot, line) in held { #expect(lines[dot] == line, "\(dot) is not at the hub again") }
      #expect(!lines.values.contains { $0.contains("context-unseen") })
      #expect(try site.hub.get("/v1/quarantine").json["quarantine"]?.asArray == [])
      let listed = try site.hub.orders()
      for order in orders { #expect(listed.contains(order), "\(order) is not listed") }
      for order in orders.prefix(6) {
        let notes = try site.hub.notes(order)
        #expect(Set(notes).count == notes.count, "\(order): doubled")
      }
      for agent in agents {
        #expect(try agent.outbox == 0)
        #expect(try agent.status["waiting"] == 0)
        #expect(try agent.status["quarantined"] == 0)
        let again = try agent.resync()
        #expect(again.foundNothing, "\(again)")
      }
      for agent in agents { #expect(try agent.note("afterwards", on: orders[0], request: "afterwards").status == 200) }
      try site.expectEverywhereEqual()
    }

    @Test func aHubThatGoesBackUnderAgentsThatRunAndWriteOnIsHealedByThem() throws {
      let site = try Site("water", "gas")
      let orders = try site.shared(3)
      try site.expectEverywhereEqual()
      let file = site.directory + "/hub.lxb"
      _ = try site.hub.json("backup", file)
      var texts: Set<String> = []
      func note(_ name: String, _ daemon: Daemon, _ numbers: Range<Int>) throws {
        for number in numbers {
          texts.insert("\(name) \(number)")
          #expect(
            try daemon.note("\(name) \(number)", on: orders[number % 3], request: "\(name)-\(number)").status == 200)
        }
      }
      for (name, daemon) in site.all { try note(name, daemon, 0..<20) }
      try site.expectEverywhereEqual()
      #expect(try site.hub.terminate() == 0)
      _ = try site.hub.json("restore", file, "--yes", BackupManifest.hostName)
      for (name, agent) in site.agents { try note(name, agent, 20..<25) }
      try site.restartHub()
      for (name, daemon) in site.all { try note(name, daemon, 25..<35) }
      try site.expectEverywhereEqual()
      for (_, daemon) in site.all { #expect(try orders.flatMap { try daemon.notes($0) }.sorted() == texts.sorted()) }
      #expect(try site.hub.lines().values.allSatisfy { !$0.contains("context-unseen") })
    }
  }
}

// MARK: What recovery tests ask of daemons and sites

extension Daemon {
  /// The texts of an order's notes, in the order's order.
  func notes(_ order: OrderID) throws -> [String] {
    try self.order(order)["entries"]?.asArray?.compactMap { $0["value"]?["text"]?.asString } ?? []
  }

  func orders(of platform: String? = nil) throws -> Set<OrderID> {
    let rows =
      try get("/v1/orders?limit=1000" + (platform.map { "&platform=\($0)" } ?? "")).json["orders"]?.asArray ?? []
    return Set(try rows.map { try OrderID(try $0.string("id")) })
  }

  /// How far an agent has read its feed.
  var position: Int { get throws { try #require(try status["cursor"]?["position"]?.asInt) } }

  /// Compares an agent with the hub, and gives the report.
  func resync(full: Bool = false) throws -> JSON {
    let before = try #require(try get("/v1/resync").json["number"]?.asInt)
    let asked = try post("/v1/resync", ["full": .bool(full)])
    try #require((200..<300).contains(asked.status), "\(asked)")
    var last = JSON.null
    try eventually("the comparison is over", within: 30) {
      last = try get("/v1/resync").json
      return last["state"] == "idle" && last["number"]?.asInt ?? 0 > before
    }
    return last["report"] ?? .null
  }

  /// What a stopped agent's log holds, by dot.
  var storedLines: [String: String] {
    get throws {
      let database = try AgentDatabase(path: data + "/agent.db", lock: data + "/agent")
      let rows = try database.read { db in
        try db.rows("SELECT replica, n, line FROM change WHERE line IS NOT NULL") { row in
          ("\(row.text(0)):\(row.int(1))", String(decoding: row.blob(2), as: UTF8.self))
        }
      }
      try database.close()
      return Dictionary(rows) { first, _ in first }
    }
  }
}

extension JSON {
  /// A report of a comparison of two sides that were the same.
  var foundNothing: Bool {
    ["differing", "sent", "received", "repaired", "refused", "unresolved"].allSatisfy { self[$0] == 0 }
  }
}

extension Site {
  /// The hub and every agent.
  var all: [(name: String, daemon: Daemon)] { [("hub", hub)] + agents.keys.sorted().map { ($0, agents[$0] ?? hub) } }

  /// Orders that concern water and gas, which hold them.
  func shared(_ count: Int) throws -> [OrderID] {
    try (0..<count).map { _ in
      let order = try dispatched(to: "water")
      let asked = try hub.perform("dispatch", on: order, ("platform", "gas"), ("role", "assist"))
      try #require(asked.status == 200, "\(asked)")
      let gas = try agent("gas")
      try eventually("gas holds \(order)") { try gas.get("/v1/orders/\(order)").status == 200 }
      return order
    }
  }

  /// Waits until every agent has nothing to send and holds the hub's bytes of each of its orders, and no others.
  func expectEverywhereEqual(sourceLocation: SourceLocation = #_sourceLocation) throws {
    for (platform, agent) in agents.sorted(by: { $0.key < $1.key }) {
      var differing = "its link"
      do {
        try eventually("\(platform) and the hub are equal", within: 60) {
          let status = try agent.post("/v1/sync", ["wait": 5]).json
          differing = "\(status)"
          guard status["link"]?["state"] == "online", status["outbox"]?["depth"] == 0, status["cursor"]?["lag"] == 0
          else { return false }
          let orders = try hub.orders(of: platform)
          differing = "the lists of orders"
          guard try agent.orders() == orders else { return false }
          return try orders.allSatisfy { order in
            differing = "\(order)"
            return try agent.state(order) == hub.state(order)
          }
        }
      } catch let error as NotInTime {
        Issue.record("\(error); \(differing)", sourceLocation: sourceLocation)
        throw error
      }
    }
  }

  /// Pushes what a stopped agent has unsent, saying of the hub what that agent knows.
  func push(of platform: String) throws -> Answer {
    let data = try agent(platform).data
    let store = try AgentStore(path: data + "/agent.db", lock: data + "/agent", platform: try PlatformName(platform)) {
      [UInt8](repeating: 0, count: $0)
    }
    let hello = try store.helloRequest(now: Wall.now)
    let batch = try #require(try store.outboxBatch(maxChanges: 100, maxBytes: 1 << 20))
    try store.database.close()
    let header = PushHeader(replica: batch.replica, cursor: hello.cursor, told: hello.told, health: hello.health)
    return try RawAgent(platform, of: self).post("push", Batch(header: header.json, entries: batch.entries).bytes)
  }
}
