// The end of the story: operators answer what was asked, crews finish, citizens are called back, orders are closed, some come back
// for another round, and a few conflicts are settled.

import Core
import Foundation
import Shell

extension Script {
  mutating func finish() throws {
    try answerRequests()
    try waitUntilEqual("answers reach the crews")
    try finishOpenOrders("crews finish")
    try waitUntilEqual("results reach the hotline")
    try callBackAndClose("call-backs")
    try settleSome()
    try waitUntilEqual("rework reaches the crews")
    try finishOpenOrders("rework")
    try waitUntilEqual("results reach the hotline")
    try callBackAndClose("call-backs after rework")
    try waitUntilEqual("the last changes")
  }

  /// Two of three are granted. What is returned goes to another platform.
  private func answerRequests() throws {
    let requests = try desk.get(.hub, "/v1/requests")["requests"]?.asArray ?? []
    let platforms = world.agencies.map(\.slug)
    let desk = desk
    try Workers.run(
      "requests answered",
      requests.enumerated().map { index, request in
        {
          let order = try request.string("order")
          let id = try request.string("id")
          let isGranted = index % 3 != 2
          try desk.perform(.hub, order, byCommandLine: index < 6) {
            .answer(id, granted: isGranted, "\($0) \(isGranted ? "agreed" : "it is yours")")
          }
          guard isGranted, request["type"] == "return", let from = request["platform"]?.asString,
            try desk.get(.hub, "/v1/orders/\(order)")["status"] == "returned",
            let next = platforms.first(where: { $0 != from })
          else { return }
          try desk.perform(.hub, order) { .dispatch(next, "\($0) returned by \(from)") }
        }
      })
  }

  /// Whatever a crew still has to do, it does.
  private func finishOpenOrders(_ title: String) throws {
    let desk = desk
    var jobs: [Job] = []
    for side in world.agents {
      for row in try desk.all(side, "orders", query: [("open", "true")]) {
        guard let order = row["id"]?.asString, let status = row["status"]?.asString,
          !["recalled", "returned"].contains(status)
        else { continue }
        let progress = row["assignment"]?["progress"]?.asString
        if progress == "done" { continue }
        jobs.append {
          if progress == nil { try desk.perform(side, order) { _ in .accept } }
          try desk.perform(side, order) { .complete("\($0) finished and swept") }
        }
      }
    }
    try Workers.run(title, jobs)
  }

  /// Most citizens are reached; one in twenty-five is not content, and the order goes into another round.
  private mutating func callBackAndClose(_ title: String) throws {
    let desk = desk
    let rows = try desk.all(.hub, "orders", query: [("status", "repaired")])
    try Workers.run(
      title,
      rows.enumerated().compactMap { index, row -> Job? in
        guard let order = row["id"]?.asString, index % 20 != 19 else { return nil }
        let isFirstRound = row["round"] == 1
        return {
          if isFirstRound, index % 25 == 24 {
            try desk.perform(.hub, order) { .callBack("\($0) it leaks again", solved: "no", mark: 1) }
            try desk.perform(.hub, order) { .rework("\($0) the citizen is not content") }
            return
          }
          try desk.perform(.hub, order, byCommandLine: index < 5) {
            .callBack("\($0) thanks", solved: "yes", mark: 3 + index % 3)
          }
          try desk.perform(.hub, order, byCommandLine: index < 5) { .close("solved", "\($0) the citizen is content") }
        }
      })
  }

  /// By the real command line; the others stay, as it is people who settle them.
  private func settleSome() throws {
    let conflicts = try desk.get(.hub, "/v1/conflicts")["conflicts"]?.asArray ?? []
    for row in conflicts.filter({ $0["rule"] != "first" }).prefix(share(10)) {
      let register = try row.string("register")
      try desk.perform(.hub, try row.string("order"), byCommandLine: true) { _ in .settle(register) }
    }
  }
}
