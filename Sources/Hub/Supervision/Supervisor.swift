// What the hub does by itself about deadlines: it urges and supervises by the ladder, gives deadlines where it owes them, and brings what is
// kept of orders to a policy that changed. Bounded a pass; each reminder stands in the order's log, so that nothing is done twice.
// When a pass is made is SupervisionWatch's.

import Core
import Logging

struct Supervisor: Sendable {
  /// What a pass did.
  struct Done: Sendable, Equatable {
    var urged = 0
    var supervised = 0
    /// Assignments of which it was noted that their platform has them.
    var delivered = 0
    /// Orders that were given the deadlines they lacked.
    var given = 0
    /// Orders brought to the policy.
    var followed = 0
    /// Orders whose status time alone had changed.
    var renewed = 0

    var isNothing: Bool { self == Done() }
  }

  let database: any Database
  let writer: GroupCommitWriter
  let inForce: PolicyInForce

  /// Orders that are reminded in one pass: what is overdue at once after an outage goes out bit by bit.
  static let ordersInPass = 50
  /// Orders that are given deadlines, and orders looked at again, in one: whoever wants to write waits for it.
  private static let ordersGivenInPass = 50
  private static let ordersFollowedInPass = 50
  /// How long an order may lack deadlines before the hub gives them: who heals sends first what the hub itself had given.
  static let owingMilliseconds = 10 * 60_000

  // MARK: Reminders

  /// One pass at the hub's time. With `mayAct` false nothing is written to orders.
  func pass(mayAct: Bool) throws -> Done {
    var done = Done()
    if mayAct {
      done.delivered = try Deliveries(database: database, writer: writer, inForce: inForce).pass()
      let (urged, supervised) = try remind()
      (done.urged, done.supervised) = (urged, supervised)
      done.given = try giveOwed()
    }
    done.followed = try followAgain()
    done.renewed = try renewStatuses()
    return done
  }

  // MARK: What time alone changes

  /// Some of the orders whose status is past.
  private static func ended(_ now: Int, _ db: any DatabaseConnection) throws -> [OrderID] {
    try db.all(
      // orders_status_until
      "SELECT order_id FROM orders WHERE status_until IS NOT NULL AND status_until <= $1 ORDER BY status_until LIMIT $2",
      [.integer(now), .integer(ordersFollowedInPass)]
    ) { try OrderID($0.text(0)) }
  }

  /// Brings orders whose suspension has ended to their present status: in lists, counts and feeds of pages, in one transaction. Nothing is
  /// written to the orders themselves.
  private func renewStatuses() throws -> Int {
    // Most passes find none, and write nothing.
    let now = writer.environment.wall()
    guard try database.read({ db in try !Supervisor.ended(now, db).isEmpty }) else { return 0 }
    return try writer.perform { transaction in
      let orders = try Supervisor.ended(transaction.now, transaction.db)
      for id in orders {
        guard let row = try transaction.order(id) else { continue }
        // The end of the transaction writes the columns of every order that it touched as they are then.
        transaction.orders.update(id, default: row) { _ in }
      }
      return orders.count
    }
  }

  private func remind() throws -> (urged: Int, supervised: Int) {
    try writer.perform { [inForce] transaction in
      let due = try transaction.db.all(
        // deadline_next
        """
        SELECT order_id, assignment, stage FROM deadline WHERE next_at IS NOT NULL AND next_at <= $1
        ORDER BY next_at, order_id LIMIT $2
        """, [.integer(transaction.now), .integer(Supervisor.ordersInPass)]
      ) { row in (order: try OrderID(row.text(0)), assignment: row.text(1), stage: row.text(2)) }
      var reminded: [OrderID: Reminder] = [:]
      for row in due where reminded[row.order] == nil {
        reminded[row.order] = try Supervisor.remind(
          row.order, row.assignment, row.stage, inForce.now, transaction)
      }
      let urged = reminded.values.count { $0 == .urge }
      return (urged, reminded.count - urged)
    }
  }

