// A local edit: checked against the state that its author sees, appended, merged and answered, in one transaction and without the
// network.

import Core
import GRDB

/// The answer to an edit.
struct Recorded: Sendable, Hashable {
  let order: OrderID
  let dot: Dot
  /// The order's status with the edit in it; of a repeat, its status now.
  let status: OrderStatus
  /// True once the hub has it.
  let confirmed: Bool
  /// True where the request id had been answered before: nothing new was recorded.
  let repeated: Bool

  var json: JSON {
    [
      "order": .string(order.text), "dot": .string(dot.description), "status": .string(status.rawValue),
      "recorded": true,
      "confirmed": .bool(confirmed), "repeated": .bool(repeated),
    ]
  }
}

extension AgentStore {
  /// Bytes of an author's name and role.
  private static let maxAuthorBytes = 256

  /// Creates an order of this platform's own making and takes the lead of it.
  ///
  /// - Parameters:
  ///   - registers: plain values of descriptive registers; `source` and `receivedAt` are added where absent.
  ///   - request: the caller's id of this command, by which a repeat finds the first answer.
  ///   - now: wall time, milliseconds.
  /// - Throws: `Problem`: `bad-command`, `limit`, `disk-full`.
  func create(registers: [JSON.Member], author: Author, request: String?, now: Int) throws -> Recorded {
    try write { database in
      if let first = try answered(request, author, now, database) { return first }
      var members = registers
      if !members.contains(where: { $0.key == "source" }) { members.append(JSON.Member("source", "platform")) }
      if !members.contains(where: { $0.key == "receivedAt" }) { members.append(JSON.Member("receivedAt", .int(now))) }
      guard members.contains(where: { $0.key == "title" }) else { throw Problem(.badCommand, "an order needs a title") }
      for member in members where RegisterName(member.key)?.row.isDescriptive != true {
        throw Problem(.badCommand, "'\(member.key.prefix(128))' is not a register that an order can be created with")
      }
      var drafts = members.map { Draft.set($0.key, $0.value) }
      drafts.append(
        .set(
          "assignment/\(slug("a"))",
          ["platform": .string(platform.text), "role": "lead", "round": 1, "cause": "first"]))
      if let fault = Authoring.fault(drafts) { throw Problem(.badCommand, fault) }
      let id = OrderID(maker: platform, milliseconds: now, random: random(10))
      return try record(drafts, on: id, isCreation: true, author, request, now, database)
    }
  }

  /// Performs a command on an order that is held here.
  ///
  /// - Parameter assignment: which of the platform's assignments is meant, where it has several.
  /// - Throws: `Problem`: `not-found`, `illegal-step` with what is allowed, `not-assigned`, `ambiguous`, `bad-command`, `limit`,
  ///   `disk-full`.
  func perform(
    _ command: Command, on id: OrderID, assignment: String? = nil, author: Author, request: String?, now: Int
  ) throws -> Recorded {
    try write { database in
      if let first = try answered(request, author, now, database) { return first }
      let log = OrderLog(database, platform: platform, now: now)
      let state = try log.state(id)
      guard !state.vector.isEmpty else { throw Problem(.notFound, "there is no order \(id) here") }
      var context = CommandContext(actor: platform, assignment: assignment, now: now, ids: [slug("r"), slug("r")])
      if case .amend = command { context.personal = try AgentStore.personalValues(of: id, database) }
      let drafts = try drafts(of: command, on: state, context)
      let entries = drafts.count { if case .append = $0 { true } else { false } }
      guard try entries == 0 || log.entryCount(id) + entries <= Limits.maxEntries else {
        throw Problem(.limit, "the order has \(Limits.maxEntries) entries already; open a related order")
      }
      return try record(drafts, on: id, isCreation: false, author, request, now, database, log)
    }
  }

  private func drafts(
    of command: Command, on state: OrderState, _ context: CommandContext
  ) throws(Problem) -> [Draft] {
    do {
      return try CommandCheck.drafts(command, on: OrderView(state), context)
    } catch {
      throw Problem(error)
    }
  }

