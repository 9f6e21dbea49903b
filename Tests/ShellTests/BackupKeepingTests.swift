// `--keep N`: the newest backups of one database stay, and nothing else is ever touched, however much it looks like one.

import Core
import Foundation
import Testing

@testable import Shell

@Suite struct BackupKeepingTests {
  let directory: TemporaryDirectory
  /// Beside the backups: what they are made of.
  let sources: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    sources = try TemporaryDirectory()
  }

  private func path(_ name: String) -> String { directory.path + "/" + name }

  private func manifest(
    _ created: Int, kind: BackupManifest.Kind = .database, edit: (inout BackupManifest) -> Void = { _ in }
  ) -> BackupManifest {
    var manifest = BackupManifest(
      program: "agent", version: "1", kind: kind, database: "/data/agent.db", platform: "water",
      facts: kind == .keys ? nil : DatabaseFacts(schema: 1, changes: 2, orders: 3, newest: 4, platform: "water"),
      parts: [])
    manifest.created = created
    edit(&manifest)
    return manifest
  }

  @discardableResult
  private func backup(_ name: String, _ manifest: BackupManifest) throws -> String {
    let source = BackupSource(.init(name: "agent.db", bytes: 3), path: try sources.write("abc", "source"))
    let file = try ScratchFile(path: sources.path + "/partial")
    _ = try BackupContainer.write(manifest, of: [source], for: nil, to: file)
    try file.place(as: path(name), replaces: true)
    return path(name)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
  }

  @Test func theNewestStayAndTheOldestGoFirst() throws {
    for (name, created) in [("a", 30), ("b", 10), ("c", 20), ("d", 40)] { try backup(name, manifest(created)) }
    let new = try backup("e", manifest(50))
    let kept = try Keeping(count: 3).prune(beside: new, like: manifest(50))
    #expect(kept == Kept(removed: [path("b"), path("c")]))
    #expect(try names() == ["a", "d", "e"])
    #expect(try Keeping(count: 3).prune(beside: new, like: manifest(50)) == Kept())
  }

  @Test func theNewOneStaysThoughTheClockWasSetBack() throws {
    for (name, created) in [("a", 300), ("b", 200)] { try backup(name, manifest(created)) }
    let new = try backup("c", manifest(50))
    #expect(try Keeping(count: 1).prune(beside: new, like: manifest(50)).removed == [path("b"), path("a")])
    #expect(try names() == ["c"])
  }

  @Test func nothingElseIsEverRemoved() throws {
    let others: [(String, (inout BackupManifest) -> Void)] = [
      ("other-program", { $0.program = "hub" }), ("other-host", { $0.host = "elsewhere" }),
      ("other-database", { $0.database = "/data2/agent.db" }), ("no-database", { $0.database = nil }),
      ("other-platform", { $0.platform = "gas" }), ("no-platform", { $0.platform = nil }),
      ("other-authority", { $0.authority = "00ff" }),
    ]
    for (name, edit) in others { try backup(name, manifest(1, edit: edit)) }
    try backup("keys", manifest(1, kind: .keys))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: try backup("own", manifest(1))))
    try bytes.dropLast().write(to: URL(fileURLWithPath: path("cut")))
    try (bytes + [0]).write(to: URL(fileURLWithPath: path("longer")))
    try bytes.write(to: URL(fileURLWithPath: sources.path + "/elsewhere.lxb"))
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: sources.path + "/elsewhere.lxb")
    try FileManager.default.createDirectory(atPath: path("folder"), withIntermediateDirectories: false)
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    _ = try directory.write("not one of ours", "notes.txt")
    _ = try directory.write("", "empty")
    let before = try names()
    let new = try backup("z-new", manifest(9))
    #expect(try Keeping(count: 1).prune(beside: new, like: manifest(9)) == Kept(removed: [path("own")]))
    #expect(try names() == (before.filter { $0 != "own" } + ["z-new"]).sorted())
    #expect(FileManager.default.fileExists(atPath: sources.path + "/elsewhere.lxb"))
  }

  @Test func keysBesideAreNoReasonToRemoveAnything() throws {
    try backup("old", manifest(1))
    let keys = manifest(9, kind: .keys)
    let new = try backup("keys", keys)
    #expect(try Keeping(count: 1).prune(beside: new, like: keys) == Kept())
  }

  @Test func whatWasRemovedIsSaidAndWhatCouldNotBeIsAFailure() throws {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    let kept = Kept(removed: ["/b/1.lxb"], failed: [("/b/2.lxb", "cannot remove it")])
    let document = JSON.object([.init("kind", "database"), .init("bytes", 1)] + kept.members)
    let text = BackupCommandText.saved(document, on: page).joined(separator: "\n")
    #expect(text.contains("Removed      /b/1.lxb") && text.contains("Not removed  /b/2.lxb: cannot remove it"))
    #expect { try BackupCommandText.demandRemoved(document) } throws: { "\($0)".contains("1 older ones") }
    try BackupCommandText.demandRemoved(.object(Kept(removed: ["/b/1.lxb"]).members))
    try BackupCommandText.demandRemoved(["kind": "database"])
  }
}
