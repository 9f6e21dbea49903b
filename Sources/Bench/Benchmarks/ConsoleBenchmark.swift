// What the console costs with a year of orders: how long each page takes, and how much two hundred people who look at it slow what arrives.
// It demands what is promised, and fails where that does not hold.

import ArgumentParser
import Core
import Foundation
import Shell

struct ConsoleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "console", abstract: "Time of each page with many orders, and ingest with and without viewers.",
    discussion: """
      The orders are made by `make year`; they are made here where they are missing, and stay for the next time.

      EXAMPLES:
        lianxin-bench console --orders 50000
        lianxin-bench console --year .build/year --orders 1390000 --pairs 12
        lianxin-bench console --only board --pairs 0
      """)

  @Option(help: "Orders that the hub holds at least.") var orders = 50_000
  @Option(help: "Where the hub with the year is.") var year = ".build/year"
  @Option(help: "Times that each page is asked for.") var times = 60
  @Option(help: ArgumentHelp("Only the page of this name, or those whose name has it in it.", valueName: "text"))
  var only: String?
  @Option(help: "Limits are so many times as wide: for machines that do other things, and for debug builds.")
  var slack = 1
  @Option(help: "People who look on.") var viewers = 200
  @Option(help: "Pairs of runs with and without them; 0 measures pages alone.") var pairs = 12
  @Option(help: "Changes of one run.") var changes = 40_000

  /// Milliseconds that 95 of 100 requests may take.
  private static let maxMilliseconds = 50.0
  private static let maxIndicatorMilliseconds = 300.0
  /// Of what arrives without viewers, what must arrive with them.
  private static let minRatio = 0.9

  func validate() throws {
    if orders < 1_000 { throw ValidationError("--orders takes a number from 1000.") }
    if slack < 1 { throw ValidationError("--slack takes a number from 1.") }
    if times < 1 { throw ValidationError("--times takes a number from 1.") }
    if pairs != 0, pairs < 10 { throw ValidationError("--pairs takes 0 or a number from 10.") }
  }

  func run() throws {
    let directory = year.hasPrefix("/") ? year : FileManager.default.currentDirectoryPath + "/" + year
    let world = try BenchWorld("console", hub: directory) { world in
      print("console  a hub with \(orders) orders in \(year)")
      _ = try world.command("lianxin-hub", ["year", "--data", directory, "--orders", "\(orders)", "--json"])
    }
    let browser = try BenchBrowser(world)
    var demands = Demands()
    let pages = try measurePages(browser, &demands)
    let pairs = pairs == 0 ? nil : try measureViewers(world, browser, &demands)
    try BenchReport.write([
      .init(
        "console",
        .compact([
          ("orders", .int(orders)), ("pages", .array(pages)), ("viewers", pairs),
          ("hubMemoryMiB", .int(Int(world.hubMemory.peak))),
        ]))
    ])
    try demands.settle()
  }

  // MARK: Pages

  private func measurePages(_ browser: BenchBrowser, _ demands: inout Demands) throws -> [JSON] {
    let sample = try browser.sample()
    print(
      "  page                                                        p50      p95   bytes  (ms; limit"
        + String(
          format: " %.0f, indicators %.0f)", Double(slack) * Self.maxMilliseconds,
          Double(slack) * Self.maxIndicatorMilliseconds)
    )
    let all = BenchPages.all(sample)
    let named = all.filter { $0.name == only }
    let pages = named.isEmpty ? all.filter { page in only.map(page.name.contains) ?? true } : named
    if pages.isEmpty { throw ValidationError("No page has '\(only ?? "")' in its name.") }
    return try pages.map { page in
      // The first finds nothing in memory; it is not what people meet.
      try browser.ask(page, 0)
      var times: [Double] = []
      var bytes = 0
      for index in 0..<self.times {
        // Something changed since: nothing is answered from what was made before.
        try browser.disturb(sample.disturbed[index % sample.disturbed.count])
        let answer = try browser.timed(page, index)
        times.append(answer.milliseconds)
        bytes = answer.bytes
      }
      let spread = Spread(times)
      let limit = Double(slack) * (page.isIndicators ? Self.maxIndicatorMilliseconds : Self.maxMilliseconds)
      let p95 = spread.percentile(0.95)
      print(
        "  \(page.name.padding(toLength: 56, withPad: " ", startingAt: 0))"
          + String(format: "%8.1f %8.1f %7d", spread.median, p95, bytes) + (p95 > limit ? "  too slow" : ""))
      demands.demand(p95 <= limit, String(format: "%@ takes %.1f ms (p95), more than %.0f", page.name, p95, limit))
      return [
        "page": .string(page.name), "p50": .number(String(format: "%.2f", spread.median)),
        "p95": .number(String(format: "%.2f", p95)), "bytes": .int(bytes),
      ]
    }
  }

  // MARK: Viewers

  private func measureViewers(_ world: BenchWorld, _ browser: BenchBrowser, _ demands: inout Demands) throws -> JSON {
    let pusher = try Pusher(world, orders: try world.dispatchOrders(1_000))
    func rate() throws -> Double {
      let authors = (0..<4).map { _ in pusher.author(changes / 4) }
      let bodies = pusher.bodies(authors)
      return Double(changes / 4 * 4) / (try seconds { try pusher.push(bodies) })
    }
    _ = try rate()
    var ratios: [Double] = []
    var pages = 0
    print("  ingest with \(viewers) viewers and without, \(pairs) interleaved pairs of \(changes) changes")
    for pair in 0..<pairs {
      var with = 0.0
      var without = 0.0
      // Which comes first alternates, so that what drifts does not favour one.
      for isWatched in pair % 2 == 0 ? [true, false] : [false, true] {
        guard isWatched else {
          without = try rate()
          continue
        }
        let crowd = try ViewerCrowd(browser.visit, viewers: viewers)
        with = try rate()
        pages += crowd.pages
        try crowd.leave()
      }
      ratios.append(with / without)
      print(String(format: "    %2d  %6.0f /s with, %6.0f /s without: %.3f", pair + 1, with, without, with / without))
    }
    let interval = Interval(ratios)
    print(
      String(
        format: "  ratio           %.3f (median; %.3f … %.3f at %.0f %%), %d pages were looked at", interval.median,
        interval.low, interval.high, interval.confidence * 100, pages))
    demands.demand(pages > 0, "the viewers looked at no page")
    demands.demand(
      interval.median >= Self.minRatio,
      String(format: "%d viewers leave %.3f of the ingest, less than %.2f", viewers, interval.median, Self.minRatio))
    return [
      "viewers": .int(viewers), "pairs": .int(pairs), "changes": .int(changes), "pages": .int(pages),
      "ratio": .number(String(format: "%.4f", interval.median)),
      "low": .number(String(format: "%.4f", interval.low)), "high": .number(String(format: "%.4f", interval.high)),
      "confidence": .number(String(format: "%.3f", interval.confidence)),
      "ratios": .array(ratios.map { .number(String(format: "%.4f", $0)) }),
    ]
  }
}

/// The median of some figures, and between which of them it lies with a confidence of at least 95 % where there are enough (order
/// statistics; nothing is assumed of how they are spread).
struct Interval {
  let median: Double
  let low: Double
  let high: Double
  let confidence: Double

  init(_ values: [Double]) {
    let sorted = values.sorted()
    let count = sorted.count
    median = count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    var cut = 0
    while cut + 1 < count / 2, Interval.confidence(cutting: cut + 1, of: count) >= 0.95 { cut += 1 }
    low = sorted[cut]
    high = sorted[count - 1 - cut]
    confidence = Interval.confidence(cutting: cut, of: count)
  }

  /// That the median lies between the figures that are left when so many are cut on each side.
  private static func confidence(cutting cut: Int, of count: Int) -> Double {
    var tail = 0.0
    var ways = 1.0
    for below in 0...cut {
      tail += ways
      ways *= Double(count - below) / Double(below + 1)
    }
    return 1 - 2 * tail / pow(2, Double(count))
  }
}
