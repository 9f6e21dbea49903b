// Finding, copying and destroying what is held of a person: what is found and what is not, that it does not come back in whatever order
// things arrive, and that the number is in no log and no refusal.

import Core
import Foundation
import Logging
import Shell
import Synchronization
import Testing

@testable import Hub

/// Keeps what is logged.
final class LogBook: Sendable {
  private let lines = Mutex<[String]>([])
  var text: String { lines.withLock { $0.joined(separator: "\n") } }
  var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

  private struct Handler: LogHandler {
    let book: LogBook
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      book.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:]) \(metadata)") }
    }
  }
}

@Suite struct PhoneNumberTests {
  @Test(arguments: [
    "13800001234", "138 0000 1234", "138-0000-1234", "+86 138 0000 1234", "+8613800001234", "008613800001234",
    "8613800001234", "１３８００００１２３４", "(138) 0000.1234", "138　0000　1234",
  ])
  func isTheSameHoweverItIsWritten(text: String) throws {
    let phone = try PhoneNumber("13800001234")
    #expect(try PhoneNumber(text) == phone)
    #expect(phone.isIn(["phone": .string(text)]))
    #expect(phone.isIn("rang \(text), nobody there"))
    #expect(phone.isIn(["a": ["b": [.string("rang \(text) 10:30")]]]))
  }

  @Test(arguments: ["13800001235", "138000012345", "213800001234", "1380000123", "13800001234-2", "x", ""])
  func isNoOther(text: String) throws {
    let phone = try PhoneNumber("13800001234")
    #expect(!phone.isIn(["phone": .string(text)]))
    #expect(text.last == "2" || !phone.isIn("rang \(text)"))
  }

  @Test(arguments: ["", "1357", "abc", "138x00001234", "+", "--", "123456789012345678901", "+86+13800001234"])
  func isRefusedWithoutBeingRepeated(text: String) {
    let refusal = #expect(throws: Problem.self) { try PhoneNumber(text) }
    #expect(refusal?.code == .badCommand)
    #expect(text.isEmpty || refusal?.detail.contains(text) == false || text == "-")
  }
}

@Suite struct PrivacyTests {
  private let world: HubWorld
  private let phone = "13800001234"
  private let by = Author(name: "op", role: "supervisor")

  init() throws { world = try HubWorld() }

  private func dispatched(_ phone: String = "138-0000-1234", to platform: String = "water") throws -> OrderID {
    try world.dispatched(
      to: platform,
      registers: [
        .init("title", "leak"), .init("caller", ["name": "王芳", "phone": .string(phone)]),
        .init("location/private", ["flat": "12-301"]),
      ])
  }

  private func rows(_ table: String, of order: OrderID? = nil, _ parts: HubParts? = nil) throws -> Int {
    try (parts ?? world.parts).database.read { db in
      try db.count("SELECT COUNT(*) FROM \(table) WHERE $1 = '' OR order_id = $1", [.text(order?.text ?? "")])
    }
  }

  private func commitment(_ order: OrderID, _ register: String = "caller") throws -> Hash {
    let shown = try #require(world.state(order).shown(register))
    return try #require(SealedValue.commitment(in: shown.value.json))
  }

  @discardableResult
  private func purge(_ reason: String = "request 2026-17") throws -> JSON {
    try world.hotline.purgePerson(phone: phone, reason: reason, author: by)
  }

  /// A change of water's that brings values of its own.
  private func contact(_ order: OrderID, _ crew: FakeAuthor, _ number: String) throws -> Entry {
    let value = SealedValue(nonce: [UInt8](repeating: 8, count: 16), value: JSONText(.string(number)))
    return crew.entry(
      order, context: try world.state(order).vector,
      [.append(kind: "contact", value: JSONText(["number": value.placeholder, "said": "on our way"]))], sealed: [value])
  }

  // MARK: Finding and copying

