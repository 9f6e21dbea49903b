// An invented town with orders in every state, so that each page has something to show: made once for the tests that look at all pages.
// No person stands behind any name or number in it.

import Core
import Foundation
import Testing

@testable import TestSite

/// An office with a town's orders: one platform in step, one offline, one without an agent, and disagreements of every kind.
final class Town {
  let office: Office
  private(set) var order: [Matter: OrderID] = [:]

  enum Matter: String, CaseIterable {
    case burst, pressure, smell, cold, lamp, meter, hydrant, valve, leak, cover
  }

  var site: Site { office.site }

  init() throws {
    office = try Office()
    try site.addPlatform("water", displayName: "自来水公司", sectors: ["water"])
    try site.addPlatform("gas", displayName: "燃气公司", sectors: ["gas"])
    try site.addPlatform("heat", displayName: "供热服务中心", sectors: ["heat"])
    try site.addPlatform("lighting", displayName: "路灯管理处", sectors: ["lighting"])
    try site.addAgent(of: "water")
    try site.addAgent(of: "gas")
    let water = try site.agent("water")
    let gas = try site.agent("gas")
    try take(
      .burst, "中山路爆管，路面积水", "water", ["kind": "emergency", "priority": "emergency", "sector": "water"],
      at: (39.1422, 117.1767))
    try take(.pressure, "三楼以上水压不足", "water", ["kind": "repair", "sector": "water"], at: (39.1386, 117.1903))
    try take(
      .smell, "楼道有燃气异味", "gas", ["kind": "emergency", "priority": "emergency", "sector": "gas"], at: (39.1301, 117.2011)
    )
    try take(.cold, "暖气不热", nil, ["kind": "complaint", "sector": "heat"], at: (39.1210, 117.1832))
    try take(.lamp, "路灯整排不亮", "lighting", ["kind": "repair", "sector": "lighting"], at: (39.1345, 117.2102))
    try take(.meter, "水表读数有疑问", "water", ["kind": "enquiry", "sector": "water"], at: nil)
    try take(.hydrant, "消火栓漏水", "water", ["kind": "repair", "sector": "water"], at: (39.1466, 117.1850))
    try take(
      .valve, "阀门井塌陷", "water", ["kind": "repair", "priority": "urgent", "sector": "water"], at: (39.1399, 117.1955))
    try take(.leak, "调压箱旁有异响", "gas", ["kind": "repair", "sector": "gas"], at: (39.1288, 117.1930))
    try take(.cover, "井盖松动", "water", ["kind": "situation", "sector": "water"], at: (39.1421, 117.2033))
    try water.settle()
    try gas.settle()

    try at(water, .burst, "accept")
    try at(water, .burst, "progress", ("step", "onSite"))
    try at(water, .burst, "note", ("text", "已关闭上游阀门，正在抽水。"))
    try at(water, .pressure, "accept")
    try at(water, .pressure, "complete", ("result", ["outcome": "solved", "work": "清洗加压泵滤网"]))
    try at(water, .meter, "accept")
    try at(water, .meter, "complete", ("result", ["outcome": "solved", "work": "现场核对读数"]))
    try at(water, .hydrant, "accept")
    try at(
      water, .hydrant, "request", ("type", "extension"), ("reason", "等待配件到货"), ("until", .int(Town.now + 172_800_000)))
    try water.settle()
    try at(
      site.hub, .meter, "call-back",
      (
        "callback",
        ["by": "hub", "channel": "call", "attempt": 1, "reached": true, "solved": "yes", "result": 5, "service": 4]
      ))
    try at(site.hub, .meter, "close", ("code", "solved"))

    // Both sides write while gas is away; it comes back, and goes again.
    try at(gas, .smell, "accept")
    try gas.settle()
    try gas.cutOff()
    try at(gas, .leak, "describe", ("registers", ["location": ["address": "建设里 3 号楼东侧"]]))
    try at(gas, .leak, "accept")
    try at(site.hub, .leak, "describe", ("registers", ["location": ["address": "建设里 5 号楼西侧"]]))
    try at(gas, .smell, "complete", ("result", ["outcome": "solved", "work": "更换软管"]))
    try at(site.hub, .smell, "recall", ("reason", "改派就近队伍"))
    try gas.reconnect()
    try gas.settle()
    try gas.cutOff()

    // A platform writes what is not its to write, and where it has no business.
    let raw = try RawAgent("water", of: site)
    let title = raw.entry(try id(.cover), after: try site.hub.order(id(.cover)).vector, [.set("title", "井盖已修复")])
    let elsewhere = raw.entry(try id(.smell), after: try site.hub.order(id(.smell)).vector, [.note("顺路看过，没有异味")])
    try demand(try raw.push([title, elsewhere]).json["acceptedThrough"] == 2, "the raw changes arrive")
    try demand(try site.hub.post("/v1/resync", ["platform": "water"]).status == 200, "a comparison is asked for")
    try water.settle()
    try eventually("gas counts as offline", within: 120) {
      let agents = try site.hub.get("/v1/agents").json["agents"]?.asArray ?? []
      return agents.contains { $0["platform"] == "gas" && $0["online"] == false }
    }
  }

  static var now: Int { Int(Date().timeIntervalSince1970 * 1_000) }

  func id(_ matter: Matter) throws -> OrderID { try demand(order[matter], "the town has an order \(matter)") }

  private func take(
    _ matter: Matter, _ title: String, _ platform: String?, _ registers: KeyValuePairs<String, String>,
    at place: (lat: Double, lon: Double)?
  ) throws {
    var members = [
      JSON.Member("title", .string(title)), JSON.Member("source", "call"),
      JSON.Member("caller", ["name": "市民", "phone": .string("1380000\(1_000 + order.count)")]),
      JSON.Member("description", .string("市民来电：\(title)，请尽快处理。")),
    ]
    members += registers.map { JSON.Member($0.key, .string($0.value)) }
    if let place {
      members.append(
        JSON.Member(
          "location",
          [
            "district": "河西区", "address": .string("示范路 \(10 + order.count) 号"), "lat": .number("\(place.lat)"),
            "lon": .number("\(place.lon)"), "crs": "wgs84",
          ]))
    }
    let answer = try site.hub.post(
      "/v1/orders",
      .compact([("registers", .object(members)), ("dispatch", platform.map(JSON.string))]))
    try demand(answer.status == 200, "\(matter) is taken: \(answer)")
    order[matter] = try OrderID(try answer.json.string("order"))
  }

  private func at(_ daemon: Daemon, _ matter: Matter, _ command: String, _ fields: (String, JSON)...) throws {
    let answer = try daemon.post(
      "/v1/orders/\(id(matter))/commands",
      .object([JSON.Member("command", .string(command))] + fields.map { JSON.Member($0, $1) }))
    try demand(answer.status == 200, "\(command) on \(matter) is done: \(answer)")
  }
}
