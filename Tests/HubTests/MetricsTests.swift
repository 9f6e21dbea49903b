// What Prometheus reads: the format, every metric of the table, no personal data, labels of a bounded number. And the alert rules, which
// must name metrics that there are.

import Core
import Foundation
import Shell
import Testing
import Yams

@testable import Hub

@Suite struct MetricsTests {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func text() throws -> String {
    try MetricsReading(hotline: world.hotline, database: world.directory + "/hub.db").text()
  }

  /// By name with labels, as they stand.
  private func samples(_ text: String) -> [String: Double] {
    var found: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      found[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    return found
  }

  private func enrol(_ platform: String, _ agent: String) throws {
    try world.parts.database.write { db in
      try db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ($1, $2, 0, 0)",
        [.text(platform), .text(agent)])
    }
  }

  @Test func everyLineIsAsTheFormatSays() throws {
    try enrol("water", "one")
    _ = try world.dispatched(to: "water")
    let sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z_]+="([^"\\\n]|\\.)*"(,[a-z_]+="([^"\\\n]|\\.)*")*\})? \S+$/
    var helped: [Substring] = []
    for line in try text().split(separator: "\n") {
      if line.hasPrefix("# HELP ") { helped.append(line.split(separator: " ")[2]) }
      #expect(line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ") || line.wholeMatch(of: sample) != nil, "\(line)")
    }
    #expect(Set(helped).count == helped.count, "a metric's samples stand together")
  }

  @Test func everyMetricOfTheTableIsThereAndNoOther() throws {
    try enrol("water", "one")
    _ = try world.dispatched(to: "water")
    let typed = try text().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
      String($0.split(separator: " ")[2])
    }
    let known = HubMetric.allCases.map(\.rawValue) + ProcessFigures.rows.map(\.name)
    #expect(Set(typed).subtracting(known).isEmpty)
    let needed = HubMetric.allCases.filter { !$0.isConditional }.map(\.rawValue)
    #expect(Set(needed).subtracting(typed).isEmpty)
  }

  @Test func namesFollowTheConvention() {
    for metric in HubMetric.allCases {
      let row = metric.row
      #expect(row.name.wholeMatch(of: /lianxin_hub_[a-z]+(_[a-z]+)*/) != nil, "\(row.name)")
      #expect((row.kind == .counter) == row.name.hasSuffix("_total"), "\(row.name)")
      #expect(!row.help.isEmpty && !row.help.contains("\n"))
    }
  }

  @Test func figuresAreThoseOfTheHub() throws {
    try enrol("water", "one")
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("due/complete", ["at": 5])])
    _ = try world.perform(.cancel(reason: "twice"), on: try world.dispatched(to: "gas"))
    let name = Contacts.Name(platform: try PlatformName("water"), agent: "one")
    world.parts.contacts.note(
      name,
      health: Health(
        outbox: 3, oldest: world.clock.now - 60_000, waiting: 0, quarantined: 0, clock: world.clock.now - 7_000,
        version: "1"),
      cursorPosition: 0, now: world.clock.now)
    world.clock.advance(30_000)
    let found = samples(try text())
    #expect(found["lianxin_hub_orders"] == 2)
    #expect(found["lianxin_hub_orders_open"] == 1)
    #expect(found["lianxin_hub_orders_overdue"] == 1)
    #expect(found["lianxin_hub_outbox_changes{platform=\"water\"}"] == 3)
    #expect(found["lianxin_hub_outbox_oldest_age_seconds{platform=\"water\"}"] == 90)
    #expect(found["lianxin_hub_contact_age_seconds{platform=\"water\"}"] == 30)
    #expect(found["lianxin_hub_clock_skew_seconds{platform=\"water\"}"] == 7)
    #expect(found["lianxin_hub_feed_lag_entries{platform=\"water\"}"] == 1)
    #expect(found["lianxin_hub_agents_online{platform=\"water\"}"] == 1)
    #expect(found["lianxin_hub_changes"] == Double(try world.hotline.status()["changes"]?.asInt ?? -1))
    #expect(found["lianxin_hub_ingest_changes_total"] == found["lianxin_hub_changes"])
    #expect(found["lianxin_hub_commit_duration_seconds_count"] == found["lianxin_hub_commits_total"])
    #expect((found["process_resident_memory_bytes"] ?? 0) > 1_000_000)
    #expect(abs((found["process_start_time_seconds"] ?? 0) - Date().timeIntervalSince1970) < 86_400)
    _ = order
  }

  @Test func aHistogramCountsEachBoundAndAllBelowIt() {
    let histogram = Histogram(bounds: [.milliseconds(1), .seconds(1)])
    for time in [Duration.microseconds(500), .milliseconds(1), .milliseconds(20), .seconds(3)] {
      histogram.observe(time)
    }
    #expect(histogram.reading.cumulative.map(\.count) == [2, 3])
    var text = MetricsText()
    text.write(MetricRow("x_seconds", .histogram, "a\\b\nc"), histogram.reading)
    #expect(
      text.text == """
        # HELP x_seconds a\\\\b\\nc
        # TYPE x_seconds histogram
        x_seconds_bucket{le="0.001"} 2
        x_seconds_bucket{le="1"} 3
        x_seconds_bucket{le="+Inf"} 4
        x_seconds_sum 3.0215
        x_seconds_count 4

        """)
  }

  @Test func answersAreTimedByListenerAndKind() throws {
    let times = RequestTimes()
    times.observe(.milliseconds(3), .poll)
    let found = samples(
      try MetricsReading(hotline: world.hotline, database: world.directory + "/hub.db", times: times).text())
    let name = "lianxin_hub_http_request_duration_seconds"
    #expect(found["\(name)_count{listener=\"sync\",class=\"poll\"}"] == 1)
    #expect(found["\(name)_bucket{listener=\"sync\",class=\"poll\",le=\"0.005\"}"] == 1)
    #expect(found["\(name)_bucket{listener=\"sync\",class=\"poll\",le=\"0.0025\"}"] == 0)
    #expect(found["\(name)_count{listener=\"console\",class=\"page\"}"] == 0)
    #expect(found.keys.filter { $0.hasPrefix("\(name)_count{") }.count == RequestClass.allCases.count)
  }

  @Test func aRequestIsOfTheKindThatItsAddressSaysAndOfNoOther() {
    let calls = ["hello", "push", "pull", "reconcile", "enroll", "renew"].map { RequestClass(ofSync: "/sync/v1/" + $0) }
    #expect(calls == [.hello, .push, .poll, .reconcile, .enrolment, .enrolment])
    #expect(RequestClass(ofSync: "/sync/v1/none") == nil && RequestClass(ofSync: "/") == nil)
    func kinds(_ path: String) -> [RequestClass] {
      [true, false].map { RequestClass(ofConsole: path, isReading: $0) }
    }
    #expect(kinds("/orders") == [.page, .act] && kinds("/apiary") == [.page, .act])
    #expect(kinds("/api/v1/orders") == [.read, .write])
    #expect(kinds("/events").first == .events && kinds("/assets/x.css").first == .asset)
  }

  @Test func platformsBeyondTheBoundStandTogether() throws {
    for index in 0..<250 {
      let name = "p\(1_000 + index)"
      _ = try world.hotline.addPlatform(name: name, displayName: nil, sectors: [])
      try enrol(name, "a")
    }
    let found = samples(try text())
    #expect(found.keys.filter { $0.hasPrefix("lianxin_hub_agents{") }.count == 201)
    #expect(found["lianxin_hub_agents{platform=\"_other\"}"] == 50)
    #expect(found["lianxin_hub_platforms_beyond_labels"] == 50)
  }

  @Test func nothingPersonalAndNoWordOfAnOrderIsTold() throws {
    try enrol("water", "one")
    _ = try world.dispatched(
      to: "water",
      registers: [
        .init("title", "secretword"), .init("caller", ["phone": "13800001234"]),
        .init("location", ["address": "elsewhere"]),
      ])
    let text = try text()
    for word in ["secretword", "13800001234", "elsewhere"] { #expect(!text.contains(word)) }
    let labels = Set(text.matches(of: /[{,]([a-z]+)="/).map { String($0.output.1) })
    #expect(labels == ["platform", "version", "le", "listener", "class"])
  }

  private static let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "deploy/prometheus/lianxin.rules.yml")

  private struct Rules: Decodable {
    struct Group: Decodable {
      let name: String
      let rules: [Rule]
    }
    struct Rule: Decodable {
      let alert: String
      let expr: String
      let labels: [String: String]
      let annotations: [String: String]
    }
    let groups: [Group]
  }

  @Test func everyAlertNamesMetricsThatThereAreAndSaysWhatToDo() throws {
    let rules = try YAMLDecoder().decode(Rules.self, from: String(contentsOf: Self.rules, encoding: .utf8))
    let alerts = rules.groups.flatMap(\.rules)
    #expect(alerts.count > 10)
    #expect(Set(alerts.map(\.alert)).count == alerts.count)
    let names = Set(
      HubMetric.allCases.flatMap { metric in
        metric.row.kind == .histogram ? ["_bucket", "_sum", "_count"].map { metric.rawValue + $0 } : [metric.rawValue]
      })
    for alert in alerts {
      let named = alert.expr.matches(of: /\blianxin_[a-z_]+/).map { String($0.output) }
      #expect(!named.isEmpty || alert.expr.contains("up{"), "\(alert.alert)")
      #expect(Set(named).subtracting(names).isEmpty, "\(alert.alert): \(alert.expr)")
      #expect(["page", "ticket"].contains(alert.labels["severity"]))
      #expect(alert.annotations["summary"]?.isEmpty == false && alert.annotations["action"]?.isEmpty == false)
    }
  }

  private static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: promtool != nil)) func prometheusItselfTakesTheRules() throws {
    let tool = try #require(Self.promtool)
    let process = Process()
    process.executableURL = URL(filePath: tool)
    process.arguments = ["check", "rules", Self.rules.path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
  }

  @Test(.enabled(if: promtool != nil)) func prometheusItselfTakesTheText() throws {
    try enrol("water", "one")
    let tool = try #require(Self.promtool)
    let path = world.directory + "/metrics.txt"
    try text().write(toFile: path, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: tool)
    process.arguments = ["check", "metrics"]
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: path))
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
  }
}
