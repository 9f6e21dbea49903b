// What operators and their programs can do at the hub: the service under the operators' API and, later, the console. Everything
// blocks; refusals are `Problem`s. Reading that makes lists is in HotlineReading.swift.

import Core
import Shell

final class Hotline: Sendable {
  let database: any Database
  let writer: GroupCommitWriter
  let registry: AgentRegistry
  /// Who may act here; Seat asks them.
  let accounts: Accounts
  let contacts: Contacts
  let environment: HubEnvironment
  /// The hub's own certificates by name, with the end of each, milliseconds.
  let certificates: @Sendable () -> [(name: String, notAfter: Int)]
  /// What the doctor finds on the machine, and puts right there where it is told to.
  let machine: @Sendable (_ fixing: Bool) -> [Finding]
  /// Who waits for a feed learns there, too, that something is asked of it.
  let signals: FeedSignals
  /// By which deadlines are given and citizens called back.
  let inForce: PolicyInForce
  /// The last backup of the database that was restored in a check.
  let lastCheck: @Sendable () -> LastCheck?
  /// An agent that was not seen for so long is not waited for.
  let liveMilliseconds: Int
  /// The hub's own work before full comparisons.
  let rebuilding = Rebuilding()
  /// The examinations that the console asks for.
  let checkup = Checkup()

  init(
    database: any Database, writer: GroupCommitWriter, registry: AgentRegistry, accounts: Accounts, contacts: Contacts,
    environment: HubEnvironment, signals: FeedSignals, inForce: PolicyInForce = PolicyInForce(),
    certificates: @escaping @Sendable () -> [(name: String, notAfter: Int)],
    machine: @escaping @Sendable (_ fixing: Bool) -> [Finding] = { _ in [] },
    lastCheck: @escaping @Sendable () -> LastCheck? = { nil }, liveMilliseconds: Int = 90 * 86_400_000
  ) {
    self.machine = machine
    self.liveMilliseconds = liveMilliseconds
    self.inForce = inForce
    self.signals = signals
    self.lastCheck = lastCheck
    self.certificates = certificates
    self.database = database
    self.writer = writer
    self.registry = registry
    self.accounts = accounts
    self.contacts = contacts
    self.environment = environment
  }

  // MARK: Orders

  /// Takes a new order, and dispatches it at once where a platform is named, with the instruction for it.
  func create(
    registers: [JSON.Member], dispatchTo: String?, instruction: String? = nil, author: Author, request: String?
  ) throws -> JSON {
    try checkRequest(request)
    let drafts = try creation(registers)
    let platform = try dispatchTo.map(Hotline.platformName)
    return try writer.perform { [self] transaction in
      if let request, let first = try earlier(request, transaction) { return first }
      if let platform { try demandPlatform(platform, transaction) }
      let id = OrderID(maker: .hub, milliseconds: transaction.now, random: environment.random(10))
      let dot = try create(id, drafts, dispatchTo: platform, instruction, author, request, transaction)
      return try recorded(id, dot, isRepeat: false, transaction)
    }
  }

  /// Does a command on an order, against its state inside the writer's transaction.
  func perform(
    _ command: Command, on order: OrderID, assignment: String?, onBehalfOf: PlatformName?, author: Author,
    request: String?
  ) throws -> JSON {
    try checkRequest(request)
    return try writer.perform { [self] transaction in
      if let request, let first = try earlier(request, transaction) { return first }
      guard let view = try transaction.view(order), let row = try transaction.order(order) else {
        throw Problem(.notFound, "there is no order '\(order)'")
      }
      if case .dispatch(let platform, _, _, _) = command {
        try demandPlatform(try Hotline.platformName(platform), transaction)
      }
      if case .rework(let platform?, _) = command {
        try demandPlatform(try Hotline.platformName(platform), transaction)
      }
      if case .void(let text, _) = command { try demandVoidable(text, of: order, transaction) }
      let meant = try located(command, on: order, transaction)
      var context = CommandContext(
        actor: .hub, onBehalfOf: onBehalfOf, assignment: assignment, now: transaction.now, ids: [freshID(), freshID()])
      let policy = inForce.policy
      context.maxExtensions = policy.maxExtensions
      if case .amend = meant { context.personal = try HubLog.personalValues(of: order, transaction.db) }
      try demandExtensible(meant, view, policy)
      var drafts = try CommandCheck.drafts(meant.judged(by: policy), on: view, context)
      drafts += following(drafts, on: view, transaction)
      let appends = drafts.contains { if case .append = $0 { true } else { false } }
      guard !appends || row.entries < Limits.maxEntries else {
        throw Problem(.limit, "the order has \(Limits.maxEntries) entries already; open a related order")
      }
      let (edits, sealed) = Authoring.seal(drafts) { environment.random(16) }
      // On a platform's behalf too it is the hub that writes, and the platform's registers are the hub's to write then.
      try demandPermission(edits, on: view.state, isCreation: false)
      var author = author
      author.onBehalfOf = onBehalfOf?.text
      let dot = try transaction.author(order, edits: edits, sealed: sealed, by: author, request: request)
      return try recorded(order, dot, isRepeat: false, transaction)
    }
  }

