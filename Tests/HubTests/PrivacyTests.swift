// Finding, copying and destroying what is held of a person: what is found and what is not, who confirmed, and that the number is in no
// log and no refusal.

import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite struct PrivacyTests: HoldsAPerson {
  let world: HubWorld

  init() throws { world = try HubWorld() }

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
