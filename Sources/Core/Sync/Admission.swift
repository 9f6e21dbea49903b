// What the hub does with a pushed change, as a pure decision over facts that its store looks up. DESIGN §5, Ingest.

/// The facts about one pushed change, looked up inside the transaction that will store it.
public protocol AdmissionFacts {
  /// The hash under which the hub holds this dot (in the log or in quarantine), or nil.
  func heldHash(_ dot: Dot) throws -> Hash?
  /// The order that the hub holds this dot as a change of, if it is applied there; nil otherwise.
  func appliedOrder(_ dot: Dot) throws -> OrderID?
  /// The replica's highest n at the hub and the chain value there.
  func highWater(_ replica: ReplicaID) throws -> (n: Int, chain: Hash)
  /// The replica's highest n on this order at the hub, 0 for none.
  func previous(_ replica: ReplicaID, on order: OrderID) throws -> Int
  /// The state of the order, or nil where the hub holds nothing of it.
  func state(_ order: OrderID) throws -> OrderState?
  /// The order as an author with this context saw it, for one who acted on what has been voided since; nil where it cannot be told.
  func state(_ order: OrderID, asSeenBy context: VersionVector) throws -> OrderState?
  /// True if the platform is concerned with the order.
  func isConcerned(_ platform: PlatformName, with order: OrderID) throws -> Bool
  /// Entries appended to the order so far.
  func entryCount(_ order: OrderID) throws -> Int
  /// True if the hub can write a correction into an order with this vector: its present run is in it, or finds a place.
  func hubHasRoom(in vector: VersionVector) -> Bool
  /// The latest author's time that counts as it stands, milliseconds; a later one needs a correction.
  var latestTime: Int { get }
}

extension AdmissionFacts {
  public func entryCount(_ order: OrderID) throws -> Int { 0 }
  public func state(_ order: OrderID, asSeenBy context: VersionVector) throws -> OrderState? { nil }
  public func hubHasRoom(in vector: VersionVector) -> Bool { true }
  public var latestTime: Int { .max }
}

/// The decision.
public enum Admission: Sendable, Hashable {
  /// Held already, by dot and hash.
  case skip
  /// The same dot with another hash, or a broken chain.
  case fork
  /// Something before it is missing; the n that must come next.
  case gap(expected: Int)
  /// Not this platform's order, or the order has no room even for saying that it is void: kept under its author, never entered.
  case quarantine(reason: String)
  /// Kept under its head's order; its dot counts and nothing else.
  case unreadable(reason: String)
  /// Stored, and void for this reason.
  case void(reason: String, Change)
  case accept(Change)

