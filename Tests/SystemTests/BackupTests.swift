// `backup` and `restore` with real processes: a copy of daemons that go on writing, put back elsewhere and in place; and everything
// that may not be restored, after which every file is as it was.

import Core
import Foundation
import Synchronization
import Testing

@testable import Shell
@testable import TestSite

extension SystemTests {
  @Suite struct Backups {
    /// Notes to one order from a thread of its own, until it is told to end.
    private final class Writer: Sendable {
      private let state = Mutex((acknowledged: 0, isEnding: false))
      var acknowledged: Int { state.withLock { $0.acknowledged } }

      func run(_ note: @escaping @Sendable (Int) -> Bool) -> Background {
        Background {
          var number = 0
          while !self.state.withLock({ $0.isEnding }) {
            guard note(number) else { return }
            number += 1
            self.state.withLock { $0.acknowledged = number }
          }
        }
      }

      func end() { state.withLock { $0.isEnding = true } }
    }

    /// Sends notes to the daemon at `socket`.
    private static func note(_ socket: String, _ order: String) -> @Sendable (Int) -> Bool {
      { number in
        let body = Array(#"{"command":"note","text":"n\#(number)","visibility":"all","request":"w\#(number)"}"#.utf8)
        let answer = try? CurlClient(.unixSocket(socket)).send(  // its end is the writer's
          "POST", "/v1/orders/\(order)/commands", headers: [("Content-Type", "application/json")], body: body,
          timeout: .seconds(20))
        return answer?.status == 200
      }
    }

    private func entries(_ daemon: Daemon, _ order: OrderID) throws -> Int {
      try daemon.order(order)["entries"]?.asArray?.count ?? 0
    }

    /// Every file of a data directory but the locks and sockets.
    private func files(_ directory: String) throws -> [String: Data] {
      var found: [String: Data] = [:]
      let all = try #require(FileManager.default.enumerator(atPath: directory))
      for case let name as String in all where !name.hasSuffix(".lock") && !name.hasSuffix("-shm") {
        found[name] = FileManager.default.contents(atPath: directory + "/" + name)
      }
      return found
    }

    @Test(arguments: [Program.hub, .agent])
    func aCopyOfARunningDaemonUnderWritesIsOfOneMomentAndStartsElsewhere(_ program: Program) throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let daemon = program == .hub ? site.hub : agent
      let writer = Writer()
      let thread = writer.run(Backups.note(daemon.socket, order.text))
      try eventually("some notes are there") { writer.acknowledged >= 5 }
      let before = writer.acknowledged
      let file = site.directory + "/copy.lxb"
      let saved = try daemon.json("backup", file)
      let keys = try program == .hub ? daemon.json("backup", "--keys", site.directory + "/keys.lxb") : .null
      let after = writer.acknowledged
      writer.end()
      try thread.join()
      #expect(saved["encrypted"] == false && saved["lastCheck"] == .null && saved["orders"] == 1)
      #expect(after > before, "nothing was written during the backup")
      let data = site.directory + "/elsewhere"
      let restored = Daemon(
        program, data: data, site: site.directory,
        arguments: program == .hub
          ? ["serve", "--data", data, "--listen", "127.0.0.1", "--port", "0"] : ["run", "--data", data],
        environment: Site.quick)
      let host = BackupManifest.hostName
      if keys != .null {
        #expect(keys["kind"] == "keys")
        _ = try restored.json("restore", site.directory + "/keys.lxb", "--yes", host)
      }
      // Without the hub, what the agent shows is the backup's.
      site.hub.kill()
      agent.kill()
      let done = try restored.json("restore", file, "--yes", program == .hub ? host : "water")
      #expect(done["restored"] == true && done["replaces"] == .null && done["keptAside"] == .null)
      if program == .agent {
        try FileManager.default.copyItem(atPath: agent.data + "/identity", toPath: data + "/identity")
      }
      try restored.start()
      let held = try restored.order(order)["entries"]?.asArray?.compactMap { $0["value"]?["text"]?.asString } ?? []
      #expect(held.count >= before, "\(held.count) of \(before) acknowledged before the backup")
      #expect(held.sorted() == (0..<held.count).map { "n\($0)" }.sorted(), "\(held)")
      if program == .hub {
        let doctor = try restored.command("doctor")
        #expect(doctor.status == 0, "\(doctor.all)")
      }
      restored.kill()
    }

