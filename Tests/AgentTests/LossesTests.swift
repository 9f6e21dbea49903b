// What the agent tells of changes that others name and nobody has, or that have not come yet.

import Core
import Testing

@testable import Agent

struct LossesTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private let hub: FakeHub
  private let order: OrderID

  init() throws {
    directory = try StoreDirectory()
    (store, hub, order) = try directory.openWithOrder()
  }

  @Test func whatTheHubSaysToBeLostIsToldUntilItTurnsUp() throws {
    var hub = hub
    let replica = try ReplicaID("gas.aaaaaaaaaaaaaaaa")
    let gone = Dot(replica, 3)
    #expect(try store.lost().isEmpty)
    // Another order's dot is not lost: what it said here is written again.
    hub.write(
      [set("lost/\(gone)", ["reason": "lost"]), set("lost/\(Dot(replica, 5))", ["reason": "fork"])], on: order)
    try store.pullAll(hub)
    #expect(try store.lost().map(\.words) == ["3"] && store.lost().map(\.replica) == [replica])
    // A database that has no such rows yet gets them from its states.
    try store.database.write { database in
      try database.run("DELETE FROM lost_dot")
      try Losses.fill(database)
    }
    #expect(try store.lost().map(\.words) == ["3"])
    let late = Change(
      order: order, dot: gone, context: VersionVector(), at: HybridTime(hub.now),
      author: Author(name: "Li", role: "crew"),
      edits: [.append(kind: "note", value: JSONText(["text": "late", "visibility": "all"]))])
    hub.add(late, line: ChangeLine.encode(late), verdict: .accepted)
    try store.pullAll(hub)
    #expect(try store.lost().isEmpty)
  }

  @Test func whatAWaitingChangeWaitsForIsTold() throws {
    var hub = hub
    let first = hub.write([set("priority", "urgent")], on: order)
    hub.write([set("kind", "leak")], on: order)
    let entries = hub.feed.suffix(2).map { entry in
      var entry = entry
      entry.head.position = nil
      entry.head.feedHash = nil
      return entry
    }
    #expect(try store.missing().isEmpty)
    _ = try store.takeReconciled([entries[1]], now: someTime)
    #expect(try store.missing().map(\.words) == ["\(first.n)"] && store.missing().map(\.replica) == [first.replica])
    _ = try store.takeReconciled([entries[0]], now: someTime)
    #expect(try store.missing().isEmpty)
  }
}
