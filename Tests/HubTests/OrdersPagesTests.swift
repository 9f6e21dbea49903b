// The pages of orders over HTTPS, as a browser without script asks them: taking and dispatching, what is shown to whom, what is done and
// what is refused, conflicts and voids, search by telephone, export.

import Core
import Foundation
import Testing

@testable import Hub

extension ConsoleFixture {
  /// Pushes as a platform's agent does.
  func push(_ entries: [Entry], from author: FakeAuthor) throws {
    let header = PushHeader(replica: author.replica, cursor: .start, told: .start, health: .fresh)
    let platform = author.replica.platform
    _ = try parts.writer.perform { transaction in
      try PushIngest.take(entries, header: header, from: platform, in: transaction)
    }
  }

  func view(_ order: String) throws -> OrderView {
    let order = try OrderID(order)
    return try parts.database.read { db in try OrderReading.read(order, limit: 0, db).view }
  }

  func addPlatform(_ name: String, sectors: [String] = []) throws {
    _ = try hotline.addPlatform(name: name, displayName: nil, sectors: sectors)
  }

  /// What the audit has, newest first.
  func audited() throws -> [JSON] {
    try parts.database.read { db in
      try Audit.page(before: nil, who: nil, action: nil, limit: 100, db)["audit"]?.asArray ?? []
    }
  }

  /// Places an order where one crew and the hotline wrote its location at once.
  func orderInConflict(run: UInt8 = 1) throws -> String {
    let order = try order([.init("title", "burst pipe")], to: "water")
    let crew = try FakeAuthor("water", seed: run)
    let seen = try view(order).state.vector
    _ = try hotline.perform(
      .describe([.init("location", ["address": "hub street 1"])]), on: try OrderID(order), assignment: nil,
      onBehalfOf: nil, author: Author(name: "op", role: "operator"), request: nil)
    let id = try OrderID(order)
    try push([crew.entry(id, context: seen, [.set("location", ["address": "crew street 2"])])], from: crew)
    return order
  }
}

@Suite(.serialized) struct OrdersPagesTests {
  private static let phone = "13812341234"
  private static let registers: [JSON.Member] = [
    .init("title", "爆管"), .init("description", "水很大"), .init("caller", ["name": "张三", "phone": .string(phone)]),
    .init("location", ["address": "滨海路 8 号"]),
  ]