    @Test func aRunningDaemonIsNotRestoredOverButABackupOfItCanBeTested() throws {
      let site = try Site("water")
      let file = site.directory + "/copy.lxb"
      for (daemon, name) in [(site.hub, BackupManifest.hostName), (try site.agent("water"), "water")] {
        _ = try daemon.json("backup", file)
        let refused = try daemon.command("restore", file, "--yes", name)
        #expect(refused.status == CommandStatus.conflict.rawValue, "\(refused.all)")
        #expect(refused.errors.contains("pid \(daemon.pid)"), "\(refused.all)")
        let checked = try daemon.json("restore", file, "--check")
        #expect(checked["checked"] == true && checked["noted"] == true)
        let again = try daemon.command("backup", file)
        #expect(again.status == CommandStatus.conflict.rawValue && again.errors.contains("--force"), "\(again.all)")
        let saved = try daemon.json("backup", file, "--force")
        #expect(saved["lastCheck"]?["created"] == checked["backup"]?["created"])
        #expect(try daemon.get("/v1/status").status == 200)
        try FileManager.default.removeItem(atPath: file)
      }
    }

    @Test func whatMayNotBeRestoredIsRefusedWithItsReasonAndEveryFileIsAsItWas() throws {
      let site = try Site("water", "gas")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let folder = site.directory
      let copy = folder + "/water.lxb"
      _ = try agent.json("backup", copy)
      _ = try site.agent("gas").json("backup", folder + "/gas.lxb")
      _ = try site.hub.json("backup", folder + "/hub.lxb")
      _ = try key(.hub, folder + "/key", site)
      _ = try key(.agent, folder + "/other", site)
      _ = try agent.json("backup", folder + "/sealed.lxb", "--recipient", folder + "/key/backup.pub")
      // Started anew and killed, so that the log holds its last commits and no more.
      #expect(try agent.terminate() == 0)
      try agent.start()
      #expect(try agent.note("later", on: order, request: "later").status == 200)
      agent.kill()
      #expect(try Data(contentsOf: URL(fileURLWithPath: agent.data + "/agent.db-wal")).count > 0)

      let whole = try Data(contentsOf: URL(fileURLWithPath: copy))
      try whole.dropLast(1000).write(to: URL(fileURLWithPath: folder + "/cut.lxb"))
      var flipped = whole
      flipped[whole.count / 2] ^= 1
      try flipped.write(to: URL(fileURLWithPath: folder + "/flipped.lxb"))
      try newerSchema(of: copy, as: folder + "/newer.lxb")
      try lying(of: copy, as: folder + "/lying.lxb")
      let before = try files(agent.data)
      let key = folder + "/other/backup.key"
      for (name, more, status, words) in [
        ("water.lxb", [], CommandStatus.usage, "--yes water"), ("water.lxb", ["--yes", "gas"], .usage, "is not water"),
        ("gas.lxb", ["--yes", "gas"], .refusedByRule, "the platform gas"),
        ("hub.lxb", ["--yes", "water"], .refusedByRule, "the hub's database"),
        ("newer.lxb", ["--yes", "water"], .refusedByRule, "newer version"),
        ("cut.lxb", ["--yes", "water"], .failure, "incomplete"),
        ("flipped.lxb", ["--yes", "water"], .failure, "does not match its hash"),
        ("lying.lxb", ["--yes", "water"], .failure, "orders"),
        ("sealed.lxb", ["--yes", "water"], .notAuthorised, "--identity"),
        ("sealed.lxb", ["--yes", "water", "--identity", key], .notAuthorised, "encrypted for the key"),
        ("none.lxb", ["--yes", "water"], .failure, "No such file"),
      ] {
        let refused = try ChildProcess(
          Program.agent.path, ["restore", folder + "/" + name, "--data", agent.data] + more, scratch: folder
        ).finish()
        #expect(refused.status == status.rawValue, "\(name) \(more): \(refused.all)")
        #expect(refused.errors.contains(words), "\(name) \(more): \(refused.all)")
        #expect(try files(agent.data) == before, "\(name) \(more)")
      }
      try agent.start()
      try site.expectEqual(order, at: "water")
      #expect(try entries(agent, order) == 1)
    }

