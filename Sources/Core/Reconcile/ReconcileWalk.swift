// The agent's side of a comparison as a value without I/O: from the top digests down to the orders that differ, and to the changes
// that either side lacks. It goes into depth first, so that it holds little however much differs. Merkle 1987 gave the idea of
// comparing trees of hashes; here the tree has two levels and XOR, so that one change costs one update a level.

/// What the agent's store answers while it is compared with the hub.
public protocol ReconcileFacts {
  /// The short digests of the 256 top buckets.
  func topDigests() throws -> [UInt64]
  /// Of the 256 leaves of a top bucket.
  func leafDigests(ofTop top: Int) throws -> [UInt64]
  /// The orders of a leaf bucket whose digest is not zero.
  func orderDigests(inLeaf leaf: Int) throws -> [(order: OrderID, digest: UInt64)]
  func heldChanges(of order: OrderID) throws -> [HeldChange]
  /// Changes that name these commitments, whose values are held.
  func dots(naming commitments: [Hash]) throws -> [Dot]
}

public struct ReconcileWalk: Sendable {
  /// What is to be sent: the request, and which changes are to go with it, as many of the first ones as find room.
  public struct Call: Sendable, Hashable {
    public var ask: ReconcileAsk
    public var since: Cursor?
    public var told: Cursor?
    public var command: String?
    public var gives: [Dot] = []
  }

  private enum Phase: Sendable { case tops, walking, ended }

  private var phase: Phase
  private var tops: [Int] = []
  private var leaves: [Int] = []
  private var orders: [OrderID] = []
  private var gives: [Dot] = []
  private var wants: [Dot] = []
  /// Dots with two contents, wanted last: with what else came it shows whether the hub has settled them.
  private var lateWants: [Dot] = []
  /// Given for the values that go with them.
  private var givenForValues: Set<Dot> = []
  /// The feed's head when the comparison began: what the hub had by then has been compared.
  public private(set) var since: Cursor?
  /// The head that the last answer named.
  public private(set) var told: Cursor?
  public private(set) var report: ReconcileReport
  /// Dots that the hub holds with another content.
  public private(set) var forked: [Dot] = []

  /// - Parameters:
  ///   - orders: compares only these; nil: everything.
  ///   - report: what is known of it before it begins.
  public init(orders: [OrderID]? = nil, report: ReconcileReport = ReconcileReport()) {
    phase = orders == nil ? .tops : .walking
    self.orders = orders ?? []
    self.report = report
  }

  /// How much of the way down is done, 0…1, for people.
  public var progress: Double {
    switch phase {
    case .tops: 0
    case .ended: 1
    case .walking:
      1 - Double(tops.count * DigestBucket.fanOut + leaves.count) / Double(DigestBucket.leaves)
    }
  }

  /// The next call, the same until its answer was taken; nil where all is done.
  public func next() -> Call? {
    let ask: ReconcileAsk
    switch phase {
    case .ended: return nil
    case .tops: ask = .tops
    case .walking:
      if !gives.isEmpty || !wants.isEmpty {
        return Call(
          ask: .exchange(wants: Array(wants.prefix(Limits.maxReconcileDots))), since: since, told: told,
          command: report.command, gives: gives)
      }
      if !orders.isEmpty {
        ask = .held(orders: Array(orders.prefix(Limits.maxReconcileOrders)))
      } else if !leaves.isEmpty {
        ask = .orders(leaves: Array(leaves.prefix(Limits.maxReconcileLeaves)))
      } else if !tops.isEmpty {
        ask = .leaves(tops: Array(tops.prefix(Limits.maxReconcileTops)))
      } else {
        ask = .done(report)
      }
    }
    return Call(ask: ask, since: since, told: told, command: report.command)
  }

  /// Takes the answer to `call`, which `next` gave. Throws where it answers something else.
  ///
  /// - Parameters:
  ///   - tried: of the call's `gives`, those that went with it, or could not.
  ///   - sent: how many entries that were.
  ///   - received: the dots whose entries came with the answer.
  ///   - bytes: of both bodies.
  public mutating func take(
    _ reply: ReconcileReply, to call: Call, tried: [Dot] = [], sent: Int = 0, received: [Dot] = [], bytes: Int,
    facts: some ReconcileFacts
  ) throws {
    switch (call.ask, reply.answer) {
    case (.tops, .tops(let theirs)):
      let ours = try facts.topDigests()
      tops = theirs.indices.filter { theirs[$0] != ours[$0] }
      phase = .walking
    case (.leaves(let asked), .leaves(let theirs)):
      for top in asked {
        guard let digests = theirs[top] else { throw JSONError(.missing, field: "leaves") }
        let ours = try facts.leafDigests(ofTop: top)
        let first = DigestBucket.leaves(ofTop: top).lowerBound
        leaves += digests.indices.filter { digests[$0] != ours[$0] }.map { first + $0 }
      }
      tops.removeFirst(asked.count)
    case (.orders(let asked), .orders(let theirs, let answered)):
      let answeredLeaves = try ReconcileWalk.answered(answered, of: asked)
      try compare(theirs, in: answeredLeaves, facts)
      leaves.removeFirst(answeredLeaves.count)
    case (.held(let asked), .held(let theirs, let answered)):
      let answeredOrders = try ReconcileWalk.answered(answered, of: asked)
      for order in answeredOrders { try compare(theirs[order] ?? [], with: facts.heldChanges(of: order)) }
      orders.removeFirst(answeredOrders.count)
    case (.exchange(let asked), .exchanged(let refused)):
      takeExchanged(asked: asked, tried: tried, sent: sent, received: received, refused: refused)
    case (.done, .done): phase = .ended
    default: throw JSONError(.wrongType, field: "answer to \(call.ask.name)")
    }
    if gives.isEmpty, wants.isEmpty { swap(&wants, &lateWants) }
    try giveValues(reply.lacks, facts)
    since = since ?? reply.head
    told = reply.head
    report.messages += 1
    report.bytes += bytes
  }

