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

  init(_ world: BenchWorld) throws {
    daemon = try world.hubClient()
    client = try CurlClient(
      .https(
        baseURL: "https://localhost:\(world.consolePort)", caFile: world.hub + "/keys/ca.pem", certificateFile: nil,
        keyFile: nil))
    let name = "bench\(getpid())"
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
  func get(_ address: String) throws -> HTTPAnswer {
    let answer = try client.send("GET", address, headers: [("Cookie", visit.cookie)])
    guard answer.status == 200 else {
      throw CommandFailure("\(address) answers \(answer.status)", remedy: "see the hub's log")
    }
    return answer
  }

  func timed(_ address: String) throws -> (milliseconds: Double, bytes: Int) {
    var bytes = 0
    let taken = try seconds { bytes = try get(address).body.count }
    return (taken * 1_000, bytes)
  }

  /// Orders to look at, and numbers to search for.
  struct Sample {
    var orders: [String] = []
    var numbers: [String] = []
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
      }
    }
    guard !sample.orders.isEmpty else { throw CommandFailure("the hub has no orders") }
    return sample
  }

  /// Does something at the console, as its people do all the time: no page that was made before is shown again.
  func disturb(_ order: String) throws {
    let answer = try client.send(
      "POST", "/orders/\(order)/do",
      headers: [
        ("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", visit.cookie),
        ("Origin", "https://localhost:\(visit.port)"),
      ], body: Array("csrf=\(token)&command=note&text=looked+at&visibility=all".utf8))
    guard answer.status == 303 else {
      throw CommandFailure("a note at the console was answered \(answer.status)", remedy: "see the hub's log")
    }
  }
}

/// One page, with addresses that differ from request to request.
struct BenchPage {
  let name: String
  var isIndicators = false
  let address: (Int) -> String
}

enum BenchPages {
  static func all(_ sample: BenchBrowser.Sample) -> [BenchPage] {
    func order(_ index: Int) -> String { sample.orders[index % sample.orders.count] }
    func escaped(_ text: String) -> String {
      text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
    func searching(_ texts: [String], _ more: String = "") -> (Int) -> String {
      { "/orders?text=\(escaped(texts[$0 % texts.count]))\(more)" }
    }
    func same(_ address: String, isIndicators: Bool = false) -> BenchPage {
      BenchPage(name: address, isIndicators: isIndicators) { _ in address }
    }
    return [
      same("/"), same("/platforms"), same("/platforms/water"), same("/orders"), same("/orders?open=all"),
      same("/orders?open=false"), same("/orders?status=closed"), same("/orders?status=dispatched"),
      same("/orders?platform=water"), same("/orders?platform=rail"), same("/orders?sector=gas&open=all"),
      same("/orders?sector=gas&platform=water&open=all"), same("/orders?priority=emergency&open=all"),
      same("/orders?kind=praise&open=all"), same("/orders?overdue=true"), same("/orders?view=board"),
      same("/orders?view=board&sector=water"), same("/orders?view=map"),
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
  }
}
