// What one push does inside the writer's transaction: each change is admitted, voided, quarantined or skipped, in its order.

import Core

enum PushIngest {
  /// The author of what the hub writes by itself.
  static let hubAuthor = Author(name: "hub", role: "system")

  /// Takes the entries of one push. Throws `reconcile-first` where the hub does not know what the agent knows, `fork` where a dot
  /// has two contents. Where an entry contradicts itself, or its platform's quarantine is full, those before it are taken; only
  /// where it is the first, the answer is `bad-body` or `busy`. `replacing` is told of accepted changes that replace others.
  static func take(
    _ entries: [Entry], header: PushHeader, from platform: PlatformName, in transaction: HubTransaction,
    replacing: (Origin) -> Void = { _ in }
  ) throws -> PushReply {
    guard header.replica.platform == platform else {
      throw Problem(.notPermitted, "a replica is pushed only by its own platform")
    }
    guard try Feed.holds(header.cursor, of: platform, transaction.db),
      try Feed.holds(header.told, of: platform, transaction.db)
    else { throw Problem(.reconcileFirst, "the hub does not know this cursor; say hello first") }
    // Rows are locked in one order everywhere: orders sorted first, then platforms sorted (at the flush).
    for order in Set(entries.map(\.head.order)).sorted() { _ = try transaction.order(order) }
    var reply = PushReply(replica: header.replica, acceptedThrough: 0, head: .start)
    var quarantined: Int?
    taking: for (index, entry) in entries.enumerated() {
      guard entry.head.dot.replica == header.replica else {
        throw Problem(.badBody, "a push holds changes of one replica only")
      }
      let decision: Admission
      do {
        decision = try Admission.decide(entry, from: platform, facts: transaction)
      } catch let problem as Problem where problem.code == .badBody && index > 0 {
        break taking
      }
      switch decision {
      case .skip: break
      case .fork: throw Problem(.fork, "\(entry.head.dot) is held with another content")
      case .gap(let expected):
        reply.expected = expected
        break taking
      case .quarantine(let reason):
        let held = try quarantined ?? quarantineCount(platform, transaction)
        guard held < Limits.maxQuarantined else {
          if index > 0 { break taking }
          throw Problem(
            .busy, "the hub keeps \(held) changes of this platform in quarantine; its operators must look at them",
            retryAfterSeconds: 300)
        }
        quarantined = held + 1
        try transaction.quarantine(entry, chain: try chain(entry), reason: reason)
        reply.quarantined.append((entry.head.dot.n, reason))
      case .unreadable:
        try store(entry, change: nil, verdict: .unreadable, in: transaction)
      case .void(let reason, let change):
        try correct(entry, change, reason: reason, in: transaction)
        try store(entry, change: change, verdict: .void, in: transaction)
      case .accept(let change):
        try correct(entry, change, reason: nil, in: transaction)
        try store(entry, change: change, verdict: .accepted, in: transaction)
        try numberIfCreated(change, in: transaction)
        if let origin = change.origin { replacing(origin) }
      }
    }
    reply.acceptedThrough = try transaction.highWater(header.replica).n
    return reply
  }

  private static func quarantineCount(_ platform: PlatformName, _ transaction: HubTransaction) throws -> Int {
    try transaction.db.first("SELECT COUNT(*) FROM quarantine WHERE platform = $1", [.text(platform.text)]) {
      $0.int(0)
    } ?? 0
  }

  private static func chain(_ entry: Entry) throws -> Hash {
    guard let chain = entry.head.chain else {
      throw Problem(.badBody, "the head of \(entry.head.dot) has no chain value")
    }
    return chain
  }

  private static func store(
    _ entry: Entry, change: Change?, verdict: Verdict, in transaction: HubTransaction
  ) throws {
    // Of values beyond the limits nothing is kept: every reader of the order would have to carry them.
    let sealed = Authoring.faultInSealed(entry.head.sealed) == nil ? entry.head.sealed : []
    try transaction.store(
      IncomingChange(
        order: entry.head.order, dot: entry.head.dot, hash: entry.head.hash, chain: try chain(entry),
        line: entry.line ?? [], change: change, verdict: verdict, sealed: sealed))
  }

  /// Writes the void, or the time that counts in ties, before its target, so that nobody is shown the target in between.
  private static func correct(
    _ entry: Entry, _ change: Change, reason: String?, in transaction: HubTransaction
  ) throws {
    var edits: [Edit] = []
    if let reason {
      edits.append(.set(register: "void/\(entry.head.dot)", value: JSONText(["reason": .string(reason)])))
    }
    if change.at.milliseconds > transaction.latestTime {
      edits.append(.set(register: "clock/\(entry.head.dot)", value: JSONText(.int(transaction.now))))
    }
    guard !edits.isEmpty else { return }
    try transaction.author(entry.head.order, edits: edits, by: hubAuthor)
  }

  /// A platform's own order gets the hotline's number when it arrives, and its deadlines.
  private static func numberIfCreated(_ change: Change, in transaction: HubTransaction) throws {
    guard change.context.isEmpty, change.order.maker == change.dot.replica.platform else { return }
    let lacksNumber = try transaction.order(change.order).map { row in
      row.state.shown("number") == nil && transaction.hubHasRoom(in: row.state.vector)
    }
    guard lacksNumber == true else { return }
    let number = try Numbering.next(transaction)
    var edits = [Edit.set(register: "number", value: JSONText(.string(number)))]
    if let view = try transaction.view(change.order) {
      edits += transaction.environment.deadlines(view, transaction.now)
    }
    try transaction.author(change.order, edits: edits, by: hubAuthor)
  }
}

extension HubTransaction {
  var latestTime: Int { now + environment.skewMilliseconds }
}

/// The hotline's human numbers, `YYYYMMDD-NNNNNN`, counted per day.
enum Numbering {
  static func next(_ transaction: HubTransaction) throws -> String {
    let day = transaction.environment.day(transaction.now)
    let count = try transaction.db.first(
      """
      INSERT INTO counter (name, value) VALUES ($1, 1)
      ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value
      """, [.text("number/" + day)]
    ) { $0.int(0) }
    let digits = String(count ?? 1)
    return day + "-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Leaves out numbers of today, since those behind the last one that the database knows may have been given out by what it was
  /// before it went back. Each time that it goes back; those of earlier days are not given out any more.
  static func skip(_ transaction: HubTransaction) throws {
    try transaction.db.execute(
      """
      INSERT INTO counter (name, value) VALUES ($1, $2)
      ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value
      """,
      [
        .text("number/" + transaction.environment.day(transaction.now)),
        .integer(transaction.environment.skippedNumbers),
      ])
    transaction.run.hasSkippedNumbers = true
  }

  /// The same where an agent knows more of the hub than it does itself: many may say so of one going back, which a process meets once.
  /// The run is closed too: a machine that was resumed from a snapshot with its memory cannot know how far it had come. False where it
  /// was done.
  static func skipUnlessDone(_ transaction: HubTransaction) throws -> Bool {
    guard !transaction.run.hasSkippedNumbers else { return false }
    transaction.run.close()
    try skip(transaction)
    return true
  }
}
