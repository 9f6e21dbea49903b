// `year`: a hub for measuring that holds a year of a city's orders. It is not for people's work and so is not listed.

import ArgumentParser
import Core
import Foundation
import Logging
import Shell

struct YearCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "year",
    abstract: "Make a hub that holds a year of a city's orders, for measuring.",
    discussion: """
      Goes on where it was stopped, in the same --data. The hub must not run.

      EXAMPLES:
        lianxin-hub year --data ./year --orders 1390000
      """, shouldDisplay: false)

  /// What a year's orders take with everything that is kept of them, and as much again as a backup would take in a moment.
  static let bytesInYear = 15_000_000_000
  static let ordersInYear = 1_390_000

  @Option(help: ArgumentHelp("How many orders.", valueName: "count"))
  var orders = YearCommand.ordersInYear
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100_000_000).contains(orders) else { throw ValidationError("--orders takes a number from 1.") }
  }

  func run() async throws {
    let settings = try connection.settings([:])
    let files = HubFiles(directory: settings.dataDirectory)
    if !FileManager.default.fileExists(atPath: files.database) {
      umask(0o077)
      _ = try HubSetup.initialise(settings)
    }
    let lock = try HubDaemon.lock(files)
    let clock = YearClock()
    let parts = try YearCommand.parts(files, settings, clock)
    var maker = try YearMaker(
      parts: parts, clock: clock, orders: orders, now: Int(Date().timeIntervalSince1970 * 1_000))
    let before = try maker.made()
    try YearCommand.demandRoom(in: settings.dataDirectory, forOrders: orders - before)
    let bar = ProgressBar("Orders", total: orders, before: before)
    let started = ContinuousClock.now
    while try maker.step() { bar.update(try maker.made()) }
    try maker.complete()
    let made = try maker.made()
    let seconds = (ContinuousClock.now - started).inSeconds
    bar.finish()
    let answer: JSON = [
      "orders": .int(made), "made": .int(made - before), "seconds": .int(Int(seconds)),
      "rate": .int(Int(Double(made - before) / max(seconds, 0.001))),
      "changes": .int(try parts.database.read { db in try Tally.changes(db) }),
    ]
    try parts.database.close()
    withExtendedLifetime(lock) {}
    output.show(answer) { answer, _ in
      [
        "\(answer["orders"]?.asInt ?? 0) orders, \(answer["changes"]?.asInt ?? 0) changes; \(answer["made"]?.asInt ?? 0) made now"
          + " in \(answer["seconds"]?.asInt ?? 0) s.", "Next: lianxin-hub serve --data \(settings.dataDirectory)",
      ]
    }
  }

  private static func demandRoom(in directory: String, forOrders orders: Int) throws {
    var room = statvfs()
    guard statvfs(directory, &room) == 0 else { return }
    try demand(free: Int(room.f_bavail) * Int(room.f_frsize), in: directory, forOrders: orders)
  }

  /// Refuses where the disk would fill: a full disk is no measurement.
  ///
  /// - Parameters:
  ///   - free: bytes that `directory` has room for.
  ///   - orders: that are still to be made; after a stop the others are there already.
  static func demand(free: Int, in directory: String, forOrders orders: Int) throws {
    guard orders > 0 else { return }
    let needed = max(100_000_000, Int(Double(bytesInYear) * Double(orders) / Double(ordersInYear)))
    guard free >= needed else {
      // Rounded away from each other, so that what is refused never reads as if it were enough.
      throw CommandFailure(
        "\(orders) orders that are still to be made need \(gigabytes(needed, .up)) GB, and \(directory) has"
          + " \(gigabytes(free, .down)) GB free",
        remedy: "make room, choose another --data, or fewer --orders", status: .failure)
    }
  }

  /// With one decimal.
  private static func gigabytes(_ bytes: Int, _ rule: FloatingPointRoundingRule) -> String {
    let tenths = Int((Double(bytes) / 100_000_000).rounded(rule))
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func parts(_ files: HubFiles, _ settings: HubSettings, _ clock: YearClock) throws -> HubParts {
    var environment = HubEnvironment.real(skewMilliseconds: settings.skewMilliseconds)
    environment.wall = { clock.now }
    return try HubParts.assemble(
      database: try SQLiteDatabase(path: files.database), authority: try CertificateAuthority.load(from: files.keys),
      receiptKey: try HubKeys.load(from: files.keys).receiptKey, ledger: try Ledger(path: files.keys.ledger),
      environment: environment, queue: settings.queue, group: settings.group,
      certificateLifeSeconds: settings.certificateLifeSeconds,
      certificateGraceSeconds: settings.certificateGraceSeconds, logger: Logger(label: "year"))
  }
}