    @Test func aRestoreInPlaceKeepsTheOldDatabaseWithItsLastCommitsAndTheAgentCatchesUp() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let file = site.directory + "/copy.lxb"
      let key = try key(.agent, site.directory + "/key", site)
      let saved = try agent.json("backup", file, "--recipient", try key.string("recipient"))
      #expect(saved["encrypted"] == true)
      #expect(try agent.terminate() == 0)
      try agent.start()
      #expect(try agent.note("acknowledged", on: order, request: "a").status == 200)
      try agent.settle()
      agent.kill()
      let done = try agent.json("restore", file, "--yes", "water", "--identity", try key.string("identity"))
      let aside = try done.string("keptAside")
      #expect(!Files.exists(agent.data + "/agent.db-wal") && !Files.exists(aside + "-wal"))
      let queries = DatabaseQueries(
        schema: "SELECT COUNT(*) FROM grdb_migrations", newest: "SELECT 1",
        platform: "SELECT value FROM meta WHERE key = 'platform'")
      let old = try DatabaseReading(aside, isAtRest: true)
      try old.demandSound()
      let then = try #require(saved["changes"]?.asInt)
      #expect(try old.facts(queries).changes > then)
      #expect(try old.facts(queries).changes == done["replaces"]?["changes"]?.asInt)
      let new = try DatabaseReading(agent.data + "/agent.db", isAtRest: true).facts(queries)
      #expect(new.changes == then && new.platform == "water")
      try agent.start()
      try site.expectEqual(order, at: "water")
      #expect(try entries(agent, order) == 1)
      #expect(try agent.note("after", on: order, request: "b").status == 200)
      try site.expectEqual(order, at: "water")
    }

    @Test func restoredKeysKeepWhatTheLedgerLearnedSince() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let file = site.directory + "/keys.lxb"
      _ = try site.hub.json("backup", "--keys", file)
      _ = try site.hub.json(
        "agent", "revoke", "water", try agent.status.string("agent"), "--reason", "stolen")
      #expect(try site.hub.terminate() == 0)
      let ledger = site.hub.data + "/keys/ledger.jsonl"
      let before = try String(contentsOfFile: ledger, encoding: .utf8)
      #expect(before.contains("revoked"))
      let done = try site.hub.json("restore", file, "--yes", BackupManifest.hostName)
      #expect(done["restored"] == true)
      #expect(try String(contentsOfFile: ledger, encoding: .utf8) == before)
      let aside = try done.string("keptAside")
      #expect(try String(contentsOfFile: aside + "/ledger.jsonl", encoding: .utf8) == before)
      try site.hub.start(["--port", "0"])
      #expect(try site.hub.command("doctor").status == 0)
    }

    /// A new pair of keys.
    private func key(_ program: Program, _ directory: String, _ site: Site) throws -> JSON {
      let made = try ChildProcess(
        program.path, ["backup-key", "create", directory, "--json"], scratch: site.directory
      ).finish()
      try #require(made.status == 0, "\(made.all)")
      return try JSON(parsing: Array(made.output.utf8))
    }

    /// A backup of the same content that says it has a schema of the future.
    private func newerSchema(of file: String, as name: String) throws {
      try rewrite(file, as: name) { $0.schema = 999 }
    }

    /// A backup whose hashes are right, and whose manifest tells of an order more than the database has.
    private func lying(of file: String, as name: String) throws { try rewrite(file, as: name) { $0.orders += 1 } }

    private func rewrite(_ file: String, as name: String, _ edit: (inout DatabaseFacts) -> Void) throws {
      let reader = try BackupReader(path: file)
      let content = try ScratchFile(path: name + ".content")
      try reader.extract(identity: nil, to: [content])
      var manifest = reader.manifest
      var facts = try #require(manifest.facts)
      edit(&facts)
      manifest.facts = facts
      let target = try ScratchFile(path: name + ".partial")
      let sources = manifest.parts.map { BackupSource($0, path: content.path) }
      _ = try BackupContainer.write(manifest, of: sources, for: nil, to: target)
      try target.place(as: name, replaces: true)
    }
  }
}
