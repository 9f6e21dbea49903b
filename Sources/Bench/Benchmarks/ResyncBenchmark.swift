// What comparing the sets of agent and hub costs: with few or many orders that differ, with none, and after a damage that only a
// rebuilding from the log finds. It demands what the protocol promises, and fails where that does not hold.

import ArgumentParser
import Core
import Foundation
import Shell

struct ResyncCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resync", abstract: "Messages, bytes and seconds that a resync costs, by how many orders differ.",
    discussion: """
      The agent is stopped, lines and states are taken from its database, and it is started again and has to compare. \
      Afterwards the database must be as it was, byte for byte, and a second resync must find nothing.

      EXAMPLES:
        lianxin-bench resync
        lianxin-bench resync --orders 2000
      """)

  @Option(help: "Orders that both sides hold.") var orders = 100_000

  private static let differing = [0, 1, 10, 100, 1_000]
  private static let altered = 1_000
  /// Of one differing order; the report at the end, which nothing waits for, is not counted.
  private static let maxRoundTrips = 6
  private static let maxBytes = 100_000
  /// For a database that is equal.
  private static let maxEqualSeconds = 2.0

  func validate() throws {
    if orders < 1 { throw ValidationError("--orders takes a number from 1.") }
  }

  func run() throws {
    let world = try BenchWorld("resync")
    let scene = ResyncScene(world)
    try scene.populate(orders)
    var demands = Demands()
    let runs = try Self.differing.filter { $0 <= orders }.map { try measure($0, scene, &demands) }
    let full = try measureFull(scene, &demands)
    try BenchReport.write([
      .init("resync", .array(runs.map(\.json))),
      .init(
        "resyncFull",
        [
          "orders": .int(orders), "altered": .int(full.altered), "repaired": .int(full.repaired),
          "seconds": .number(String(format: "%.3f", full.seconds)), "ordersPerSecond": .int(full.rate),
        ]),
    ])
    show(runs, full)
    try demands.settle()
  }

  // MARK: Measuring

  private struct Run {
    let differing: Int
    let first: ResyncScene.Outcome
    let second: ResyncScene.Outcome

    var json: JSON {
      [
        "differing": .int(differing), "messages": .int(first.messages), "bytes": .int(first.bytes),
        "seconds": .number(String(format: "%.3f", first.seconds)),
      ]
    }
  }

  private func measure(_ count: Int, _ scene: ResyncScene, _ demands: inout Demands) throws -> Run {
    let (before, ids) = try scene.alter(count) { file, ids in try file.dropLines(of: ids) }
    let first = try scene.resync("resync, \(count) differ")
    let second = try scene.resync("resync again")
    let after = try scene.content(of: ids)
    let name = "with \(count) differing orders"
    demands.demand(first.differing == count, "\(name) it found \(first.differing)")
    demands.demand(first.received == count, "\(name) it received \(first.received) changes")
    demands.demand(
      after == before, "\(name) the database is not as it was: \(before.equalOrders(after)) of \(count) orders are")
    demands.demand(second.isNothing, "\(name) a second resync found \(second.differing)")
    let equal = count == 0 ? [first, second] : [second]
    for outcome in equal {
      demands.demand(
        outcome.seconds <= Self.maxEqualSeconds,
        String(
          format: "%@ an equal database took %.2f s, more than %.0f s", name, outcome.seconds, Self.maxEqualSeconds))
    }
    if count == 1 {
      demands.demand(
        first.roundTrips <= Self.maxRoundTrips,
        "\(name) it took \(first.roundTrips) round trips, more than \(Self.maxRoundTrips)")
      demands.demand(first.bytes <= Self.maxBytes, "\(name) it took \(first.bytes) bytes, more than \(Self.maxBytes)")
    }
    return Run(differing: count, first: first, second: second)
  }

  private struct Full {
    let altered: Int
    let rows: Int
    let repaired: Int
    let seconds: Double
    let rate: Int
  }

  private func measureFull(_ scene: ResyncScene, _ demands: inout Demands) throws -> Full {
    let count = min(Self.altered, orders)
    var rows = 0
    let (before, ids) = try scene.alter(count) { file, ids in rows = try file.spoil(ids) }
    let first = try scene.resync("resync --full", full: true)
    let second = try scene.resync("resync --full again", full: true)
    let after = try scene.content(of: ids)
    let repaired = before.equalOrders(after)
    demands.demand(repaired == count, "--full repaired \(repaired) of \(count) altered orders")
    demands.demand(after == before, "after --full the digests are not as they were")
    demands.demand(first.repaired >= rows, "--full reports \(first.repaired) repairs of \(rows) altered rows")
    demands.demand(second.isNothing, "a second --full found \(second.differing) and repaired \(second.repaired)")
    return Full(
      altered: count, rows: rows, repaired: repaired, seconds: first.seconds, rate: Int(Double(orders) / first.seconds))
  }

  // MARK: For people

  private func show(_ runs: [Run], _ full: Full) {
    Terminal.write("resync  \(orders) orders at the hub and at one agent; the last message only reports the end\n")
    var table = TextTable([
      .init("DIFFERING", .right), .init("MESSAGES", .right), .init("BYTES", .right), .init("SECONDS", .right),
      .init("SECOND RUN", .right),
    ])
    for run in runs {
      table.append([
        "\(run.differing)", "\(run.first.messages)", "\(run.first.bytes)",
        .init(String(format: "%.3f", run.first.seconds)),
        .init(String(format: "%.3f", run.second.seconds)),
      ])
    }
    table.print()
    Terminal.write(
      "  --full  \(full.repaired) of \(full.altered) altered orders (\(full.rows) rows) repaired in"
        + String(format: " %.2f s = %d orders/s\n", full.seconds, full.rate))
  }
}

/// What must hold; everything that does not is told at the end, with the figures above it.
struct Demands {
  private var broken: [String] = []

  mutating func demand(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { broken.append(words()) }
  }

  func settle() throws {
    guard broken.isEmpty else { throw CommandFailure(broken.joined(separator: "\n")) }
  }
}
