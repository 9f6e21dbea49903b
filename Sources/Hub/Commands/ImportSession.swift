// Sends imported rows to the hub in batches, and tells what became of each. The commands are in ImportCommand.swift.

import ArgumentParser
import Core
import Foundation
import Shell

/// One import, from its first batch to its report.
struct ImportSession {
  /// Rows of one request: enough that the commit costs little, few enough that others get their turn.
  static let maxBatchRows = 100
  /// Bytes of one request, well below what the hub takes.
  static let maxBatchBytes = 4 << 20

  let client: DaemonClient
  let system: String
  let dispatch: Bool
  let author: JSON
  private(set) var counts = Counts()
  /// Rows that the hub refused.
  private(set) var refused: [RowFault] = []

  struct Counts: Equatable, Sendable {
    var created = 0
    /// There already, by the number of the other system.
    var known = 0
    var dispatched = 0
  }

  init(client: DaemonClient, system: String, dispatch: Bool, author: JSON) {
    self.client = client
    self.system = system
    self.dispatch = dispatch
    self.author = author
  }

  /// Adds those of the platforms that the hub does not have.
  func addPlatforms(_ platforms: [MappedPlatform]) throws {
    let known = Set(try client.answer(.get("/v1/platforms")).list("platforms").map { $0.text("name") })
    for platform in platforms where !known.contains(platform.slug.text) {
      let call = HubCall.post(
        "/v1/platforms",
        [
          ("name", .string(platform.slug.text)), ("displayName", .string(platform.name)),
          ("sectors", .array(platform.sectors.map(JSON.string))),
        ])
      _ = try client.answer(call)
    }
  }

  /// Sends the rows in their order; `progress` is told how many have been answered.
  mutating func send(_ rows: ArraySlice<ImportedRow>, progress: (Int) -> Void) throws {
    var done = 0
    for batch in Self.batches(rows) {
      let call = HubCall.post(
        "/v1/import",
        [("system", .string(system)), ("dispatch", .bool(dispatch)), ("rows", .array(batch)), ("author", author)])
      take(try client.answer(call))
      done += batch.count
      progress(done)
    }
  }

  /// Counts what became of a batch's rows.
  mutating func take(_ answer: JSON) {
    for row in answer.list("rows") {
      if let fault = row["fault"]?.asString {
        refused.append(RowFault(line: row["line"]?.asInt ?? 0, reason: fault))
      } else if row.isTrue("created") {
        counts.created += 1
      } else {
        counts.known += 1
      }
      if row.isTrue("dispatched") { counts.dispatched += 1 }
    }
  }

  /// The rows as the hub takes them, in requests of bounded length. A row longer than that goes alone: the hub judges
  /// it.
  static func batches(_ rows: ArraySlice<ImportedRow>) -> [[JSON]] {
    var all: [[JSON]] = []
    var batch: [JSON] = []
    var bytes = 0
    for row in rows {
      let json = Self.json(row)
      let length = json.bytes.count
      if !batch.isEmpty, batch.count == maxBatchRows || bytes + length > maxBatchBytes {
        all.append(batch)
        batch = []
        bytes = 0
      }
      batch.append(json)
      bytes += length
    }
    if !batch.isEmpty { all.append(batch) }
    return all
  }

  private static func json(_ row: ImportedRow) -> JSON {
    [
      "line": .int(row.line), "number": .string(row.number), "platform": .string(row.platform),
      "registers": .object(row.registers.map { JSON.Member($0.name, $0.value) }),
    ]
  }

  /// Prints faults to standard error and the summary to standard output; throws status 1 for faults that are not
  /// allowed.
  func report(_ file: ImportFile, _ options: ImportOptions) throws {
    let faults = (file.faults + refused).sorted { $0.line < $1.line }
    if options.notes {
      for row in file.rows {
        for note in row.notes { Terminal.write("line \(row.line): note: \(Sanitize.line(note))\n", to: STDERR_FILENO) }
      }
    }
    for fault in faults { Terminal.write("\(fault)\n", to: STDERR_FILENO) }
    options.hub.output.show(summary(rows: file.rows.count + file.faults.count, faults: faults)) { document, _ in
      let words = [("created", "orders created"), ("known", "known already"), ("dispatched", "dispatched")]
      let parts = words.map { "\(document.text($0)) \($1)" } + ["\(faults.count) not taken"]
      return ["\(document.text("rows")) rows: " + parts.joined(separator: ", ")]
    }
    if !faults.isEmpty, !options.allowFaults { throw ExitCode(CommandStatus.failure.rawValue) }
  }

  func summary(rows: Int, faults: [RowFault]) -> JSON {
    [
      "rows": .int(rows), "created": .int(counts.created), "known": .int(counts.known),
      "dispatched": .int(counts.dispatched),
      "faults": .array(faults.map { ["line": .int($0.line), "reason": .string($0.reason)] }),
    ]
  }
}