  /// Does what is next about one deadline if it is time, by the order as it is in this transaction. Returns what it did.
  private static func remind(
    _ order: OrderID, _ assignment: String, _ stage: String, _ supervision: Supervision, _ transaction: HubTransaction
  ) throws -> Reminder? {
    func nextIs(_ at: Int?) throws {
      try transaction.db.execute(
        "UPDATE deadline SET next_at = $1 WHERE order_id = $2 AND assignment = $3 AND stage = $4",
        [.optional(at), .text(order.text), .text(assignment), .text(stage)])
    }
    guard let row = try transaction.order(order) else {
      try nextIs(nil)
      return nil
    }
    let view = OrderView(row.state)
    let milestones = try SupervisionFollower.milestones(of: order, row, transaction.db)
    let policy = supervision.policy
    let deadline = Deadline.all(of: view, milestones, created: row.created, policy, supervision.corrections)
      .first { $0.assignment == assignment && $0.stage == stage }
    guard let deadline else {
      try nextIs(nil)
      return nil
    }
    let rule = policy.ladder(for: stage, of: Matter(view), since: deadline.since)
    let next = Ladder.next(deadline, milestones, rule, policy.calendar)
    guard let next, next.at <= transaction.now else {
      try nextIs(next?.at)
      return nil
    }
    do {
      guard row.entries < Limits.maxEntries else { throw Problem(.limit) }
      _ = try transaction.request {
        try transaction.author(
          order, edits: [entry(next.reminder, deadline, rule, policy, now: transaction.now)],
          by: PushIngest.hubAuthor)
      }
      return next.reminder
    } catch let problem as Problem where problem.code == .limit {
      // A full order takes nothing more; it is on the list of what is overdue all the same.
      try nextIs(nil)
      return nil
    }
  }

  private static func entry(
    _ reminder: Reminder, _ deadline: Deadline, _ rule: LadderRule?, _ policy: Policy, now: Int
  ) -> Edit {
    let due = policy.calendar.clock.text(deadline.at)
    func text(_ pattern: String) -> String {
      pattern.replacing("{stage}", with: StageName.chinese(deadline.stage)).replacing("{due}", with: due)
    }
    let place: [(String, JSON?)] = [
      ("assignment", deadline.assignment.map(JSON.string)), ("stage", .string(deadline.stage)),
    ]
    switch reminder {
    case .urge:
      return .append(
        kind: "urge", value: JSONText(.compact([("text", .string(text(policy.urgeText)))] + place)))
    case .supervise:
      let until = rule?.answerWithin.map { policy.calendar.end(of: $0, from: now) }
      return .append(
        kind: "supervise",
        value: JSONText(
          .compact(
            [
              ("to", .string(deadline.platform)), ("demand", .string(text(policy.superviseText))),
              ("until", until.map(JSON.int)),
            ] + place)))
    }
  }

  // MARK: What is owed

  private func giveOwed() throws -> Int {
    try writer.perform { [inForce] transaction in
      let orders = try transaction.db.all(
        "SELECT order_id FROM owing WHERE since <= $1 ORDER BY since, order_id LIMIT $2",
        [.integer(transaction.now - Supervisor.owingMilliseconds), .integer(Supervisor.ordersGivenInPass)]
      ) { try OrderID($0.text(0)) }
      var given = 0
      for order in orders {
        guard let view = try transaction.view(order) else { continue }
        let drafts = Deadlines.missing(in: view, since: transaction.now, inForce.policy)
        do {
          if !drafts.isEmpty {
            _ = try transaction.request {
              try transaction.author(order, edits: Deadlines.edits(drafts), by: PushIngest.hubAuthor)
            }
            given += 1
          } else {
            try transaction.db.execute("DELETE FROM owing WHERE order_id = $1", [.text(order.text)])
          }
        } catch let problem as Problem where problem.code == .limit {
          try transaction.db.execute("DELETE FROM owing WHERE order_id = $1", [.text(order.text)])
        }
      }
      return given
    }
  }

  // MARK: Following again

  private static let fingerprint = "supervision/fingerprint"
  private static let place = "supervision/place"