  /// Decides about one entry pushed by `platform`. The entry's line must be there and match its head's hash (checked here:
  /// a mismatch is a fault of the body and throws).
  public static func decide(
    _ entry: Entry, from platform: PlatformName, facts: some AdmissionFacts
  ) throws -> Admission {
    let head = entry.head
    guard head.dot.replica.platform == platform else {
      throw Problem(.notPermitted, "a replica is pushed only by its own platform")
    }
    guard let line = entry.line, Hash.of(line) == head.hash else {
      throw Problem(.badBody, "the line of \(head.dot) does not match its hash")
    }
    if let held = try facts.heldHash(head.dot) { return held == head.hash ? .skip : .fork }
    let high = try facts.highWater(head.dot.replica)
    if head.dot.n != high.n + 1 { return .gap(expected: high.n + 1) }
    guard let chain = head.chain else { throw Problem(.badBody, "the head of \(head.dot) has no chain value") }
    if chain != Hash.chain(high.chain, head.hash) { return .fork }
    let isOwnOrder = head.order.maker == platform
    guard try isOwnOrder || facts.isConcerned(platform, with: head.order) else {
      return .quarantine(reason: "not-found")
    }
    let state = try facts.state(head.order) ?? OrderState(id: head.order)
    let previous = try facts.previous(head.dot.replica, on: head.order)
    // Any verdict of the order's would put the replica into its vector.
    if !state.vector.hasRoom(for: head.dot.replica) {
      return .quarantine(reason: "limit: authors of one order")
    }
    let change: Change
    do { change = try ChangeLine.decode(line) } catch { return .unreadable(reason: error.description) }
    guard change.order == head.order, change.dot == head.dot else {
      return .unreadable(reason: "head and line disagree")
    }
    let fault = try self.fault(in: change, of: entry, from: platform, state, previous, facts)
    // Corrections are registers of the hub's in the order, which nothing else bounds.
    let corrections = (fault == nil ? 0 : 1) + (change.at.milliseconds > facts.latestTime ? 1 : 0)
    let room = Limits.maxRegisters * 2 - state.registers.count
    if corrections > 0, corrections > room { return .quarantine(reason: "limit: registers of one order") }
    if corrections > 0, !facts.hubHasRoom(in: state.vector) {
      return .quarantine(reason: "limit: authors of one order")
    }
    if let fault { return .void(reason: fault, change) }
    if change.edits.count + corrections <= room { return .accept(change) }
    let added = Set(
      change.edits.compactMap { edit in
        if case .set(let register, _) = edit, state.registers[register] == nil { register } else { nil }
      })
    if added.isEmpty || added.count + corrections <= room { return .accept(change) }
    return corrections + 1 > room || !facts.hubHasRoom(in: state.vector)
      ? .quarantine(reason: "limit: registers of one order")
      : .void(reason: "limit: registers of one order", change)
  }

  /// True if a creation stands: a write of the order's maker that had seen nothing, of which some are written once and stay. What others
  /// wrote may be ahead of a creation that is on its way back, and so may what was reinstated.
  private static func isCreated(_ state: OrderState) -> Bool {
    state.registers.values.contains { siblings in
      siblings.contains { $0.dot.replica.platform == state.id.maker && $0.context.isEmpty }
    }
  }

  /// True where the change replaces one that is there, or that another one replaces already: of them all one counts.
  private static func isOneOfSeveral(
    _ change: Change, _ state: OrderState, _ facts: some AdmissionFacts
  ) throws -> Bool {
    guard let origin = Replacement.origin(of: change) else { return false }
    if state.replaced.contains(origin.dot) { return true }
    return try state.vector.covers(origin.dot) && facts.heldHash(origin.dot) == origin.hash
  }

  /// Why a change that can be read has no effect, or nil where it has one.
  private static func fault(
    in change: Change, of entry: Entry, from platform: PlatformName, _ state: OrderState, _ previous: Int,
    _ facts: some AdmissionFacts
  ) throws -> String? {
    guard change.prev == previous else { return "context-unseen" }
    for component in change.context.components where state.vector[component.replica] != component.n {
      let named = Dot(component.replica, component.n)
      if state.isLost(named) { continue }
      guard state.vector.covers(named), try facts.appliedOrder(named) == change.order else {
        return "context-unseen"
      }
    }
    // Dots that only count, void or unreadable, may have come back to a hub that had forgotten the order before its creation does, and
    // its operators may have written to it since; and of copied machines each may have written the creation again.
    let isCreation =
      try change.context.isEmpty && change.order.maker == platform
      && (!isCreated(state) || isOneOfSeveral(change, state, facts))
    if let fault = Permission.fault(change, by: platform, on: state, isCreation: isCreation) {
      // What was allowed when it was written stays so: its assignment may have been voided meanwhile, and may be reinstated.
      let seen = try facts.state(change.order, asSeenBy: change.context)
      guard let seen, Permission.fault(change, by: platform, on: seen, isCreation: false) == nil else { return fault }
    }
    if Authoring.faultInSealed(entry.head.sealed) != nil { return "limit: sealed values" }
    let entries = change.entries.count
    if entries > 0, try facts.entryCount(change.order) + entries > Limits.maxEntries {
      return "limit: entries of one order"
    }
    return nil
  }
}
