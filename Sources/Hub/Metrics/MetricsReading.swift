// What a scrape reads: the hub's own counters, and the database in one snapshot. Every query is one that a list of its kind stays small
// for, or a count that is kept; a scrape costs a few milliseconds however many orders there are.

import Core
import Foundation
import Shell

struct MetricsReading: Sendable {
  let hotline: Hotline
  /// The database's main file.
  let database: String
  var times = RequestTimes()

  /// Platforms that have labels of their own: the first by name.
  private static let maxPlatforms = 200
  /// The label under which all others stand together; no platform is called so, a platform's name has no underline.
  private static let others = "_other"

  /// The whole text.
  func text() throws -> String {
    let began = ContinuousClock.now
    var text = MetricsText()
    let metric = HubMetric.self
    text.write(metric.buildInfo.row, [([("version", hotline.environment.version)], 1)])
    try hotline.database.read { db in
      try writeOrders(db, to: &text)
      try writePlatforms(db, to: &text)
      text.write(metric.searchComplete.row, try OrderIndex.progress(db).isWhole ? 1 : 0)
    }
    writeIngest(to: &text)
    text.write(
      metric.requestDuration.row,
      times.readings.map { kind, reading in
        (labels: [("listener", kind.listener), ("class", kind.rawValue)], reading: reading)
      })
    writeStore(to: &text)
    ProcessFigures.write(to: &text)
    text.write(metric.scrapeDuration.row, (ContinuousClock.now - began).inSeconds)
    return text.text
  }