  @Test func aPersonIsFoundWithWhoMayHaveHadTheValues() throws {
    let order = try dispatched()
    let other = try dispatched("13900005678")
    let crew = try FakeAuthor("gas")
    let own = OrderID(maker: try PlatformName("gas"), milliseconds: 5, random: [4])
    let value = SealedValue(nonce: [1, 2, 3, 4, 5, 6, 7, 8], value: JSONText(["phone": "+86 13800001234"]))
    try world.push(
      [
        crew.entry(
          own, context: VersionVector(),
          [
            .set("title", "smell"), .set("caller", value.placeholder),
            .set("assignment/a1", ["platform": "gas", "role": "lead", "round": 1]),
          ], sealed: [value])
      ], from: crew)
    let found = try world.hotline.findPerson(phone: "+86 138 0000 1234", author: by)
    let orders = found.list("orders")
    #expect(Set(orders.map { $0.text("order") }) == [order.text, own.text])
    let first = try #require(orders.first { $0.text("order") == order.text })
    #expect(first["platforms"] == ["water"] && first["title"] == "leak" && first["status"] == "dispatched")
    #expect(Set(first.list("values").flatMap { $0.list("places") }) == ["caller", "location/private"])
    #expect(orders.first { $0.text("order") == own.text }?["platforms"] == ["gas"])
    let text = String(decoding: found.bytes, as: UTF8.self)
    #expect(!text.contains("王芳") && !text.contains("0000-1234") && !text.contains(phone), "values are not shown")
    #expect(
      try world.hotline.findPerson(phone: "13900005678", author: by).list("orders").map { $0.text("order") } == [
        other.text
      ])
    #expect(try world.hotline.findPerson(phone: "13700000000", author: by).list("orders").isEmpty)
  }

  @Test func theCopyHasWhatIsHeldInPlainAndNothingOfOthers() throws {
    let order = try dispatched()
    _ = try dispatched("13900005678")
    let crew = try FakeAuthor("water")
    try world.push([try contact(order, crew, phone)], from: crew)
    let copy = try world.hotline.exportPerson(phone: phone, author: by)
    #expect(copy.list("orders").count == 1)
    let row = try #require(copy.list("orders").first)
    #expect(row.list("registers").map { $0["register"] } == ["caller", "location/private"])
    #expect(row.list("registers").first?["value"] == ["name": "王芳", "phone": "138-0000-1234"])
    #expect(row.list("entries").map { $0["value"] } == [["number": .string(phone), "said": "on our way"]])
    #expect(row.list("entries").first?["platform"] == "water")
    #expect(!String(decoding: copy.bytes, as: UTF8.self).contains("13900005678"))
  }

  @Test func whereTheNumberIsNotTheCallersOnlyTheValueWithItGoes() throws {
    let order = try dispatched("13900005678")
    let crew = try FakeAuthor("water")
    try world.push([try contact(order, crew, phone)], from: crew)
    #expect(try purge()["values"] == 1)
    #expect(try rows("sealed", of: order) == 2)
    #expect(try world.hotline.findPerson(phone: "13900005678", author: by).list("orders").count == 1)
  }

  // MARK: Purging

  @Test func aPurgeTakesTheValuesTellsEveryoneAndLeavesTheHistory() throws {
    let order = try dispatched()
    let other = try dispatched("13900005678")
    let before = try world.page("water").entries
    let answer = try purge()
    #expect(answer["values"] == 2 && answer.list("orders").map { $0.text("order") } == [order.text])
    #expect(answer.list("orders").first?.list("dots").count == 1, "one change for both values")
    #expect(try rows("sealed", of: order) == 0 && rows("sealed", of: other) == 2)
    let after = try world.page("water").entries
    #expect(after.count == before.count + 1)
    #expect(zip(before, after).allSatisfy { $0.line == $1.line && $0.head.hash == $1.head.hash })
    #expect(after.filter { $0.head.order == order }.allSatisfy { $0.head.sealed.isEmpty })
    let last = try #require(after.last?.line)
    #expect(
      Set(try ChangeLine.decode(last).purges) == [try commitment(order), try commitment(order, "location/private")])
    #expect(try world.state(order).purged.count == 2)
    #expect(try world.hotline.document(order)["registers"]?["caller"]?["value"]?["phone"] == nil)
    #expect(try world.hotline.doctor()["ok"] == true)
    #expect(try purge()["values"] == 0, "nothing is left")
    #expect(try world.page("water").entries.count == after.count)
    let name = try PlatformName("water")
    let commitment = try commitment(order)
    #expect(try world.parts.database.read { db in try LackedValues.of(commitment, for: name, db) }.isEmpty)
  }

  @Test func theLedgerHasThePurgeBeforeTheDatabaseDoes() throws {
    let order = try dispatched()
    let commitments = Set([try commitment(order), try commitment(order, "location/private")])
    func trigger(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }
    try trigger("CREATE TRIGGER t BEFORE DELETE ON sealed BEGIN SELECT RAISE(ABORT, 'refused'); END")
    #expect(throws: (any Error).self) { try purge() }
    try trigger("DROP TRIGGER t")
    #expect(try rows("sealed", of: order) == 2 && rows("purged") == 0)
    let records = try world.parts.registry.ledger.replay()
    #expect(
      records.contains {
        if case .purged(order, let named, _) = $0 { Set(named) == commitments } else { false }
      })
    let path = world.parts.registry.ledger.path
    #expect(!String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self).contains(phone))
    // What the commit did not do the next start does.
    #expect(try world.parts.registry.recall(records) == 2)
    #expect(try rows("sealed", of: order) == 0)
    #expect(try world.state(order).purged.count == 2)
  }

  @Test func aReasonWithTheNumberIsRefusedForItStaysForEver() throws {
    let order = try dispatched()
    for reason in ["asked by 138 0000 1234", "", String(repeating: "x", count: 257)] {
      let refusal = #expect(throws: Problem.self) { try purge(reason) }
      #expect(refusal?.code == .badCommand && refusal?.detail.contains("0000") == false)
    }
    #expect(try rows("sealed", of: order) == 2)
  }

  // MARK: Not coming back

  @Test func aPurgedValueIsNotKeptWhenAChangeBringsItAgain() throws {
    let order = try dispatched("13900005678")
    let crew = try FakeAuthor("water")
    let entry = try contact(order, crew, phone)
    try world.push([entry], from: crew)
    try purge()
    #expect(try rows("sealed", of: order) == 2)
    // In another order too, by another change.
    let other = try dispatched("13900005678")
    let copied = crew.entry(
      other, context: try world.state(other).vector,
      try ChangeLine.decode(try #require(entry.line)).edits, sealed: entry.head.sealed)
    try world.push([copied], from: crew)
    #expect(try rows("sealed", of: other) == 2)
    // Given back by an agent with a change that is held.
    let given = try #require(try world.page("water").entries.first { $0.head.dot == entry.head.dot })
    let healed = try heal([given], with: entry.head.sealed, at: world.parts)
    #expect(healed == [.held])
    #expect(try rows("sealed", of: order) == 2 && rows("lacking") == 0)
  }

  private func heal(_ entries: [Entry], with sealed: [SealedValue] = [], at parts: HubParts) throws -> [Healed] {
    let entries = entries.map { entry -> Entry in
      var entry = entry
      entry.head.position = nil
      entry.head.feedHash = nil
      entry.head.sealed = sealed
      return entry
    }
    return try parts.writer.perform { transaction in try entries.map { try transaction.heal($0) } }
  }

  /// What water has of the order, with its values, before and after a purge.
  private func history() throws -> (order: OrderID, entries: [Entry], sealed: [SealedValue]) {
    let order = try dispatched()
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    #expect(sealed.count == 2)
    try purge()
    return (order, try world.page("water").entries, sealed)
  }

  @Test func aHubThatForgotAllGetsThePurgeBackBeforeOrAfterTheValues() throws {
    for valuesFirst in [true, false] {
      let (order, entries, sealed) = try history()
      let empty = try HubWorld()
      let creation = try #require(entries.first { $0.head.order == order })
      let purge = try #require(entries.last)
      if valuesFirst {
        _ = try heal([creation], with: sealed, at: empty.parts)
        #expect(try rows("sealed", of: order, empty.parts) == 2)
        _ = try heal([purge], at: empty.parts)
      } else {
        // The purge waits for what it saw, and has destroyed already.
        _ = try heal([purge], at: empty.parts)
        #expect(try rows("waiting", of: order, empty.parts) == 1)
        _ = try heal([creation], with: sealed, at: empty.parts)
        #expect(try rows("waiting", of: order, empty.parts) == 0)
      }
      #expect(try rows("sealed", of: order, empty.parts) == 0)
      #expect(try rows("lacking", of: order, empty.parts) == 0, "what is purged is not asked for")
      #expect(try empty.state(order).stored == world.state(order).stored)
    }
  }

  @Test(arguments: [true, false])
  func whatIsPurgedIsNeitherKeptNorAskedForWhileThePurgeStillWaitsForMore(withValues: Bool) throws {
    let order = try dispatched()
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    _ = try world.perform(.note(text: "between", visibility: "all"), on: order)
    try purge()
    let entries = try world.page("water").entries
    let empty = try HubWorld()
    _ = try heal([try #require(entries.last)], at: empty.parts)
    let creation = try #require(entries.first { $0.head.order == order })
    _ = try heal([creation], with: withValues ? sealed : [], at: empty.parts)
    #expect(try rows("waiting", of: order, empty.parts) == 1, "the note is not back yet")
    #expect(try rows("lacking", of: order, empty.parts) == 0 && rows("sealed", of: order, empty.parts) == 0)
  }

  @Test func aHubRestoredFromBeforeThePurgeDestroysAgainAndTellsEveryoneAnew() throws {
    let order = try dispatched()
    let copy = try world.copy("before")
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    try purge()
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try rows("sealed", of: order, parts) == 2)
    let records = try parts.registry.ledger.replay()
    #expect(try parts.registry.recall(records) == 3, "two values, and the number")
    #expect(try rows("sealed", of: order, parts) == 0)
    #expect(try parts.registry.recall(records) == 0)
    let state = try parts.hotline.canonical(order)
    #expect(String(decoding: state, as: UTF8.self).contains("purged/\(try commitment(order))"))
    let purges = try parts.hotline.purges().list("purges")
    #expect(purges.count == 1 && purges.first?["values"] == 2 && purges.first?["dot"] != nil)
    // The former register comes back from an agent, with the values: both say the same.
    let entries = try world.page("water").entries
    #expect(try heal(entries, with: sealed, at: parts) == [.held, .taken])
    #expect(try rows("sealed", of: order, parts) == 0)
    #expect(try parts.hotline.document(order)["conflicts"] == [])
    #expect(try parts.hotline.doctor()["ok"] == true)
  }

  @Test func aHubRestoredFromBeforeTheOrderPurgesItWhenItComesBack() throws {
    let copy = try world.copy("empty")
    let (order, entries, sealed) = try history()
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try parts.registry.recall(parts.registry.ledger.replay()) == 3, "two values, and the number")
    #expect(try parts.hotline.purges().list("purges").map { $0["state"] } == ["unwritten"])
    let creation = try #require(entries.first { $0.head.order == order })
    #expect(try heal([creation], with: sealed, at: parts) == [.taken])
    #expect(try rows("sealed", of: order, parts) == 0 && rows("lacking", of: order, parts) == 0)
    #expect(try parts.hotline.purges().list("purges").map { $0["dot"] != nil } == [true])
    let state = try parts.hotline.canonical(order)
    #expect(String(decoding: state, as: UTF8.self).contains("purged/"))
    #expect(try parts.hotline.doctor()["ok"] == true)
  }

  @Test func anOrderWithoutRoomLosesItsValuesAllTheSame() throws {
    let order = try dispatched()
    try world.parts.writer.perform { transaction in
      let row = try #require(try transaction.order(order))
      transaction.orders.update(order, default: row) { row in
        let full = (0..<Limits.maxVectorSize).map { n in
          (ReplicaID(platform: .hub, random: [1, UInt8(n >> 8), UInt8(n & 255)]), 1)
        }
        row.state = OrderState(id: order)
        for (replica, n) in full { _ = Merge.applyUnreadable(Dot(replica, n), prev: 0, to: &row.state) }
      }
    }
    let answer = try purge()
    #expect(answer["values"] == 2 && answer.list("orders").first?.list("dots").isEmpty == true)
    #expect(try rows("sealed", of: order) == 0)
    #expect(try world.hotline.purges().list("purges").map { $0["state"] } == ["unwritten"])
  }

  // MARK: Who confirmed

  @Test func aPurgeIsConfirmedWhenEveryAgentHasReadPastIt() throws {
    for agent in ["depot", "yard", "lost"] {
      _ = try world.parts.database.write { db in
        try db.execute(
          "INSERT INTO agent (platform, agent, enrolled, revoked, cursor_position) VALUES ('water', $1, 0, $2, 0)",
          [.text(agent), agent == "lost" ? .integer(1) : .null])
      }
    }
    _ = try dispatched()
    let answer = try purge()
    func states() throws -> [String] {
      let purge = try #require(try world.hotline.purges().list("purges").first)
      #expect(purge["dot"] == answer.list("orders").first?.list("dots").first)
      let platform = try #require(purge.list("platforms").first)
      #expect(platform["platform"] == "water" && purge["state"] == platform["state"])
      return [purge.text("state")] + platform.list("agents").map { $0.text("state") }
    }
    #expect(try states() == ["waiting", "waiting", "revoked", "waiting"])
    func read(_ agent: String, through position: Int) throws {
      let name = Contacts.Name(platform: try PlatformName("water"), agent: agent)
      world.parts.contacts.note(name, health: .fresh, cursorPosition: 0, now: world.clock.now)
      world.parts.contacts.acknowledged(name, position)
    }
    try read("depot", through: 2)
    try read("yard", through: 1)
    #expect(try states() == ["waiting", "confirmed", "revoked", "waiting"])
    let text = PrivacyPrinting.purges(
      try world.hotline.purges(), on: Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    ).joined(separator: "\n")
    #expect(text.contains("water/yard") && text.contains("water/lost (revoked)") && !text.contains("water/depot"))
    try read("yard", through: 2)
    #expect(try states() == ["confirmed", "confirmed", "revoked", "confirmed"])
  }

  // MARK: Commands, routes, logs

  @Test func theCommandsAskForWhatTheySayAndTheNumberIsInNoAddress() throws {
    func call(_ arguments: String...) throws -> HubCall {
      switch try HubCommand.parseAsRoot(["privacy"] + arguments) {
      case let command as PrivacyCommand.Find: try command.call()
      case let command as PrivacyCommand.Export: try command.call()
      case let command as PrivacyCommand.Purge: try command.call()
      case let command as PrivacyCommand.Status: command.call()
      case let command as PrivacyCommand.Lookups: command.call()
      default: throw Problem(.notFound)
      }
    }
    #expect(
      try call("find", "--phone", "138", "--author", "li")
        == HubCall(
          path: "/v1/privacy/find", body: ["phone": "138", "author": ["name": "li", "role": "operator"]]))
    #expect(try call("lookups") == .get("/v1/privacy/lookups"))
    #expect(try call("export", "--phone", "138").path == "/v1/privacy/export")
    let purge = ["--phone", "138", "--reason", "r", "--author", "li"]
    #expect(
      try call("purge", purge[0], purge[1], purge[2], purge[3]).path == "/v1/privacy/find", "without --yes it looks")
    #expect(
      try call("purge", purge[0], purge[1], purge[2], purge[3], purge[4], purge[5], "--yes")
        == HubCall(
          path: "/v1/privacy/purge",
          body: ["phone": "138", "reason": "r", "author": ["name": "li", "role": "operator"]]))
    #expect(try call("status", "--open") == .get("/v1/privacy/status"))
    #expect(
      (try? HubCommand.parseAsRoot(["privacy", "purge", "--phone", "138", "--yes"])) == nil, "a reason is demanded")
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    _ = try dispatched()
    let text = PrivacyPrinting.orders(try world.hotline.findPerson(phone: phone, author: by), on: page).joined(
      separator: "\n")
    #expect(text.contains("leak") && text.contains("caller, location/private") && text.contains("water"))
    #expect(PrivacyPrinting.purged(try self.purge(), on: page).joined().contains("2 values of 1 orders"))
    #expect(PrivacyPrinting.orders(["orders": []], on: page) == ["Nothing is held under this number."])
  }

  @Test func theNumberIsInNoLogLineAndNoRefusal() throws {
    let book = LogBook()
    let directory = NSTemporaryDirectory() + "lx-" + UUID().uuidString.prefix(13)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }  // a leftover harms nobody
    let keys = KeyDirectory(path: world.directory + "/keys")
    let parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: directory + "/hub.db"), authority: try CertificateAuthority.load(from: keys),
      receiptKey: HubWorld.receiptKey, ledger: try Ledger(path: directory + "/ledger.jsonl"),
      environment: world.parts.environment, queue: 64, group: 16, certificateLifeSeconds: 86_400,
      certificateGraceSeconds: 0, logger: book.logger)
    parts.writer.start()
    defer { parts.writer.stop() }
    var refusals: [String] = []
    func refused(_ body: () throws -> JSON) {
      do { _ = try body() } catch { refusals.append("\(HubFailure.problem(error).detail) \(error)") }
    }
    _ = try parts.hotline.create(
      registers: [.init("title", "leak"), .init("caller", ["phone": .string(phone)])], dispatchTo: nil, author: by,
      request: nil)
    _ = try parts.hotline.exportPerson(phone: phone, author: by)
    refused { try parts.hotline.findPerson(phone: phone + "x", author: by) }
    refused { try parts.hotline.exportPerson(phone: phone + phone, author: by) }
    refused { try parts.hotline.purgePerson(phone: phone, reason: phone, author: by) }
    // The database refuses in the middle of a purge.
    _ = try parts.database.write { db in
      try db.execute(
        "CREATE TRIGGER t BEFORE DELETE ON sealed BEGIN SELECT RAISE(ABORT, 'refused'); END", [])
    }
    refused { try parts.hotline.purgePerson(phone: phone, reason: "request", author: by) }
    #expect(refusals.count == 4)
    _ = try parts.database.write { db in try db.execute("DROP TRIGGER t", []) }
    #expect(try parts.hotline.purgePerson(phone: phone, reason: "request", author: by)["values"] == 1)
    // A group that cannot be committed is logged.
    _ = try parts.database.write { db in try db.execute("DROP TABLE replica", []) }
    refused {
      try parts.hotline.create(
        registers: [.init("title", "x"), .init("caller", ["phone": .string(phone)])], dispatchTo: nil, author: by,
        request: nil)
    }
    for text in refusals + [book.text] { #expect(!text.contains(phone), "\(text)") }
  }
}