  /// Takes rows of an import: each becomes an order, unless one with the same reference is there. A row that cannot be taken is
  /// reported and the rest goes on.
  func importRows(
    system: String, dispatch: Bool, rows: [JSON], author: Author, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    guard rows.count <= 200 else { throw Problem(.badCommand, "an import takes at most 200 rows at a time") }
    guard RegisterName("ref/\(system)") != nil else {
      throw Problem(.badCommand, "'\(system.prefix(64))' is no name of a system")
    }
    // One commit for all of them; each row in a savepoint of its own.
    return try writer.perform { [self] transaction in
      try also(transaction)
      var answers: [JSON] = []
      for row in rows {
        let line = row["line"] ?? .null
        do {
          let answer = try transaction.request {
            let platform = try row.optionalString("platform").map(Hotline.platformName)
            let drafts = try creation(row["registers"]?.asObject ?? [])
            return try importRow(
              system, try row.string("number"), dispatch ? platform : nil, drafts, author, transaction)
          }
          answers.append(.object([JSON.Member("line", line)] + (answer.asObject ?? [])))
        } catch {
          let problem = HubFailure.problem(error)
          if problem.code.retry == .later { throw problem }
          answers.append(["line": line, "created": false, "dispatched": false, "fault": .string(problem.detail)])
        }
      }
      return ["rows": .array(answers)]
    }
  }

  private func importRow(
    _ system: String, _ number: String, _ platform: PlatformName?, _ drafts: [Draft], _ author: Author,
    _ transaction: HubTransaction
  ) throws -> JSON {
    if let platform { try demandPlatform(platform, transaction) }
    let known = try transaction.db.first(
      // What a platform wrote as its own reference does not make a row known.
      "SELECT order_id FROM reference WHERE system = $1 AND number = $2 AND author = 'hub'",
      [.text(system), .text(number)]
    ) { $0.text(0) }
    guard let known else {
      let id = OrderID(maker: .hub, milliseconds: transaction.now, random: environment.random(10))
      _ = try create(id, drafts, dispatchTo: platform, nil, author, nil, transaction)
      return ["order": .string(id.text), "created": true, "dispatched": .bool(platform != nil)]
    }
    return ["order": .string(known), "created": false, "dispatched": false]
  }

  // MARK: Parts

  private func creation(_ registers: [JSON.Member]) throws -> [Draft] {
    guard !registers.isEmpty else { throw Problem(.badCommand, "an order needs at least a kind or a title") }
    for member in registers {
      guard let register = RegisterName(member.key), register.row.isDescriptive || register.row.pattern == "due/<stage>"
      else {
        throw Problem(.badCommand, "'\(member.key.prefix(128))' is not a register that a new order can have")
      }
    }
    let drafts = registers.map { Draft.set($0.key, $0.value) }
    if let fault = Authoring.fault(drafts) { throw Problem(.badCommand, fault) }
    return drafts
  }

  /// Writes the change that creates an order, with what every new order has.
  func create(
    _ id: OrderID, _ drafts: [Draft], dispatchTo platform: PlatformName?, _ instruction: String?, _ author: Author,
    _ request: String?, _ transaction: HubTransaction
  ) throws -> Dot {
    var drafts = drafts
    func missing(_ name: String) -> Bool {
      !drafts.contains { if case .set(let register, _) = $0 { register == name } else { false } }
    }
    if missing("receivedAt") { drafts.append(.set("receivedAt", .int(transaction.now))) }
    if missing("source") { drafts.append(.set("source", "call")) }
    drafts.append(.set("number", .string(try Numbering.next(transaction))))
    if let platform {
      drafts.append(
        .set(
          "assignment/\(freshID())",
          .compact([
            ("platform", .string(platform.text)), ("role", "lead"), ("round", 1), ("cause", "first"),
            ("instruction", instruction.map(JSON.string)),
          ])))
    }
    drafts += Deadlines.creating(drafts, since: transaction.now, inForce.policy)
    let (edits, sealed) = Authoring.seal(drafts) { environment.random(16) }
    try demandPermission(edits, on: OrderState(id: id), isCreation: true)
    return try transaction.author(id, edits: edits, sealed: sealed, by: author, request: request)
  }

  /// What the hub demands of every change that arrives, it demands of its own.
  private func demandPermission(_ edits: [Edit], on state: OrderState, isCreation: Bool) throws {
    if let fault = Permission.fault(in: edits, by: .hub, on: state, isCreation: isCreation) {
      throw Problem(.notPermitted, fault)
    }
  }

  private func checkRequest(_ request: String?) throws {
    if let request, request.isEmpty || request.utf8.count > Limits.maxRequestIDBytes {
      throw Problem(.badCommand, "a request id has 1 to \(Limits.maxRequestIDBytes) bytes")
    }
  }