  /// The hub got a change back from who may not have its personal values, and names those that it lacks. The last answer may be
  /// the first that names one.
  private mutating func giveValues(_ lacks: [Hash], _ facts: some ReconcileFacts) throws {
    guard !lacks.isEmpty, !report.isDryRun else { return }
    let dots = try facts.dots(naming: lacks).filter { givenForValues.insert($0).inserted }
    guard !dots.isEmpty else { return }
    gives += dots.filter { !gives.contains($0) }
    phase = .walking
  }

  /// Starts anew with everything: the hub went back, and does not know any more where the comparison began.
  public mutating func restart() {
    var report = report
    report.differing = 0
    report.isDryRun = false
    self = ReconcileWalk(report: report)
  }

  public mutating func noteElapsed(milliseconds: Int) { report.milliseconds = milliseconds }
  public mutating func noteRepaired(_ repairs: Repairs) { report.noteRepaired(repairs) }

  // MARK: Comparing

  /// The leading part of what was asked for that was answered: at least one, or the walk would go on for ever.
  private static func answered<Item>(_ count: Int, of asked: [Item]) throws(JSONError) -> ArraySlice<Item> {
    guard (1...max(1, asked.count)).contains(count) else { throw JSONError(.outOfRange, field: "answered") }
    return asked.prefix(count)
  }

  private mutating func compare(
    _ theirs: [(order: OrderID, digest: UInt64)], in leaves: ArraySlice<Int>, _ facts: some ReconcileFacts
  ) throws {
    var digests: [OrderID: UInt64] = [:]
    for leaf in leaves {
      for (order, digest) in try facts.orderDigests(inLeaf: leaf) { digests[order] = digest }
    }
    var differing: [OrderID] = []
    for (order, digest) in theirs where digests.removeValue(forKey: order) != digest { differing.append(order) }
    orders += (differing + digests.keys).sorted()
  }

  private mutating func compare(_ theirs: [HeldChange], with ours: [HeldChange]) throws {
    let held = Dictionary(ours.map { ($0.dot, $0) }) { first, _ in first }
    var unseen = Set(ours.filter { $0.verdict != nil }.map(\.dot))
    var wanted: [Dot] = []
    var given: Set<Dot> = []
    var isForked = false
    for change in theirs.sorted(by: { $0.dot < $1.dot }) {
      unseen.remove(change.dot)
      guard let own = held[change.dot] else {
        wanted.append(change.dot)
        continue
      }
      guard own.hash == change.hash else {
        forked.append(change.dot)
        isForked = true
        // With the receipt the hub sees that it once had another content, and settles it; what becomes of it comes down the feed.
        guard own.verdict != nil, own.hasLine else {
          report.unresolved += 1
          continue
        }
        given.insert(change.dot)
        if !report.isDryRun { lateWants.append(change.dot) }
        continue
      }
      // Of an unreadable change not everyone has the line.
      let countsLine = change.verdict != .unreadable || own.verdict != .unreadable
      if own.verdict != change.verdict || countsLine && change.hasLine && !own.hasLine { wanted.append(change.dot) }
      if countsLine, own.hasLine, !change.hasLine, own.verdict != nil { given.insert(change.dot) }
    }
    given.formUnion(unseen)
    if !wanted.isEmpty || !given.isEmpty || isForked { report.differing += 1 }
    guard !report.isDryRun else {
      report.received += wanted.count
      report.sent += given.count
      return
    }
    wants += wanted
    // In the order of the store's log, so that little has to wait at the other side.
    gives += ours.map(\.dot).filter(given.contains)
  }

  private mutating func takeExchanged(
    asked: [Dot], tried: [Dot], sent: Int, received: [Dot], refused: [(dot: Dot, reason: String)]
  ) {
    let came = Set(received)
    report.sent += sent - min(refused.count, sent)
    report.unresolved += tried.count - sent
    report.noteRefused(refused)
    report.received += came.count
    let gone = Set(tried)
    gives.removeAll(where: gone.contains)
    // What does not come although nothing came is not there; else it is asked for again.
    if came.isDisjoint(with: asked) {
      report.unresolved += asked.count
      wants.removeFirst(asked.count)
    } else {
      wants.removeAll(where: came.contains)
    }
  }
}
