// What reaches a person's terminal: characters that would steer it are shown, and Chinese text aligns.

import Core
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Terminals {
    @Test func controlCharactersInATitleNeverReachTheTerminal() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let title = "红\u{1B}[31m\u{1B}]0;x\u{07}\u{9B}2J\u{202E}管"
      let order = try site.dispatched(to: "water", title: title)
      #expect(try agent.note("\u{1B}[2Jnote", on: order, request: "r\u{1B}c").status == 200)
      try site.expectEqual(order, at: "water")
      for daemon in [site.hub, agent] {
        for arguments in [["orders", "list"], ["orders", "show", order.text]] {
          for more in [[], ["--json"]] {
            let finished = try ChildProcess(
              daemon.program.path, arguments + more + ["--data", daemon.data], scratch: site.directory
            ).finish()
            #expect(finished.status == 0)
            #expect(finished.output.contains("红"))
            let steering = finished.all.unicodeScalars.filter { scalar in
              (scalar.value < 0x20 && scalar != "\n") || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x202E
            }
            #expect(steering.isEmpty, "\(arguments + more)")
          }
        }
        // The value itself is what was written.
        #expect(try daemon.order(order)["title"]?.asString == title)
      }
      let refused = try agent.command("orders", "show", "\u{1B}[31mred")
      #expect(refused.status == CommandStatus.notFound.rawValue && !refused.all.contains("\u{1B}"), "\(refused.all)")
    }

    @Test func tablesOfChineseTextAlign() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let orders = [
        try site.dispatched(to: "water", title: "中山路爆管"),
        try site.dispatched(to: "water", title: "a burst pipe, 12 Zhongshan Road"),
        try site.dispatched(to: "water", title: "水表 meter 坏"),
      ]
      try agent.settle()
      site.hub.kill()
      for (index, order) in orders.enumerated() {
        #expect(try agent.note("n", on: order, request: "n\(index)").status == 200)
      }
      let listed = try agent.command("orders", "list")
      #expect(listed.status == 0)
      // The column behind the titles begins in the same place in every row.
      let columns = listed.output.split(separator: "\n").compactMap { line -> Int? in
        line.range(of: "1 unconfirmed").map { String(line[..<$0.lowerBound]).displayWidth }
      }
      #expect(columns.count == 3 && Set(columns).count == 1, "\(listed.output)")
    }
  }
}