  @Test func anOrderIsTakenAndDispatchedWithOneForm() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water", sectors: ["water"])
      let browser = try await console.signedIn(as: .operator)
      let form = try await browser.get("/orders/new")
      #expect(form.status == 200 && form.main.contains("data-similar"))
      let fields = [
        ("title", "爆管"), ("sector", "water"), ("kind", "repair"), ("priority", "urgent"), ("dispatch", "auto"),
        ("address", "滨海路 8 号"), ("phone", Self.phone), ("name", "张三"), ("lat", "39.10"), ("lon", "117.20"),
        ("crs", "wgs84"), ("instruction", "请先关阀"), ("request", "form-1"),
      ]
      let made = try await browser.post("/orders", fields)
      #expect(made.status == 303)
      let path = try #require(made["Location"])
      // Sent twice, done once.
      #expect(try await browser.post("/orders", fields)["Location"] == path)
      let page = try await browser.get(path)
      #expect(page.status == 200)
      #expect(page.main.contains("爆管") && page.main.contains("已派单") && page.main.contains("已派给 water"))
      #expect(page.main.contains("请先关阀") && page.main.contains("39.10"))
      // Nobody of the platform is in contact.
      #expect(page.main.contains("water 从未联系过热线"))
      #expect(try console.parts.database.read { db in try db.count("SELECT COUNT(*) FROM orders") } == 1)
    }
  }

  @Test func aFormThatCannotBeTakenComesBackAsItWasFilledIn() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water", sectors: ["water"])
      try console.addPlatform("pipes", sectors: ["water"])
      let browser = try await console.signedIn(as: .operator, language: .en)
      func answer(_ fields: [(String, String)]) async throws -> WebAnswer { try await browser.post("/orders", fields) }
      let noSystem = try await answer([("title", "burst \"pipe\""), ("lat", "39.1"), ("lon", "117.2")])
      #expect(noSystem.status == 422)
      #expect(noSystem.main.contains("value=\"burst &quot;pipe&quot;\"") && noSystem.main.contains("go together"))
      let far = try await answer([("title", "a"), ("lat", "91"), ("lon", "117.2"), ("crs", "wgs84")])
      #expect(far.status == 422 && far.main.contains("-90 to 90"))
      #expect(try await answer([("description", "a")]).status == 422)
      let several = try await answer([("title", "a"), ("sector", "water"), ("dispatch", "auto")])
      #expect(several.status == 422 && several.main.contains("Several platforms"))
      let waiting = try await answer([("title", "a"), ("dispatch", "none")])
      #expect(waiting.status == 303 && waiting["Location"]?.contains("done=newOrder.madeWaiting") == true)
    }
  }

  @Test func anOrderThatNobodyIsThereForIsTakenAllTheSameAndSaysThatItWaits() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water", sectors: ["water"])
      let browser = try await console.signedIn(as: .operator, language: .en)
      for (fields, said) in [
        ([], "madeNoSector"), ([("sector", "gas")], "madeNoPlatform"),
      ] as [([(String, String)], String)] {
        // A title is enough; the box for the platform stands at 'by its sector'.
        let answer = try await browser.post("/orders", [("title", "lamp \(said)"), ("dispatch", "auto")] + fields)
        let address = try #require(answer["Location"])
        #expect(answer.status == 303 && address.hasSuffix("?done=newOrder.\(said)"))
        let page = try await browser.get(address).body
        #expect(page.contains("waits to be dispatched") && page.contains("No platform is charged with it yet."))
      }
      let open = try console.parts.database.read { db in
        try db.count("SELECT COUNT(*) FROM orders WHERE status = 'received'")
      }
      #expect(open == 2)
    }
  }

  @Test func likelyDuplicatesAreFoundByAddressTelephoneAndWords() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order(Self.registers, to: "water")
      let other = try console.order([.init("title", "路灯不亮")], to: "water")
      let browser = try await console.signedIn(as: .operator)
      func similar(_ fields: [(String, String)]) async throws -> [JSON] {
        let answer = try await browser.post("/orders/similar", fields)
        #expect(answer.status == 200)
        return try JSON(parsing: Array(answer.body.utf8))["orders"]?.asArray ?? []
      }
      let byAll = try await similar([("title", "爆管"), ("address", "滨海路8号"), ("phone", "138 1234 1234")])
      #expect(byAll.map { $0["href"] } == [.string("/orders/\(order)")])
      #expect(byAll.first?["why"] == "同一地址, 同一电话, 内容相近")
      #expect(try await similar([("title", "路灯")]).map { $0["href"] } == [.string("/orders/\(other)")])
      #expect(try await similar([("title", "没有这样的事")]).isEmpty)
      // Asking by telephone is kept, without the number.
      let rows = try console.audited()
      #expect(rows.count { $0["action"] == "person-found" } == 1)
      #expect(!String(decoding: JSON.array(rows).bytes, as: UTF8.self).contains("1234"))
      // The same without script.
      let checked = try await browser.post("/orders/new", [("title", "爆管"), ("address", "滨海路8号")])
      #expect(checked.status == 200 && checked.main.contains(order) && checked.main.contains("value=\"爆管\""))
    }
  }

  @Test func theListIsFilteredByItsAddressAndGoesOn() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      for number in 0..<60 { _ = try console.order([.init("title", .string("order \(number)"))]) }
      let mine = try console.order(Self.registers, to: "water")
      let browser = try await console.signedIn(as: .viewer, language: .en)
      let first = try await browser.get("/orders")
      #expect(first.main.ranges(of: "data-row").count == OrdersPages.pageSize)
      let next = try #require(first.main.firstMatch(of: /href="([^"]+after=[^"]+)"/)?.output.1)
      let second = try await browser.get(String(next).replacing("&amp;", with: "&"))
      #expect(second.main.ranges(of: "data-row").count == 61 - OrdersPages.pageSize)
      let dispatched = try await browser.get("/orders?status=dispatched&platform=water")
      #expect(dispatched.main.ranges(of: "data-row").count == 1 && dispatched.main.contains(mine))
      #expect(dispatched.main.contains("platform offline"))
      #expect(try await browser.get("/orders?text=%E7%88%86%E7%AE%A1").main.contains(mine))
      #expect(try await browser.get("/orders?text=nothing").main.contains("No order matches"))
      #expect(try await browser.get("/orders?status=gone").status == 400)
      #expect(try await browser.get("/orders?after=x").status == 400)
      #expect(try await browser.get("/orders?phone=138").status == 404)
      let board = try await browser.get("/orders?view=board")
      #expect(board.main.contains("dispatched") && board.main.contains("received") && board.main.contains(mine))
      // A viewer is offered nothing to do, and told who may.
      #expect(!first.main.contains("type=\"checkbox\" name=\"order\"") && !first.main.contains("/orders/new"))
      let one = try await browser.get("/orders/\(mine)").main
      #expect(
        one.contains("To act on an order begins with the role operator.")
          && !one.contains("action=\"/orders/\(mine)/do"))
    }
  }

  @Test func anOrderThatWaitsForAPlatformWhichIsOfflineIsMarkedWhereverItStands() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let browser = try await console.signedIn(as: .viewer)
      let offline = OrdersPhrase.offline.said(in: .zh)
      func perform(_ command: Command) throws {
        _ = try console.hotline.perform(
          command, on: try OrderID(order), assignment: nil, onBehalfOf: try PlatformName("water"),
          author: Author(name: "王", role: "operator"), request: nil)
        console.clock.advance(2_000)
      }
      let steps: [(Command, Bool)] = [
        (.accept, true), (.progress(step: "onSite"), true),
        (.complete(result: ["outcome": "solved", "work": "换管"], reply: ["citizen": "修好了"]), false),
      ]
      for (command, isMarked) in steps {
        try perform(command)
        for path in ["/orders", "/orders?view=board"] {
          #expect(try await browser.get(path).main.contains(offline) == isMarked, "\(command) \(path)")
        }
      }
    }
  }

  @Test func whoIsInContactAndNotHeardIsToldOnTheOrderAndNotMarkedAsOffline() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      try console.enrol("water", "depot")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let browser = try await console.signedIn(as: .operator)
      let unheard = "在联系，但它自 "
      try console.heard("water", "depot", outbox: 2, oldest: console.clock.now - PlatformReach.unheardAfter)
      #expect(try await !browser.get("/orders/\(order)").main.contains(unheard), "it may be on its way")
      console.clock.advance(2_000)
      try console.heard("water", "depot", outbox: 2, oldest: console.clock.now - PlatformReach.unheardAfter - 1)
      #expect(try await browser.get("/orders/\(order)").main.contains(unheard))
      #expect(try await !browser.get("/orders").main.contains(OrdersPhrase.offline.said(in: .zh)))
      console.clock.advance(120_000)
      let away = try await browser.get("/orders/\(order)").main
      #expect(!away.contains(unheard) && away.contains("离线，最后联系"))
    }
  }

  @Test func daysNarrowTheListAndTheFormKeepsThem() async throws {
    try await ConsoleFixture().serving { console in
      let clock = LocalClock(timeZone: .current)
      let first = clock.day(of: console.clock.now)
      let early = try console.order([.init("title", "early")])
      console.clock.advance(48 * 3_600_000)
      let late = try console.order([.init("title", "late")])
      let last = clock.day(of: console.clock.now)
      let browser = try await console.signedIn(as: .viewer, language: .en)
      func listed(_ query: String) async throws -> [String] {
        let page = try await browser.get("/orders?\(query)").main
        return [early, late].filter { page.contains("href=\"/orders/\($0)\"") }
      }
      /// The form of the filter, without the other forms of the page.
      func form(_ query: String) async throws -> String {
        let page = try await browser.get("/orders?\(query)").main
        let rest = try #require(page.components(separatedBy: "role=\"search\"").dropFirst().first)
        return rest.components(separatedBy: "</form>")[0]
      }
      #expect(try await listed("fromDay=\(last)") == [late])
      #expect(try await listed("untilDay=\(first)") == [early])
      #expect(try await listed("fromDay=\(first)&untilDay=\(last)&text=") == [early, late])
      // What the address keeps is a time, and the form shows it as the day it is.
      let (from, until) = (clock.instant(first, 0), clock.instant(last.advanced(by: 1), 0))
      #expect(try await browser.get("/orders?fromDay=\(first)").main.contains("view=board"))
      for query in ["from=\(from)&until=\(until)", "fromDay=\(first)&untilDay=\(last)"] {
        let days = try await form(query)
        #expect(
          days.contains("name=\"fromDay\" value=\"\(first)\"") && days.contains("name=\"untilDay\" value=\"\(last)\""))
        #expect(!days.contains("type=\"hidden\" name=\"from\""))
        #expect(try await browser.get("/orders?\(query)").main.contains("from=\(from)&amp;until=\(until)"))
      }
      // Any other time stays as it is, and can be taken away.
      let exact = try await form("from=\(from + 1_000)&sector=water")
      #expect(exact.contains("type=\"hidden\" name=\"from\" value=\"\(from + 1_000)\""))
      #expect(exact.contains("href=\"/orders?sector=water\"") && exact.contains("name=\"fromDay\" value=\"\""))
      #expect(try await listed("from=\(from + 1_000)&fromDay=\(last)") == [late])
      #expect(try await browser.get("/orders?fromDay=yesterday").status == 400)
    }
  }

  @Test func theMapNeverMixesCoordinateSystems() async throws {
    try await ConsoleFixture().serving { console in
      func at(_ lat: String, _ lon: String, _ crs: String) -> [JSON.Member] {
        [
          .init("title", .string("at \(lat)")),
          .init("location", ["lat": .number(lat), "lon": .number(lon), "crs": .string(crs)]),
        ]
      }
      let one = try console.order(at("39.10", "117.20", "wgs84"))
      let two = try console.order(at("39.12", "117.25", "wgs84"))
      let other = try console.order(at("39.13", "117.25", "gcj02"))
      _ = try console.order([.init("title", "nowhere")])
      let browser = try await console.signedIn(as: .viewer, language: .en)
      let map = try await browser.get("/orders?view=map")
      let picture = try #require(map.main.firstMatch(of: /<svg[\s\S]*<\/svg>/)).output
      #expect(picture.contains(one) && picture.contains(two) && !picture.contains(other))
      #expect(map.main.contains("crs=gcj02") && map.main.contains("Orders without coordinates: 1"))
      #expect(try await browser.get("/orders?view=map&crs=gcj02").main.contains("/orders/\(other)"))
      #expect(!map.body.contains("http://") || map.body.contains("http://www.w3.org/2000/svg"))
    }
  }

  @Test func personalValuesAreMaskedUntilSomeoneRevealsThemWhichIsKept() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order(Self.registers, to: "water")
      let browser = try await console.signedIn(as: .operator)
      for path in ["/orders/\(order)", "/orders/\(order)/history", "/orders/\(order)/print", "/orders"] {
        let page = try await browser.get(path)
        #expect(page.status == 200 && !page.body.contains(Self.phone) && !page.body.contains("张三"), "\(path)")
      }
      #expect(try await browser.get("/orders/\(order)").main.contains("138****1234"))
      #expect(try console.audited().allSatisfy { $0["action"] != "revealed" })
      let revealed = try await browser.post("/orders/\(order)/reveal", [])
      #expect(revealed.status == 200 && revealed.main.contains(Self.phone) && revealed.main.contains("张三"))
      #expect(revealed["Cache-Control"] == "no-store")
      let sheet = try await browser.post("/orders/\(order)/print", [])
      #expect(sheet.main.contains(Self.phone) && sheet.main.contains("滨海路 8 号"))
      let rows = try console.audited().filter { $0["action"] == "revealed" }
      #expect(rows.map { $0["object"] } == [.string(order), .string(order)])
      #expect(rows.allSatisfy { $0["who"] == "operator" })
      let viewer = try await console.signedIn(as: .viewer)
      #expect(try await viewer.post("/orders/\(order)/reveal", []).status == 403)
      #expect(!(try await viewer.get("/orders/\(order)").main.contains("/reveal")))
    }
  }

  @Test func aCallerWhoIsConfidentialIsNotOnTheSheet() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order(Self.registers + [.init("confidential", true)], to: "water")
      let browser = try await console.signedIn(as: .operator)
      let sheet = try await browser.post("/orders/\(order)/print", [])
      #expect(sheet.status == 200 && !sheet.body.contains(Self.phone) && !sheet.body.contains("张三"))
    }
  }

  @Test func anOrderIsFoundByTelephoneThroughAFormAlone() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order(Self.registers, to: "water")
      let browser = try await console.signedIn(as: .operator)
      let found = try await browser.post("/orders/phone", [("phone", "138-1234-1234")])
      #expect(found.status == 200 && found.main.contains(order) && found.main.contains("1 张"))
      #expect(!found.body.contains(Self.phone))
      #expect(try await browser.post("/orders/phone", [("phone", "13900001111")]).main.contains("没有这个号码"))
      #expect(try console.audited().count { $0["action"] == "person-found" } == 2)
      let viewer = try await console.signedIn(as: .viewer)
      #expect(try await viewer.post("/orders/phone", [("phone", Self.phone)]).status == 403)
    }
  }

  @Test func theExportIsSafeMaskedAndKept() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      for number in 0..<450 { _ = try console.order([.init("title", .string("order \(number)"))]) }
      _ = try console.order(
        [.init("title", "=cmd()"), .init("caller", ["name": "+张三", "phone": .string(Self.phone)])], to: "water")
      let browser = try await console.signedIn(as: .operator)
      let masked = try await browser.post("/orders/export", [("open", "all")])
      #expect(masked.status == 200 && masked["Content-Type"]?.hasPrefix("text/csv") == true)
      #expect(masked["Content-Disposition"]?.hasPrefix("attachment") == true)
      let rows = Array(CSVReader(Array(masked.body.utf8)))
      #expect(rows.count == 452)
      #expect(
        masked.body.contains("'=cmd()") && masked.body.contains("138****1234") && !masked.body.contains(Self.phone))
      let filtered = try await browser.post("/orders/export", [("status", "dispatched")])
      #expect(Array(CSVReader(Array(filtered.body.utf8))).count == 2)
      #expect(try await browser.post("/orders/export", [("reveal", "true")]).status == 403)
      let supervisor = try await console.signedIn(as: .supervisor)
      let plain = try await supervisor.post("/orders/export", [("status", "dispatched"), ("reveal", "true")])
      #expect(plain.body.contains(Self.phone) && plain.body.contains("'+张三"))
      let exported = try console.audited().filter { $0["action"] == "exported" }
      #expect(exported.count == 3)
      #expect(exported.first?["detail"]?["persons"] == true && exported.first?["who"] == "supervisor")
    }
  }

  @Test func severalOrdersAreUrgedAfterAConfirmationThatCountsThem() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let one = try console.order([.init("title", "one")], to: "water")
      let two = try console.order([.init("title", "two")], to: "water")
      let undispatched = try console.order([.init("title", "three")])
      let browser = try await console.signedIn(as: .operator)
      let chosen = [one, two, undispatched].map { ("order", $0) }
      let confirm = try await browser.post("/orders/bulk", chosen + [("command", "urge")])
      #expect(confirm.status == 200)
      #expect(confirm.main.contains("共选 3 张：可以做 2 张，不能做 1 张。"))
      #expect(confirm.main.contains("没有有效的派单") && confirm.main.ranges(of: "type=\"hidden\" name=\"order\"").count == 2)
      let fields = chosen + [("command", "urge"), ("text", "请尽快"), ("request", "bulk-1")]
      let done = try await browser.post("/orders/bulk/do", fields)
      #expect(done.main.contains("已对 2 张工单执行") && done.main.contains("没有有效的派单"))
      _ = try await browser.post("/orders/bulk/do", fields)
      #expect(try await browser.get("/orders/\(one)").main.ranges(of: "请尽快").count >= 1)
      let entries = try console.parts.database.read { db in
        try db.count("SELECT entries FROM orders WHERE order_id = $1", [.text(one)])
      }
      #expect(entries == 1, "sent twice, done once")
      #expect(try await browser.post("/orders/bulk", [("command", "urge")]).main.contains("没有选中工单"))
      #expect(try await browser.post("/orders/bulk", chosen + [("command", "supervise")]).status == 403)
      #expect(try await browser.post("/orders/bulk", chosen + [("command", "purge")]).status == 400)
    }
  }
}
