// Somebody who is signed in at the console and asks for pages, and which pages are asked for.

import Core
import Foundation
import Shell

/// A browser's session, over one kept-alive connection.
final class BenchBrowser {
  /// What a connection of one's own needs.
  struct Visit: Sendable {
    let port: Int
    let caFile: String
    let cookie: String
  }

  private let client: CurlClient
  private let daemon: DaemonClient
  /// Shows that a form is one that this session was given.
  private let token: String
  let visit: Visit
  /// The account that is signed in, and the agent of ``BenchWorld/platform``.
  private let account: String
  private let agent: String

  init(_ world: BenchWorld) throws {
    daemon = try world.hubClient()
    client = try CurlClient(
      .https(
        baseURL: "https://localhost:\(world.consolePort)", caFile: world.hub + "/keys/ca.pem", certificateFile: nil,
        keyFile: nil))
    let name = "bench\(getpid())"
    (account, agent) = (name, world.agentName)
    let password = Base64URL.encode((0..<18).map { _ in UInt8.random(in: 0...255) })
    let made = try daemon.post(
      "/v1/users",
      JSON.object([.init("name", .string(name)), .init("role", "administrator"), .init("password", .string(password))])
        .bytes)
    guard try JSON(parsing: made)["name"]?.asString == name else { throw CommandFailure("no account could be made") }
    let form = try client.send("GET", "/sign-in")
    let text = String(decoding: form.body, as: UTF8.self)
    guard let token = text.firstMatch(of: /name="csrf" value="([^"]+)"/)?.output.1 else {
      throw CommandFailure("the console's sign-in page has no form")
    }
    let cookies = (form.headers["set-cookie"] ?? "").matches(of: /(__Host-[a-z]+=[^;, ]+)/).map { String($0.output.1) }
    let answer = try client.send(
      "POST", "/sign-in",
      headers: [
        ("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", cookies.joined(separator: "; ")),
        ("Origin", "https://localhost:\(world.consolePort)"),
      ], body: Array("csrf=\(token)&name=\(name)&password=\(password)&next=/".utf8))
    guard let session = (answer.headers["set-cookie"] ?? "").firstMatch(of: /(__Host-session=[^;, ]+)/)?.output.1 else {
      throw CommandFailure("signing in at the console failed with status \(answer.status)")
    }
    visit = Visit(port: world.consolePort, caFile: world.hub + "/keys/ca.pem", cookie: String(session))
    let page = try client.send("GET", "/password", headers: [("Cookie", visit.cookie)])
    guard let own = String(decoding: page.body, as: UTF8.self).firstMatch(of: /name="csrf" value="([^"]+)"/)?.output.1
    else { throw CommandFailure("the console's pages have no forms") }
    self.token = String(own)
  }

  @discardableResult
  func get(_ address: String, isSignedIn: Bool = true) throws -> HTTPAnswer {
    let answer = try client.send("GET", address, headers: isSignedIn ? [("Cookie", visit.cookie)] : [])
    guard answer.status == 200 else {
      throw CommandFailure("\(address) answers \(answer.status)", remedy: "see the hub's log")
    }
    return answer
  }

  /// Sends a form; what comes back is a page, or what our own script asked for.
  @discardableResult
  func send(_ address: String, _ fields: [(String, String)], expecting status: Int = 200) throws -> HTTPAnswer {
    let body = ([("csrf", token)] + fields).map { "\($0)=\(BenchPages.escaped($1))" }.joined(separator: "&")
    let answer = try client.send(
      "POST", address,
      headers: [
        ("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", visit.cookie),
        ("Origin", "https://localhost:\(visit.port)"),
      ], body: Array(body.utf8))
    guard answer.status == status else {
      throw CommandFailure("POST \(address) answers \(answer.status)", remedy: "see the hub's log")
    }
    return answer
  }

  /// One request for a page.
  @discardableResult
  func ask(_ page: BenchPage, _ index: Int) throws -> HTTPAnswer {
    try page.fields.map { try send(page.address(index), $0(index)) }
      ?? get(page.address(index), isSignedIn: page.isSignedIn)
  }

  func timed(_ page: BenchPage, _ index: Int) throws -> (milliseconds: Double, bytes: Int) {
    var bytes = 0
    let taken = try seconds { bytes = try ask(page, index).body.count }
    return (taken * 1_000, bytes)
  }

  /// Orders to look at, and numbers to search for.
  struct Sample {
    var orders: [String] = []
    var numbers: [String] = []
    /// Orders that wait for a call-back.
    var done: [String] = []
    /// Orders that nobody is shown here: what is written to them makes none of the timed pages longer.
    var disturbed: [String] = []
    /// A number that somebody called from.
    var phone = ""
    /// An order with more changes than its page shows, and one of them that is void.
    var long = ""
    var void = ""
    var account = ""
    var agent = ""
  }

  func sample() throws -> Sample {
    var sample = Sample()
    for filter in [
      "open=true", "open=false", "status=repaired",
      "open=false&until=\(Int(Date().timeIntervalSince1970 * 1_000) - 100 * 86_400_000)",
    ] {
      let answer = try JSON(parsing: try daemon.get("/v1/orders?limit=20&\(filter)"))
      for row in answer["orders"]?.asArray ?? [] {
        if let id = row["id"]?.asString { sample.orders.append(id) }
        if let number = row["number"]?.asString { sample.numbers.append(number) }
        if filter == "status=repaired", let id = row["id"]?.asString { sample.done.append(id) }
      }
    }
    guard !sample.orders.isEmpty, !sample.done.isEmpty else {
      throw CommandFailure("the hub has no orders, or none that waits for a call-back")
    }
    sample.disturbed = try disturbed().filter { !sample.orders.contains($0) }
    guard !sample.disturbed.isEmpty else { throw CommandFailure("the hub has no orders of before") }
    (sample.account, sample.agent) = (account, agent)
    sample.phone = "100\(Int.random(in: 10_000_000...99_999_999))"
    (sample.long, sample.void) = try longOrder(from: sample.phone)
    return sample
  }

  /// Orders that ended long before those of the sample. Others each time: the year is kept, and none of them shall grow without end.
  private func disturbed() throws -> [String] {
    let until = Int(Date().timeIntervalSince1970 * 1_000) - Int.random(in: 150...330) * 86_400_000
    let answer = try JSON(parsing: try daemon.get("/v1/orders?limit=100&open=false&until=\(until)"))
    return (answer["orders"]?.asArray ?? []).compactMap { $0["id"]?.asString }
  }

  /// Notes of the order with a long history: more than its page and a page of its history show.
  private static let longHistory = 400

  /// An order that was written to for long, and the dot of a note of it that was voided.
  private func longOrder(from phone: String) throws -> (order: String, void: String) {
    func post(_ address: String, _ body: JSON) throws -> JSON {
      try JSON(parsing: try daemon.post(address, body.bytes))
    }
    let order = try post(
      "/v1/orders",
      [
        "registers": ["title": "an order with a long history", "caller": ["phone": .string(phone)]],
        "dispatch": .string(BenchWorld.platform),
      ]
    ).string("order")
    var last = ""
    for number in 0..<BenchBrowser.longHistory {
      last = try post(
        "/v1/orders/\(order)/commands",
        ["command": "note", "text": .string("looked at for the \(number)th time"), "visibility": "all"]
      ).string("dot")
    }
    _ = try post("/v1/orders/\(order)/commands", ["command": "void", "dot": .string(last), "reason": "mistyped"])
    return (order, last)
  }

  /// Does something at the console, as its people do all the time: no page that was made before is shown again.
  func disturb(_ order: String) throws {
    try send(
      "/orders/\(order)/do", [("command", "note"), ("text", "looked at"), ("visibility", "all")], expecting: 303)
  }
}

