// What the tests of deadlines at a real hub share: an order under an emergency's limits, the supervisor's pass, and that what is kept is
// sound.

import Core
import Testing

@testable import Hub

/// A hub with its supervisor, and a crew of water's.
protocol SupervisedHub {
  var world: HubWorld { get }
  var crew: FakeAuthor { get }
}

extension SupervisedHub {
  var minute: Int { 60_000 }

  var supervisor: Supervisor {
    Supervisor(database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce)
  }

  func pass(_ mayAct: Bool = true) throws -> Supervisor.Done { try supervisor.pass(mayAct: mayAct) }

  /// An emergency: 15 minutes to accept, 60 to be there, 240 to be done; urged a minute later, supervised fifteen.
  func emergency() throws -> OrderID {
    try world.dispatched(to: "water", registers: [.init("title", "burst"), .init("kind", "emergency")])
  }

  func accept(_ order: OrderID, _ step: String = "accepted") throws {
    let id = try #require(try world.view(order).assignments.first?.id)
    crew.time = max(crew.time, world.clock.now)
    try world.push(
      [
        crew.entry(
          order, context: try world.state(order).vector, [.set("assignment/\(id)/progress", .string(step))])
      ], from: crew)
  }

  func entries(_ order: OrderID, _ kind: String) throws -> [JSON] {
    try world.hotline.document(order).list("entries").filter { $0["kind"] == .string(kind) }.compactMap { $0["value"] }
  }

  func due(_ order: OrderID, _ stage: String) throws -> Int? {
    let view = try world.view(order)
    let id = try #require(view.assignments.last?.id)
    return view.state.value("assignment/\(id)/due/\(stage)")?["at"]?.asInt
  }

  func rows() throws -> [(stage: String, at: Int, nextAt: Int?)] {
    try world.parts.database.read { db in
      try db.all("SELECT stage, at, next_at FROM deadline ORDER BY order_id, assignment, stage", []) {
        ($0.text(0), $0.int(1), $0.optionalInt(2))
      }
    }
  }

  /// What is kept follows from the logs, and the sums from what is kept.
  func isSound() throws -> Bool {
    _ = try pass(false)
    let found = try SupervisionRebuild(
      database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce
    ).run(repairing: false)
    return found.wrong == 0 && !found.isUnderWay
  }
}