  private func writeOrders(_ db: any DatabaseConnection, to text: inout MetricsText) throws {
    func write(_ metric: HubMetric, _ value: Int) { text.write(metric.row, Double(value)) }
    let byStatus = try Tally.byStatus(platform: nil, sector: nil, db)
    write(.orders, byStatus.values.reduce(0, +))
    write(.ordersOpen, byStatus.reduce(0) { $0 + (OrderStatus(rawValue: $1.key)?.isOver == true ? 0 : $1.value) })
    let deadlines = try hotline.deadlineCounts(now: hotline.environment.wall(), db)
    func count(_ names: String...) -> Int { names.reduce(0) { $0 + (deadlines[$1]?.asInt ?? 0) } }
    write(.ordersOverdue, count("orders"))
    write(.deadlinesDueSoon, count("dueSoon"))
    write(.deadlinesOverdue, count("overdue", "urged", "supervised"))
    write(.deadlinesPaused, count("paused"))
    write(.callBacksWaiting, try db.count("SELECT COUNT(*) FROM callback_queue"))
    let disagreements = try DisagreementCounts.read(db)
    write(.conflicts, disagreements.conflicts)
    write(.contradictions, disagreements.contradictions)
    // orders_asking
    write(.requestsOpen, try WaitingRequest.count(db))
    write(.changes, try Tally.changes(db))
    // change_put_aside
    write(
      .changesVoid, try db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'void'"))
    write(
      .changesQuarantined,
      try db.count("SELECT COUNT(*) FROM quarantine")
        + db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'unreadable'"))
    write(.changesWaiting, try db.count("SELECT COUNT(*) FROM waiting"))
    write(.revealAlerts, try RevealAlerts.recent(now: hotline.environment.wall(), db).count)
  }

  private func writeIngest(to text: inout MetricsText) {
    let figures = hotline.writer.figures
    text.write(HubMetric.ingestRequests.row, Double(figures.requests.count))
    text.write(HubMetric.ingestRefused.row, Double(figures.refused.count))
    text.write(HubMetric.ingestChanges.row, Double(figures.changes.count))
    text.write(HubMetric.ingestDuration.row, figures.requestTime.reading)
    text.write(HubMetric.commits.row, Double(figures.commits.count))
    text.write(HubMetric.commitFailures.row, Double(figures.failures.count))
    text.write(HubMetric.commitDuration.row, figures.commitTime.reading)
    let queue = hotline.writer.queued
    text.write(HubMetric.queueDepth.row, Double(queue.waiting))
    text.write(HubMetric.queueLimit.row, Double(queue.limit))
    text.write(HubMetric.writerFailed.row, hotline.writer.failed == nil ? 0 : 1)
  }

  private func writeStore(to text: inout MetricsText) {
    for (metric, path) in [(HubMetric.databaseBytes, database), (.logBytes, database + "-wal")] {
      var facts = stat()
      if stat(path, &facts) == 0 { text.write(metric.row, Double(facts.st_size)) }
    }
    var room = statvfs()
    if statvfs(database, &room) == 0 {
      text.write(HubMetric.diskFree.row, Double(room.f_bavail) * Double(room.f_frsize))
    }
    if let check = hotline.lastCheck() {
      text.write(HubMetric.backupChecked.row, Double(check.at) / 1_000)
      text.write(HubMetric.backupMade.row, Double(check.created) / 1_000)
    }
    for certificate in hotline.certificates() {
      let metric: HubMetric? =
        switch certificate.name {
        case "authority": .authorityExpiry
        case "listener": .listenerExpiry
        default: nil
        }
      if let metric { text.write(metric.row, Double(certificate.notAfter) / 1_000) }
    }
  }

  // MARK: Platforms

  /// What is told of one platform, or of all that have no label of their own.
  private struct Standing {
    var agents = 0
    var online = 0
    var lag = 0
    var outbox = 0
    var oldest: Int?
    var lastContact: Int?
    var skew = 0
    var certificateEnd: Int?
    var clones = 0

    mutating func add(_ agent: JSON) {
      if !(agent["clone"]?.isNull ?? true) { clones += 1 }
      guard !agent.isTrue("revoked") else { return }
      agents += 1
      if agent.isTrue("online") { online += 1 }
      lag = max(lag, agent["lag"]?.asInt ?? 0)
      outbox += agent["outbox"]?.asInt ?? 0
      oldest = Standing.first(oldest, agent["oldest"]?.asInt)
      if let last = agent["lastContact"]?.asInt { lastContact = max(lastContact ?? last, last) }
      skew = max(skew, abs(agent["skew"]?.asInt ?? 0))
      certificateEnd = Standing.first(certificateEnd, agent["certificateNotAfter"]?.asInt)
    }

    private static func first(_ left: Int?, _ right: Int?) -> Int? { [left, right].compactMap(\.self).min() }
  }

  private func writePlatforms(_ db: any DatabaseConnection, to text: inout MetricsText) throws {
    let now = hotline.environment.wall()
    let agents = Dictionary(grouping: try hotline.agentRows(db), by: \.platform)
    let names = agents.keys.sorted()
    var standings: [(platform: String, standing: Standing)] = []
    for name in names {
      if standings.count <= MetricsReading.maxPlatforms {
        let isOther = standings.count == MetricsReading.maxPlatforms
        standings.append((isOther ? MetricsReading.others : name, Standing()))
      }
      for agent in agents[name] ?? [] { standings[standings.count - 1].standing.add(agent.json) }
    }
    func write(_ metric: HubMetric, _ value: (Standing) -> Double?) {
      text.write(
        metric.row,
        standings.compactMap { row in value(row.standing).map { (labels: [("platform", row.platform)], value: $0) } })
    }
    func seconds(since time: Int?) -> Double? { time.map { Double(max(0, now - $0)) / 1_000 } }
    write(.feedLag) { $0.agents == 0 ? nil : Double($0.lag) }
    write(.outbox) { $0.agents == 0 ? nil : Double($0.outbox) }
    write(.outboxAge) { seconds(since: $0.oldest) }
    write(.contactAge) { seconds(since: $0.lastContact) }
    write(.agents) { Double($0.agents) }
    write(.agentsOnline) { Double($0.online) }
    write(.clockSkew) { $0.agents == 0 ? nil : Double($0.skew) / 1_000 }
    write(.agentCertificateExpiry) { $0.certificateEnd.map { Double($0) / 1_000 } }
    write(.cloneAlarms) { Double($0.clones) }
    text.write(HubMetric.platformsFolded.row, Double(max(0, names.count - MetricsReading.maxPlatforms)))
  }
}
