// The decoders of what operators bring as files: CSV and its mapping, and the configuration of both daemons.

import Foundation
import Logging

@testable import Agent
@testable import Core
@testable import Hub
@testable import Shell

extension FuzzTarget {
  static let fileTargets: [FuzzTarget] = [
    csv, mapping,
    configuration("hub-config") { path in _ = try HubSettings.load(file: path, environment: [:]) },
    configuration("agent-config") { path in _ = try AgentSettings.load(file: path) },
  ]

  private static let sampleMapping: Result<ImportMapping, any Error> = Result {
    try MappingFile.parse(try FuzzCorpus.text("mapping.yaml"), name: "mapping.yaml")
  }
  private static let sampleCSV: Result<[UInt8], any Error> = Result { Array(try FuzzCorpus.text("sample.csv").utf8) }

  private static let csv = FuzzTarget("csv", .text, weight: 6, ["bounded", "header", "row", "clean"]) { bytes, trail in
    guard bytes.count <= Limits.maxBatchBytes else { return }
    trail.pass("bounded")
    let (rows, faults) = try Importer.read(csv: bytes, mapping: try sampleMapping.get())
    trail.pass("header")
    for fault in faults where fault.description.isEmpty { trail.disagree("a fault without a word") }
    let shifted = Replay.shifted(rows, now: FuzzScene.start)
    trail.require(shifted.count == rows.count, "a row is lost in shifting")
    for row in rows {
      let drafts = row.registers.map { Draft.set($0.name, $0.value) }
      trail.require(Authoring.fault(drafts) == nil, "line \(row.line): \(Authoring.fault(drafts) ?? "")")
    }
    guard !rows.isEmpty else { return }
    trail.pass("row")
    if faults.isEmpty { trail.pass("clean") }
  }

  private static let mapping = FuzzTarget("mapping", .text, weight: 4, ["utf8", "mapping", "columns", "row"]) {
    bytes, trail in
    guard let text = String(validating: bytes, as: UTF8.self), bytes.count <= 1 << 20 else { return }
    trail.pass("utf8")
    let mapping = try MappingFile.parse(text, name: "mapping.yaml")
    trail.pass("mapping")
    let (rows, _) = try Importer.read(csv: try sampleCSV.get(), mapping: mapping)
    trail.pass("columns")
    if !rows.isEmpty { trail.pass("row") }
  }

  private static func configuration(
    _ name: String, _ load: @escaping @Sendable (String) throws -> Void
  ) -> FuzzTarget {
    FuzzTarget(name, .text, weight: 2, ["written", "yaml", "settings"]) { bytes, trail in
      let path = NSTemporaryDirectory() + "lianxin-fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(name).yaml"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      defer { unlink(path) }
      trail.pass("written")
      do { try load(path) } catch let failure as ConfigFailure {
        // A fault with a key was found in a tree that YAML gave.
        if failure.faults.contains(where: { $0.key != nil && !$0.reason.hasPrefix("is given twice in") }) {
          trail.pass("yaml")
        }
        throw failure
      }
      trail.pass("yaml")
      trail.pass("settings")
    }
  }
}
