// One operator's place at the hub: everything that is reachable from outside goes through it. It demands the right, fixes the author, and
// has what is no change of an order audited. Here are orders and reports; platforms, personal data and accounts are in files beside it.

import Core

/// What one operator may do, checked below HTTP and command line.
struct Seat: Sendable {
  let hotline: Hotline
  let who: Operator
  /// Who stands in the changes.
  let author: Author

  init(_ hotline: Hotline, _ who: Operator) {
    self.init(hotline, who, Author(name: who.name, role: who.role.rawValue))
  }

  private init(_ hotline: Hotline, _ who: Operator, _ author: Author) {
    self.hotline = hotline
    self.who = who
    self.author = author
  }

  /// The seat of whoever may open the hub's Unix socket.
  static func socket(_ hotline: Hotline) -> Seat {
    Seat(hotline, .socket, Author(name: "operator", role: "operator"))
  }

  func may(_ right: Right) -> Bool { who.may(right) }

  /// Refuses in words what the role does not allow; that it was tried is audited.
  func demand(_ right: Right) throws(Problem) {
    do { try who.demand(right) } catch {
      hotline.accounts.noteRefused(right, to: who)
      throw error
    }
  }

  /// The seat with the author that a request names. Only the socket's callers may name one: everybody else has an account.
  func acting(as author: Author?) throws(Problem) -> Seat {
    guard let author else { return self }
    guard who.via == .socket else {
      throw Problem(.forbidden, "the author is your account, \(who.name); leave 'author' out")
    }
    var who = who
    who.name = author.name
    return Seat(hotline, who, author)
  }

  /// Reads with the hotline what no function here reads, after the right was demanded.
  func read<Value>(_ right: Right = .see, _ body: (Hotline) throws -> Value) throws -> Value {
    try demand(right)
    return try body(hotline)
  }

  /// What is written beside an act, in its transaction.
  func audited(_ action: AuditAction, _ object: String, _ detail: [(String, JSON?)] = []) -> Alongside {
    { [who] transaction in try Audit.note(action, object, by: who, with: detail, transaction) }
  }

  /// Writes an audit row of its own; durable when it returns.
  func note(_ action: AuditAction, _ object: String, _ detail: [(String, JSON?)] = []) throws {
    try hotline.writer.perform(audited(action, object, detail))
  }

  // MARK: Orders

  func resolve(_ idOrNumber: String) throws -> OrderID { try read { try $0.resolve(idOrNumber) } }

  func list(_ filter: OrderFilter, limit: Int, after: String?) throws -> JSON {
    try read { try $0.list(filter, limit: limit, after: after) }
  }

  func counts(_ filter: OrderFilter) throws -> JSON { try read { try $0.counts(filter) } }

  /// The order with personal values masked.
  func document(_ order: OrderID) throws -> JSON { try read { try $0.document(order, masking: true) } }

  /// The order with personal values in plain; that they were shown is kept before they are.
  func reveal(_ order: OrderID) throws -> JSON {
    let document = try read(.reveal) { try $0.document(order) }
    try noteRevealed(order)
    return document
  }

  /// Keeps that personal values of the order are shown in plain, and tells those who watch where that happens too often. Durable when
  /// it returns: whoever shows them calls it first.
  func noteRevealed(_ order: OrderID) throws {
    try hotline.writer.perform { [who] transaction in
      try Audit.note(.revealed, order.text, by: who, transaction)
      try RevealAlerts.note(by: who, transaction)
    }
  }

  /// What can be done with the order now, and what not with the reason, as the console shows it.
  func actions(_ order: OrderID) throws -> JSON {
    try read { hotline in
      let view = try hotline.database.read { db in try OrderReading.read(order, limit: 0, db).view }
      let list = ActionList(
        on: view, maxExtensions: hotline.inForce.policy.maxExtensions, now: hotline.environment.wall())
      return ["actions": .array(list.documents(for: who))]
    }
  }

  func canonical(_ order: OrderID) throws -> [UInt8] { try read { try $0.canonical(order) } }

  func create(
    registers: [JSON.Member], dispatchTo platform: String?, instruction: String? = nil, request: String?
  ) throws -> JSON {
    try demand(.handle)
    return try hotline.create(
      registers: registers, dispatchTo: platform, instruction: instruction, author: author, request: request)
  }

  func perform(
    _ command: Command, on order: OrderID, assignment: String?, onBehalfOf: PlatformName?, request: String?
  ) throws -> JSON {
    try demand(RoleTable.right(for: command))
    return try hotline.perform(
      command, on: order, assignment: assignment, onBehalfOf: onBehalfOf, author: author, request: request)
  }

  func importRows(system: String, dispatch: Bool, rows: [JSON]) throws -> JSON {
    try demand(.importOrders)
    return try hotline.importRows(
      system: system, dispatch: dispatch, rows: rows, author: author,
      also: audited(.imported, system, [("rows", .int(rows.count)), ("dispatch", .bool(dispatch))]))
  }

  // MARK: Reports

  func requests() throws -> JSON { try read { try $0.requests() } }
  func conflicts() throws -> JSON { try read { try $0.conflicts() } }
  func quarantine(after: String? = nil, limit: Int = Limits.maxPage) throws -> JSON {
    try read { try $0.quarantine(after: after, limit: limit) }
  }
  /// `{"voids":[…],"next"?}`: changes that are void, and those that were and count again; the last said first.
  func voids(after: String? = nil, limit: Int = VoidChange.maxShown) throws -> JSON {
    try read { try VoidChange.read($0, after: after, limit: limit).json }
  }

  func quarantined(_ dot: String) throws -> JSON { try read(.inspect) { try $0.quarantined(dot) } }

  /// What waits for changes that every disk has lost.
  func lost() throws -> JSON { try read { try $0.lost() } }

  /// Says so of one order, by its id or number. It is a change of the order's, so that it stands in its history.
  func settleLost(_ order: String) throws -> JSON {
    try demand(.supervise)
    return try hotline.settleLost(try hotline.lostOrder(order), author: author)
  }

  func changes(after: String?, limit: Int) throws -> JSON {
    try read(.inspect) { try $0.changes(after: after, limit: limit) }
  }

  func states(platform: String?, after: String?, limit: Int) throws -> JSON {
    try read { try $0.states(platform: platform, after: after, limit: limit) }
  }
}