  /// Turns drafts into this run's next change and stores it with all that follows from it.
  private func record(
    _ drafts: [Draft], on id: OrderID, isCreation: Bool, _ author: Author, _ request: String?, _ now: Int,
    _ database: Database, _ known: OrderLog? = nil
  ) throws -> Recorded {
    let log = known ?? OrderLog(database, platform: platform, now: now)
    let state = try log.state(id)
    guard drafts.count <= Limits.maxEdits else {
      throw Problem(.limit, "a change has at most \(Limits.maxEdits) edits")
    }
    let (edits, sealed) = Authoring.seal(drafts) { random(16) }
    if let fault = Authoring.faultInSealed(sealed) { throw Problem(.limit, fault) }
    let run = try presentRun(database)
    // The hub would put aside what a new run writes to an order of so many.
    guard state.vector.hasRoom(for: run.replica) else { throw Problem(.limit, OrderRoom.noRun) }
    let dot = Dot(run.replica, run.n + 1)
    let at = memory.withLock { $0.clock.tick(now: now) }
    let change = Change(
      order: id, dot: dot, context: state.vector, at: at, author: author, edits: edits, request: request)
    if let fault = Permission.fault(change, by: platform, on: state, isCreation: isCreation) {
      throw Problem(.notPermitted, fault)
    }
    let line = ChangeLine.encode(change)
    // What is recorded must be readable by everyone, so the reader's limits are applied here.
    do {
      _ = try ChangeLine.decode(line)
    } catch {
      throw Problem(
        error.reason == .outOfRange || error.reason == .tooDeep ? .limit : .badCommand, "the change has \(error)")
    }
    let hash = Hash.of(line)
    let chain = Hash.chain(run.chain, hash)
    try log.append(
      LogRow(dot: dot, order: id, prev: change.prev, line: line, hash: hash, chain: chain), change)
    for value in sealed { try database.keep(value, of: id) }
    if let request { try remember(request, dot, id, database) }
    try database.run(
      "UPDATE replica SET n = ?, chain = ? WHERE id = ?", [.int(dot.n), .blob(chain.bytes), .text(dot.replica.text)])
    let after = try log.state(id)
    guard after.vector.covers(dot) else {
      throw Problem(.internalError, "the change did not take effect; nothing was recorded")
    }
    let status = OrderView(after).status(now: now)
    _ = try log.finish()
    return Recorded(order: id, dot: dot, status: status, confirmed: false, repeated: false)
  }

  /// The present run with its n and chain, from its row; the first write of a process takes a new one.
  private func presentRun(_ database: Database) throws -> (replica: ReplicaID, n: Int, chain: Hash) {
    let replica = memory.withLock { memory in
      let replica = memory.present ?? ReplicaID(platform: platform, random: random(10))
      memory.present = replica
      return replica
    }
    // No row: the run is new, or the transaction that took it was undone.
    let held = try database.first("SELECT n, chain FROM replica WHERE id = ?", [.text(replica.text)]) { row in
      (row.int(0), Hash(bytes: row.blob(1)))
    }
    if let held {
      guard let chain = held.1 else { throw Problem(.internalError, "the chain of \(replica) cannot be read") }
      return (replica, held.0, chain)
    }
    try database.run(
      """
      INSERT INTO replica (id, run, n, chain, acked_through)
      SELECT ?, COALESCE(MAX(run), 0) + 1, 0, ?, 0 FROM replica
      """, [.text(replica.text), .blob(Hash.zero.bytes)])
    return (replica, 0, .zero)
  }

  // MARK: Request ids

  /// The first answer to this request id, with the order's status now; nil where it is new or there is none.
  private func answered(_ request: String?, _ author: Author, _ now: Int, _ database: Database) throws -> Recorded? {
    guard author.name.utf8.count <= AgentStore.maxAuthorBytes, author.role.utf8.count <= AgentStore.maxAuthorBytes
    else {
      throw Problem(.badCommand, "an author's name and role have at most \(AgentStore.maxAuthorBytes) bytes each")
    }
    guard let request else { return nil }
    guard (1...Limits.maxRequestIDBytes).contains(request.utf8.count) else {
      throw Problem(.badCommand, "a request id has 1 to \(Limits.maxRequestIDBytes) bytes")
    }
    let first = try database.first("SELECT replica, n, order_id FROM request WHERE request = ?", [.text(request)]) {
      row in
      (Dot(try ReplicaID(row.text(0)), row.int(1)), try OrderID(row.text(2)))
    }
    guard let (dot, order) = first else { return nil }
    let state = try OrderLog(database, platform: platform, now: now).state(order)
    return Recorded(
      order: order, dot: dot, status: OrderView(state).status(now: now), confirmed: try isConfirmed(dot, database),
      repeated: true)
  }

  /// Keeps the first dot of a request id. Changes of this platform that arrive by the feed are remembered too: after a restore they
  /// are this database's own.
  func remember(_ request: String, _ dot: Dot, _ order: OrderID, _ database: Database) throws {
    try database.run(
      "INSERT OR IGNORE INTO request (request, replica, n, order_id) VALUES (?, ?, ?, ?)",
      [.text(request), .text(dot.replica.text), .int(dot.n), .text(order.text)])
  }

  /// True if the hub said that it has this change: by a receipt, or by acknowledging the run so far.
  private func isConfirmed(_ dot: Dot, _ database: Database) throws -> Bool {
    try database.number(
      """
      SELECT EXISTS (SELECT 1 FROM change WHERE replica = ?1 AND n = ?2 AND receipt IS NOT NULL)
        OR EXISTS (SELECT 1 FROM replica WHERE id = ?1 AND acked_through >= ?2)
      """, [.text(dot.replica.text), .int(dot.n)]) == 1
  }

  /// A fresh id of an assignment or a request: a slug that begins with `letter`.
  private func slug(_ letter: String) -> String {
    let hex = random(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return letter + hex.joined()
  }
}
