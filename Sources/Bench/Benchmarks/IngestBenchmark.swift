// How fast the hub takes changes in, over real TLS connections and durable commits, beside the bare SQLite driver in the same run.

import ArgumentParser
import Core
import Foundation
import Shell

struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest", abstract: "Changes a second that the hub takes in, and the bare SQLite driver's.")

  @Option(help: "Changes a run.") var changes = 20_000
  @Option(help: "Connections that push at once.") var writers = 4
  @Option(help: "Orders that the changes go to.") var orders = 1_000
  @Option(help: "Runs.") var runs = 3

  func run() throws {
    let world = try BenchWorld("ingest")
    let pusher = try Pusher(world, orders: try world.dispatchOrders(orders))
    var hub: [Double] = []
    var bare: [Double] = []
    for _ in 0..<runs {
      let authors = (0..<writers).map { _ in pusher.author(changes / writers) }
      let bodies = pusher.bodies(authors)
      let taken = try seconds { try pusher.push(bodies) }
      hub.append(Double(changes / writers * writers) / taken)
      let entries = authors.flatMap { $0.flatMap(\.entries) }
      bare.append(Double(entries.count) / (try BareSQLite.insert(entries, directory: world.directory)))
    }
    let bytes = pusher.lineBytes
    print("ingest  \(changes) changes of \(bytes) bytes on \(orders) orders, \(writers) connections, \(runs) runs")
    print("  hub            \(Spread(hub)) changes/s  (median, min … max)")
    print("  bare SQLite    \(Spread(bare)) changes/s")
    print("  ratio          \(String(format: "%.2f", Spread(hub).median / Spread(bare).median))")
    print(
      "  hub memory     \(String(format: "%.0f MiB now, %.0f MiB at most", world.hubMemory.now, world.hubMemory.peak))")
  }
}

/// Makes changes as agents do, and pushes them.
final class Pusher {
  private let world: BenchWorld
  private let orders: [OrderID]
  private var contexts: [OrderID: VersionVector] = [:]
  private let head: Core.Cursor
  let platform: PlatformName
  private(set) var lineBytes = 0

  init(_ world: BenchWorld, orders: [OrderID]) throws {
    self.world = world
    self.orders = orders
    platform = try PlatformName(BenchWorld.platform)
    let client = try world.syncClient()
    var cursor = Core.Cursor.start
    while true {
      let request = PullRequest(
        after: cursor, lane: 0, told: cursor, run: nil, limit: Limits.maxBatchChanges, waitMilliseconds: 0,
        health: Pusher.health)
      let answer = try client.send(
        "POST", "/sync/v1/pull", headers: [("Content-Type", "application/json")], body: request.json.bytes)
      let batch = try Batch(parsing: answer.body)
      if batch.entries.isEmpty { break }
      for entry in batch.entries {
        contexts[entry.head.order, default: VersionVector()].advance(to: entry.head.dot)
        if let position = entry.head.position, let hash = entry.head.feedHash {
          cursor = Core.Cursor(position: position, feedHash: hash)
        }
      }
    }
    head = cursor
  }

  static let health = Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: 0, version: "bench")

  /// A fresh run's changes: notes of a usual size, spread over the orders.
  func author(_ count: Int) -> [Push] {
    var run = RunWriter(platform)
    var own: [OrderID: Dot] = [:]
    for n in 1...count {
      let order = orders[n % orders.count]
      var context = contexts[order] ?? VersionVector()
      if let last = own[order] { context.advance(to: last) }
      let text = "crew 7 on site, valve closed, pipe section exposed; measured 3.2 bar at the hydrant \(n)"
      own[order] = run.write(
        [.append(kind: "note", value: JSONText(["text": .string(text), "visibility": "all"]))], to: order, context,
        request: "bench-\(n)")
    }
    lineBytes = run.lineBytes
    return run.finish()
  }

  /// The bodies of each author's pushes, made beforehand: what is measured is the hub.
  func bodies(_ authors: [[Push]]) -> [[[UInt8]]] {
    authors.map { pushes in
      pushes.map { push in
        let header = PushHeader(replica: push.replica, cursor: head, told: head, health: Pusher.health)
        return Batch(header: header.json, entries: push.entries).bytes
      }
    }
  }

  /// Pushes each author's bodies over a connection of its own, all at once.
  func push(_ authors: [[[UInt8]]]) throws {
    let clients = try authors.map { _ in try world.syncClient() }
    try Workers.each(Array(zip(clients, authors))) { client, bodies in
      for body in bodies {
        let answer = try client.send(
          "POST", "/sync/v1/push", headers: [("Content-Type", Batch.mediaType)], body: body)
        guard answer.status == 200 else {
          throw CommandFailure("a push was refused: \(String(decoding: answer.body, as: UTF8.self))")
        }
      }
    }
  }
}
