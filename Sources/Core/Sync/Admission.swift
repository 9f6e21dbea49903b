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
  /// True if the platform is concerned with the order.
  func isConcerned(_ platform: PlatformName, with order: OrderID) throws -> Bool
}

/// The decision.
public enum Admission: Sendable, Hashable {
  /// Held already, by dot and hash.
  case skip
  /// The same dot with another hash, or a broken chain.
  case fork
  /// Something before it is missing; the n that must come next.
  case gap(expected: Int)
  /// Not this platform's order: kept under its author, never entered.
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
    let change: Change
    do { change = try ChangeLine.decode(line) } catch { return .unreadable(reason: error.description) }
    guard change.order == head.order, change.dot == head.dot else {
      return .unreadable(reason: "head and line disagree")
    }
    let state = try facts.state(head.order) ?? OrderState(id: head.order)
    let previous = try facts.previous(head.dot.replica, on: head.order)
    guard change.prev == previous else { return .void(reason: "context-unseen", change) }
    for component in change.context.components where state.vector[component.replica] != component.n {
      let named = Dot(component.replica, component.n)
      guard state.vector.covers(named), try facts.appliedOrder(named) == head.order else {
        return .void(reason: "context-unseen", change)
      }
    }
    let isCreation = state.vector.isEmpty && change.context.isEmpty && isOwnOrder
    if let fault = Permission.fault(change, by: platform, on: state, isCreation: isCreation) {
      return .void(reason: fault, change)
    }
    if state.registers.count + change.edits.count > Limits.maxRegisters * 2 {
      return .void(reason: "limit: registers of one order", change)
    }
    return .accept(change)
  }
}