/// One page, with addresses that differ from request to request.
struct BenchPage {
  let name: String
  var isIndicators = false
  /// False for what people see who are not signed in.
  var isSignedIn = true
  let address: (Int) -> String
  /// What the form holds where it is one that is sent; nil for a page that is opened.
  var fields: ((Int) -> [(String, String)])?
}

enum BenchPages {
  static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }

  /// The year's last day and the one from which it is a year, as addresses have them.
  private static var year: (from: String, to: String) {
    func day(_ daysAgo: Int) -> String {
      let seconds = Date().timeIntervalSince1970 - Double(daysAgo) * 86_400
      return String(TimeText.local(Int64(seconds * 1_000)).prefix(10))
    }
    return (day(364), day(0))
  }

  static func all(_ sample: BenchBrowser.Sample) -> [BenchPage] {
    func order(_ index: Int) -> String { sample.orders[index % sample.orders.count] }
    func searching(_ texts: [String], _ more: String = "") -> (Int) -> String {
      { "/orders?text=\(escaped(texts[$0 % texts.count]))\(more)" }
    }
    func same(_ address: String, isIndicators: Bool = false) -> BenchPage {
      BenchPage(name: address, isIndicators: isIndicators) { _ in address }
    }
    let usual: [BenchPage] = [
      same("/"), same("/platforms"), same("/platforms/water"), same("/orders"), same("/orders?open=all"),
      same("/orders?open=false"), same("/orders?status=closed"), same("/orders?status=dispatched"),
      same("/orders?platform=water"), same("/orders?platform=rail"), same("/orders?sector=gas&open=all"),
      same("/orders?sector=gas&platform=water&open=all"), same("/orders?priority=emergency&open=all"),
      same("/orders?kind=praise&open=all"), same("/orders?overdue=true"), same("/orders?view=board"),
      same("/orders?view=board&sector=water"), same("/orders?view=board&platform=water"),
      same("/orders?view=board&kind=praise"), same("/orders?view=board&platform=water&kind=praise"),
      same("/orders?view=map"),
      BenchPage(name: "/orders?text=(two characters)", address: searching(["爆管", "停水", "漏水", "泄漏", "塌陷", "路灯"])),
      BenchPage(
        name: "/orders?text=(two characters)&open=all",
        address: searching(["爆管", "停水", "漏水", "泄漏", "塌陷", "路灯"], "&open=all")),
      BenchPage(name: "/orders?text=(one character)&open=all", address: searching(["水", "气", "路", "灯"], "&open=all")),
      BenchPage(
        name: "/orders?text=(several words)&open=all",
        address: searching(["河西区 爆管", "南开区 路灯不亮", "大沽南 漏水"], "&open=all")),
      BenchPage(name: "/orders?text=(words of all)&open=all", address: searching(["天津市", "天津市 社区"], "&open=all")),
      BenchPage(name: "/orders?text=(number)&open=all", address: searching(sample.numbers, "&open=all")),
      BenchPage(
        name: "/orders?text=(nothing)&open=all", address: searching(["没有这样的字", "nothing like it"], "&open=all")),
      same("/orders/new"), BenchPage(name: "/orders/:id") { "/orders/\(order($0))" },
      BenchPage(name: "/orders/:id/history") { "/orders/\(order($0))/history" },
      BenchPage(name: "/orders/:id/print") { "/orders/\(order($0))/print" }, same("/requests"), same("/conflicts"),
      same("/quarantine"), same("/supervision"), same("/callbacks"), same("/indicators", isIndicators: true),
      same("/audit"), same("/users"),
    ]
    let single: [BenchPage] = [
      same("/agents/\(BenchWorld.platform)/\(sample.agent)"), same("/orders/\(sample.long)"),
      same("/orders/\(sample.long)/history"), same("/orders/\(sample.long)/history?end=150"),
      BenchPage(name: "/callbacks/:order") { "/callbacks/\(sample.done[$0 % sample.done.count])" },
      same("/supervision/policy"), same("/supervision?state=urged"), same("/supervision?state=all"),
      same("/quarantine/\(escaped(sample.void))"), same("/users/\(sample.account)"), same("/password"),
      same("/second-factor"), same("/privacy"), same("/health"),
      BenchPage(name: "/sign-in", isSignedIn: false, address: { _ in "/sign-in" }),
    ]
    return usual + single + forms(sample) + yearly
  }

  /// A year of indicators, however it is cut.
  private static var yearly: [BenchPage] {
    let (from, to) = year
    return ["month", "platform", "district", "sector", "none"].map { by in
      BenchPage(name: "/indicators (a year, by=\(by))", isIndicators: true) { _ in
        "/indicators?from=\(from)&to=\(to)&by=\(by)"
      }
    }
  }

  /// Forms that are answered with what was found or would be done: nothing is changed by them but the audit.
  private static func forms(_ sample: BenchBrowser.Sample) -> [BenchPage] {
    let titles = ["爆管", "路灯不亮", "漏水", "停水", "井盖塌陷"]
    func order(_ index: Int) -> String { sample.orders[index % sample.orders.count] }
    let several = sample.orders.prefix(50).map { ("order", $0) }
    return [
      BenchPage(name: "POST /orders/similar (title, address)", address: { _ in "/orders/similar" }) {
        [("title", titles[$0 % titles.count]), ("address", "大沽南路 \($0 % 40 + 1) 号")]
      },
      BenchPage(name: "POST /orders/similar (telephone too)", address: { _ in "/orders/similar" }) {
        [("title", titles[$0 % titles.count]), ("address", ""), ("phone", "100\(10_000_000 + $0)")]
      },
      BenchPage(name: "POST /orders/phone", address: { _ in "/orders/phone" }) { [("phone", "100\(10_000_000 + $0)")] },
      BenchPage(name: "POST /orders/new (checked without script)", address: { _ in "/orders/new" }) {
        [("title", titles[$0 % titles.count]), ("address", "大沽南路 \($0 % 40 + 1) 号"), ("phone", sample.phone)]
      },
      BenchPage(name: "POST /orders/:id/reveal", address: { "/orders/\(order($0))/reveal" }) { _ in [] },
      BenchPage(name: "POST /orders/:id/print", address: { "/orders/\(order($0))/print" }) { _ in [] },
      BenchPage(name: "POST /privacy/find", address: { _ in "/privacy/find" }) { _ in [("phone", sample.phone)] },
      BenchPage(name: "POST /orders/bulk (50 orders)", address: { _ in "/orders/bulk" }) { _ in
        [("command", "note")] + several
      },
    ]
  }
}