  /// The first answer to a request id, if it was given before.
  private func earlier(_ request: String, _ transaction: HubTransaction) throws -> JSON? {
    let found = try transaction.db.first(
      "SELECT order_id, replica, n FROM request WHERE platform = $1 AND request = $2", [.text("hub"), .text(request)]
    ) { row in (order: row.text(0), dot: "\(row.text(1)):\(row.int(2))") }
    guard let found else { return nil }
    return try recorded(try OrderID(found.order), try Dot(found.dot), isRepeat: true, transaction)
  }

  private func recorded(_ order: OrderID, _ dot: Dot, isRepeat: Bool, _ transaction: HubTransaction) throws -> JSON {
    let view = try transaction.view(order)
    return .compact([
      ("order", .string(order.text)), ("number", view?.number.map(JSON.string)), ("dot", .string(dot.description)),
      ("status", view.map { .string($0.status(now: transaction.now).rawValue) }), ("recorded", true),
      ("confirmed", true),
      ("repeated", .bool(isRepeat)),
    ])
  }

  /// Only a change that the hub holds of this order can be voided, and none of the hub's that itself carries a void.
  private func demandVoidable(_ text: String, of order: OrderID, _ transaction: HubTransaction) throws {
    guard let dot = try? Dot(text) else { throw Problem(.badCommand, "'\(text.prefix(80))' is not a dot") }
    guard try transaction.appliedOrder(dot) == order else {
      throw Problem(.notFound, "\(dot) is no change of this order")
    }
    let line = try transaction.db.first(
      "SELECT line FROM change WHERE platform = $1 AND replica = $2 AND n = $3",
      [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)]
    ) { $0.blob(0) }
    if dot.replica.isHub, let line, try ChangeLine.decode(line).cannotBeVoided {
      throw Problem(.illegalStep, "cannot void \(dot): it carries a void itself; reinstate instead")
    }
  }

  /// The command with the other order that it names, if it does, by its id: an order that is there, and that is not itself related to this
  /// one, so that one of the two leads.
  private func located(_ command: Command, on order: OrderID, _ transaction: HubTransaction) throws -> Command {
    guard case .relate(let text, let kind) = command else { return command }
    let other = try Hotline.resolve(text, transaction.db)
    if kind != nil, try transaction.glimpse(other)?.value("relation/\(order)") != nil {
      throw Problem(.illegalStep, "\(other) is related to this order already; change it there")
    }
    return .relate(order: other.text, kind: kind)
  }

  private func demandPlatform(_ platform: PlatformName, _ transaction: HubTransaction) throws {
    try Hotline.demandPlatform(platform, transaction.db)
  }

  static func platformName(_ text: String) throws -> PlatformName {
    do { return try PlatformName(text) } catch { throw Problem(.badCommand, error.description) }
  }

  /// A fresh id for an assignment or request: a letter and 12 random characters.
  private func freshID() -> String {
    let replica = ReplicaID(platform: .hub, random: environment.random(10))
    return "a" + replica.text.dropFirst(4).prefix(12)
  }

  // MARK: Platforms and agents

  func addPlatform(
    name: String, displayName: String?, sectors: [String], also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    let platform = try Hotline.platformName(name)
    guard !platform.isHub else { throw Problem(.badCommand, "'hub' is the hotline's own name") }
    guard (displayName ?? "").utf8.count <= 256, sectors.count <= 64,
      sectors.allSatisfy({ (1...64).contains($0.utf8.count) })
    else { throw Problem(.badCommand, "a display name has at most 256 bytes, a sector 1 to 64") }
    return try writer.perform { transaction in
      guard try transaction.db.count("SELECT COUNT(*) FROM platform WHERE platform = $1", [.text(name)]) == 0 else {
        throw Problem(.exists, "there is a platform '\(name)' already")
      }
      try transaction.db.execute(
        """
        INSERT INTO platform (platform, display_name, sectors, created, feed_head, feed_hash)
        VALUES ($1, $2, $3, $4, 0, $5)
        """,
        [
          .text(name), .text(displayName ?? name), .text(sectors.joined(separator: ",")), .integer(transaction.now),
          .blob(Hash.zero.bytes),
        ])
      try also(transaction)
      return [
        "name": .string(name), "displayName": .string(displayName ?? name), "sectors": .array(sectors.map(JSON.string)),
      ]
    }
  }

  func createToken(
    platform: String, agent: String?, lifeSeconds: Int?, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    try registry.createToken(
      platform: try Hotline.platformName(platform), agent: agent, lifeSeconds: lifeSeconds ?? 86_400, also: also)
  }

  func tokens() throws -> JSON { try registry.tokens() }
  func revokeToken(_ id: String, also: @escaping Alongside = { _ in }) throws -> JSON {
    try registry.revokeToken(id, also: also)
  }

  private static let maxReasonBytes = 1_024

  func revokeAgent(
    platform: String, agent: String, reason: String, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    guard reason.utf8.count <= Hotline.maxReasonBytes else {
      throw Problem(.badCommand, "a reason has at most \(Hotline.maxReasonBytes) bytes")
    }
    return try registry.revokeAgent(
      platform: try Hotline.platformName(platform), agent: agent, reason: reason, also: also)
  }
}
