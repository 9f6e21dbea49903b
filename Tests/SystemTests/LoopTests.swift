// The loop in one piece: enrol, dispatch, accept, work while the hub is dead, sync, call back, close. All by the
// command lines.

import Core
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Loop {
    @Test func anOrderGoesRoundWhileTheHubIsKilledInTheMiddle() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let made = try site.hub.json(
        "orders", "create", "--kind", "repair", "--title", "中山路爆管", "--caller-name", "王", "--caller-phone",
        "13800001234",
        "--dispatch", "water")
      let order = try OrderID(try made.string("order"))
      #expect(made["status"] == "dispatched" && made["confirmed"] == true)
      let number = try made.string("number")
      try agent.settle()
      let dispatched = try agent.json("orders", "show", number)
      #expect(dispatched["id"]?.asString == order.text)
      #expect(dispatched.shown("caller")?["phone"] == "13800001234")

      let accepted = try agent.command("orders", "accept", number, "--author", "李")
      #expect(accepted.status == 0 && accepted.output.contains("is now accepted"), "\(accepted.all)")
      try agent.settle()
      #expect(try site.hub.json("orders", "show", number)["status"] == "accepted")

      site.hub.kill()
      let working = try agent.json("orders", "progress", number, "working")
      #expect(working["status"] == "inProgress" && working["confirmed"] == false)
      let done = try agent.command("orders", "complete", number, "--outcome", "solved", "--work", "更换 DN200 阀门")
      #expect(done.status == 0 && done.output.contains("is now repaired"), "\(done.all)")
      #expect(done.output.contains("the hub has not confirmed it yet"))
      #expect(try agent.outbox == 2)

      try site.restartHub()
      let synced = try agent.command("sync", "--wait", "15s")
      #expect(synced.status == 0, "\(synced.all)")
      #expect(try agent.outbox == 0)
      let repaired = try site.hub.json("orders", "show", number)
      #expect(repaired["status"] == "repaired")
      let assignment = try #require(repaired["assignments"]?.asArray?.first?["id"]?.asString)
      #expect(repaired.shown("assignment/\(assignment)/result")?["work"] == "更换 DN200 阀门")

      let called = try site.hub.json("orders", "call-back", number, "--solved", "yes", "--result", "5")
      #expect(called["status"] == "calledBack")
      #expect(try site.hub.json("orders", "close", number, "solved")["status"] == "closed")
      try site.expectEqual(order, at: "water")
      #expect(try agent.json("orders", "show", number)["status"] == "closed")
      let shown = try agent.command("orders", "show", number, "--state")
      #expect(shown.status == 0)
      #expect(try Array(shown.output.utf8) == site.hub.state(order))
      #expect(try site.hub.command("doctor").status == 0)
      #expect(try agent.command("doctor").status == 0)
    }
  }
}