  /// Goes on bringing what is kept of orders to the policy and the corrections in force, in the order of the lists. It begins anew where
  /// they are others than at the last time, and goes on after a restart where it was.
  private func followAgain() throws -> Int {
    let supervision = inForce.now
    let wanted = supervision.fingerprint
    let (stored, place) = try database.read { db in
      (
        try Supervisor.counter(Supervisor.fingerprint, db),
        try Supervisor.counter(Supervisor.place, db)
      )
    }
    if stored == wanted, place == nil { return 0 }
    let from = stored == wanted ? place ?? 0 : 0
    return try writer.perform { transaction in
      let orders = try transaction.db.all(
        "SELECT order_id, place FROM orders WHERE place > $1 ORDER BY place LIMIT $2",
        [.integer(from), .integer(Supervisor.ordersFollowedInPass)]
      ) { row in (id: try OrderID(row.text(0)), place: row.int(1)) }
      try SupervisionFollower.followAgain(orders.map(\.id), supervision, transaction)
      try Supervisor.set(Supervisor.fingerprint, wanted, transaction.db)
      try Supervisor.set(
        Supervisor.place, orders.count < Supervisor.ordersFollowedInPass ? nil : orders.last?.place, transaction.db)
      return orders.count
    }
  }

  /// True while what is kept of some orders may be by another policy.
  static func isFollowing(_ inForce: PolicyInForce, _ db: any DatabaseConnection) throws -> Bool {
    try counter(fingerprint, db) != inForce.now.fingerprint || counter(place, db) != nil
  }

  // MARK: The clock

  private static let lastLook = "supervision/look"
  private static let held = "supervision/held"

  /// When the hub last looked, and until when it was told to hold.
  func remembered() throws -> (lastLook: Int?, heldUntil: Int?) {
    try database.read { db in
      (try Supervisor.counter(Supervisor.lastLook, db), try Supervisor.counter(Supervisor.held, db))
    }
  }

  func noteLook(_ wall: Int) throws {
    try writer.perform { try Supervisor.set(Supervisor.lastLook, wall, $0.db) }
  }

  /// How long a restored hub reminds nobody: agents give back first what it does not know.
  static let restoredMilliseconds = 3_600_000

  /// Reminds nobody for a while: the database went back.
  func postpone(now: Int) throws {
    try writer.perform { try Supervisor.set(Supervisor.held, now + Supervisor.restoredMilliseconds, $0.db) }
  }

  /// Keeps a correction of the clock, and moves the open deadlines that it is about at once.
  func note(_ correction: ClockCorrection) throws {
    try writer.perform { [inForce] transaction in
      try transaction.db.execute(
        "INSERT INTO clock_step (until, since, amount) VALUES ($1, $2, $3) ON CONFLICT (until) DO NOTHING",
        [.integer(correction.until), .integer(correction.since), .integer(correction.by)])
      inForce.replace(try Supervisor.corrections(transaction.db))
      let orders = try transaction.db.all(
        "SELECT DISTINCT order_id FROM deadline WHERE since >= $1 AND since <= $2 ORDER BY order_id",
        [.integer(correction.since), .integer(correction.until)]
      ) { try OrderID($0.text(0)) }
      try SupervisionFollower.followAgain(orders, inForce.now, transaction)
    }
  }

  /// All that were kept, in the order in which they apply.
  static func corrections(_ db: any DatabaseConnection) throws -> [ClockCorrection] {
    try db.all("SELECT since, until, amount FROM clock_step ORDER BY until", []) { row in
      ClockCorrection(since: row.int(0), until: row.int(1), by: row.int(2))
    }
  }

  private static func counter(_ name: String, _ db: any DatabaseConnection) throws -> Int? {
    try db.first("SELECT value FROM counter WHERE name = $1", [.text(name)]) { $0.int(0) }
  }

  private static func set(_ name: String, _ value: Int?, _ db: any DatabaseConnection) throws {
    guard let value else {
      try db.execute("DELETE FROM counter WHERE name = $1", [.text(name)])
      return
    }
    try db.execute(
      "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(name), .integer(value)])
  }
}

/// What people call a stage.
enum StageName {
  static func chinese(_ stage: String) -> String {
    switch stage {
    case "dispatch": "派单"
    case "accept": "签收"
    case "contact": "联系来电人"
    case "arrive": "到场"
    case "makeSafe": "排险"
    case "complete": "办结"
    default: stage
    }
  }
}
