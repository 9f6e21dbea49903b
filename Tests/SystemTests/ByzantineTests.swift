// A platform that writes what it may not, where it may not, or what nobody can read: all is kept, nothing takes effect,
// both sides show it, and what follows flows.

import Core
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Byzantine {
    @Test func aRegisterOfTheHotlineIsStoredAndVoidOnBothSides() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let raw = try RawAgent("water", of: site)
      var context = try site.hub.order(order).vector
      let forged = raw.entry(order, after: context, [.set("closed", ["code": "solved"])])
      context.advance(to: forged.head.dot)
      let honest = raw.entry(order, after: context, [.note("after the forgery")])
      let pushed = try raw.push([forged, honest])
      #expect(pushed.status == 200 && pushed.json["acceptedThrough"] == 2, "\(pushed)")
      #expect(pushed.json["quarantined"]?.asArray?.isEmpty == true)
      try site.expectEqual(order, at: "water")
      for daemon in [site.hub, agent] {
        let shown = try daemon.json("orders", "show", order.text)
        #expect(shown["status"] == "dispatched" && shown.shown("closed") == nil)
        let row = try #require(shown.history(forged.head.dot))
        #expect(row["void"] == true && row["verdict"] == "void")
        #expect(shown.shown("void/\(forged.head.dot)")?["reason"]?.asString?.isEmpty == false)
        #expect(shown.history(honest.head.dot)?["void"] == false)
        #expect(shown["entries"]?.asArray?.first?["value"]?["text"] == "after the forgery")
        #expect(try daemon.lines()[forged.head.dot.description] == String(decoding: forged.line ?? [], as: UTF8.self))
        let text = try daemon.command("orders", "show", order.text)
        #expect(text.output.contains("void"), "\(text.all)")
      }
      #expect(try site.hub.status["voided"] == 1)
    }

    @Test func anotherPlatformsOrderIsNotTouchedAndNotEvenConfirmedToExist() throws {
      let site = try Site("water", "gas")
      let order = try site.dispatched(to: "gas", title: "gas smell")
      let mine = try site.dispatched(to: "water")
      let before = try site.hub.state(order)
      let context = try site.hub.order(order).vector
      let nowhere = OrderID(maker: .hub, milliseconds: 1_764_000_000_000, random: [UInt8](repeating: 3, count: 10))

      let raw = try RawAgent("water", of: site)
      let intruding = try raw.push([raw.entry(order, after: context, [.note("let me in")])])
      let guessing = try raw.push([raw.entry(nowhere, after: VersionVector(), [.note("is it there?")])])
      for (answer, n) in [(intruding, 1), (guessing, 2)] {
        #expect(answer.status == 200 && answer.json["acceptedThrough"] == .int(n))
        #expect(answer.json["quarantined"] == [["n": .int(n), "reason": "not-found"]], "\(answer)")
      }
      #expect(intruding.json.asObject?.map(\.key) == guessing.json.asObject?.map(\.key))
      #expect(intruding.json["head"] == guessing.json["head"])

      // Both lie under their author, and what follows flows.
      let rows = try site.hub.json("quarantine", "list")["quarantine"]?.asArray ?? []
      #expect(rows.map { $0["platform"] } == ["water", "water"])
      #expect(rows.map { $0["order"] } == [.string(order.text), .string(nowhere.text)])
      let kept = try site.hub.json("quarantine", "show", Dot(raw.replica, 1).description)
      #expect(kept["line"]?.asString?.contains("let me in") == true)
      let honest = try raw.push([raw.entry(mine, after: try site.hub.order(mine).vector, [.note("my own")])])
      #expect(honest.status == 200 && honest.json["acceptedThrough"] == 3 && honest.json["quarantined"] == [])

      #expect(try site.hub.state(order) == before)
      try site.expectEqual(order, at: "gas")
      try site.expectEqual(mine, at: "water")
      #expect(try site.agent("gas").lines().keys.allSatisfy { !$0.hasPrefix("water.") })
      #expect(try site.agent("water").get("/v1/orders/\(order)").code == "not-found")
      #expect(try site.hub.get("/v1/orders/\(nowhere)").status == 404)
    }

    @Test func anotherPlatformsReplicaIsRefused() throws {
      let site = try Site("water", "gas")
      let order = try site.dispatched(to: "gas")
      let raw = try RawAgent("gas", of: site, identity: site.directory + "/water/identity")
      let answer = try raw.push([raw.entry(order, after: try site.hub.order(order).vector, [.note("as if gas")])])
      #expect(answer.status == 403 && answer.code == "not-permitted", "\(answer)")
      try site.expectEqual(order, at: "gas")
      #expect(try site.hub.order(order)["entries"] == [])
    }

    @Test func linesThatNobodyCanReadAreShownAndTheRestFlows() throws {
      let site = try Site("water")
      let order = try site.dispatched(to: "water")
      let raw = try RawAgent("water", of: site)
      var context = try site.hub.order(order).vector
      let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
      func replacing(_ old: String, _ new: [UInt8]) -> ([UInt8]) -> [UInt8] {
        { line in
          let parts = String(decoding: line, as: UTF8.self).split(separator: old, maxSplits: 1)
          return Array(parts[0].utf8) + new + Array(parts[1].utf8)
        }
      }
      let broken: [([UInt8]) -> [UInt8]] = [
        { _ in Array("not JSON at all".utf8) },
        replacing("\"crew\"", Array("\"crew\",\"x\":\(deep)".utf8)),
        replacing("gibberish", [0xFF, 0xFE]),
        replacing("\"context\":", Array("\"at\":[1.5,0],\"context\":".utf8)),
        { Array($0.dropLast(5)) },
      ]
      var entries: [Entry] = []
      for tamper in broken {
        let entry = raw.entry(order, after: context, [.note("gibberish")], tamper: tamper)
        context.advance(to: entry.head.dot)
        entries.append(entry)
      }
      entries.append(raw.entry(order, after: context, [.note("legible")]))
      let pushed = try raw.push(entries)
      #expect(pushed.status == 200 && pushed.json["acceptedThrough"] == .int(entries.count), "\(pushed)")

      let rows = try site.hub.json("quarantine", "list")["quarantine"]?.asArray ?? []
      #expect(rows.map { $0["dot"] } == entries.dropLast().map { .string($0.head.dot.description) })
      #expect(rows.allSatisfy { $0["reason"] == "unreadable" })
      let listed = try site.hub.command("quarantine", "list")
      #expect(listed.status == 0 && listed.output.contains("unreadable"))
      try site.expectEqual(order, at: "water")
      for daemon in [site.hub, try site.agent("water")] {
        let shown = try daemon.order(order)
        #expect(shown["entries"]?.asArray?.compactMap { $0["value"]?["text"]?.asString } == ["legible"])
        #expect(shown.history(entries[0].head.dot)?["verdict"] == "unreadable")
      }
    }

    @Test func aClockThatRunsAheadIsPutRightForTies() throws {
      let site = try Site("water")
      let order = try site.dispatched(to: "water")
      let raw = try RawAgent("water", of: site)
      raw.ahead = 6 * 3_600_000
      let entry = raw.entry(order, after: try site.hub.order(order).vector, [.note("from this evening")])
      let pushed = try raw.push([entry])
      #expect(pushed.status == 200 && pushed.json["acceptedThrough"] == 1, "\(pushed)")
      try site.expectEqual(order, at: "water")
      let claimed = try ChangeLine.decode(try #require(entry.line)).at.milliseconds
      for daemon in [site.hub, try site.agent("water")] {
        let shown = try daemon.json("orders", "show", order.text)
        let counts = try #require(shown.shown("clock/\(entry.head.dot)")?.asInt)
        #expect(claimed - counts > 5 * 3_600_000)
        #expect(shown.history(entry.head.dot)?["verdict"] == "accepted")
        #expect(try daemon.command("orders", "show", order.text).output.contains("clock/\(entry.head.dot)"))
      }
      // The hub's own clock is not dragged along.
      #expect(try site.hub.note("now", on: order, request: "r1").status == 200)
      let times = try site.hub.order(order)["entries"]?.asArray?.compactMap { $0["at"]?.asInt } ?? []
      #expect(times.count == 2 && times.contains { claimed - $0 > 5 * 3_600_000 })
    }
  }
}
