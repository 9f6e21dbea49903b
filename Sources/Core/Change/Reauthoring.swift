// Writing changes again under another run, where two processes wrote one (DESIGN §7, live clone): what an author had seen is told in
// dots that everyone knows, so that what the other process wrote meanwhile arrives as unseen.

/// Gives changes of runs that were cut off their places under another replica, in the order in which they were written.
public struct Reauthoring: Sendable {
  /// The run under which they are written again.
  public let replica: ReplicaID
  /// Its last n, and the chain value there.
  public private(set) var n = 0
  public private(set) var chain = Hash.zero
  /// What stays of each run that is cut off: its highest n.
  private let kept: [ReplicaID: Int]
  /// By order: the last change that was written again.
  private var latest: [OrderID: Int] = [:]
  /// By order and run that is cut off: the highest n that stays there.
  private var base: [OrderID: [ReplicaID: Int]] = [:]

  /// - Parameter kept: of each run that is cut off, the highest n that stays.
  public init(under replica: ReplicaID, kept: [ReplicaID: Int]) {
    self.replica = replica
    self.kept = kept
  }

  /// True if the change belongs to what is cut off, or its author had seen something of that.
  public static func mustMove(_ change: Change, kept: [ReplicaID: Int]) -> Bool {
    if let limit = kept[change.dot.replica], change.dot.n > limit { return true }
    return change.context.components.contains { $0.n > kept[$0.replica] ?? .max }
  }

  /// The change under the next dot: the same edits, author, time and request id, with what it replaces.
  ///
  /// - Parameter hash: of its line as it was.
  /// - Returns: the change, its line, and the line's hash and chain value.
  public mutating func again(_ change: Change, hash: Hash) -> (change: Change, line: [UInt8], hash: Hash, chain: Hash) {
    n += 1
    let dot = Dot(replica, n)
    let again = Change(
      order: change.order, dot: dot, context: mapped(change), at: change.at, author: change.author, edits: change.edits,
      request: change.request, origin: change.origin ?? Origin(dot: change.dot, hash: hash))
    latest[change.order] = n
    let line = ChangeLine.encode(again)
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    return (again, line, hash, chain)
  }

  /// Takes note of a change that is cut off and cannot be written again: what follows it has not seen it.
  public mutating func leaveOut(_ dot: Dot, of order: OrderID, prev: Int) { begin(dot.replica, order, prev) }

  /// What stays of a run on an order ends where the first change of it that is cut off says.
  private mutating func begin(_ run: ReplicaID, _ order: OrderID, _ prev: Int) {
    if kept[run] != nil, base[order]?[run] == nil { base[order, default: [:]][run] = prev }
  }

  /// What its author had seen, without the dots that are cut off and with those that stand for them. An author sees all that its own
  /// database wrote before, so these are all that were written again of the order.
  private mutating func mapped(_ change: Change) -> VersionVector {
    begin(change.dot.replica, change.order, change.prev)
    var context = VersionVector()
    for component in change.context.components {
      var n = component.n
      if let limit = kept[component.replica], n > limit { n = base[change.order]?[component.replica] ?? 0 }
      if n > 0 { context.advance(to: Dot(component.replica, n)) }
    }
    if let latest = latest[change.order] { context.advance(to: Dot(replica, latest)) }
    return context
  }
}
