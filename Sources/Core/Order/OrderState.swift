// The materialised state of one order: its vector, and its registers with their siblings. Entries only append and stay in the log
// (docs/decisions/0004). How changes get into a state is Merge's; what a state means is OrderView's.

/// One surviving write of a register.
public struct Sibling: Sendable, Hashable {
  public let dot: Dot
  /// The time as which it counts in ties: its author's, or the `clock/<dot>` that the hub gave it.
  public let at: HybridTime
  /// What its author had seen.
  public let context: VersionVector
  /// The reinstatement from which it stands, where its change was void in between.
  public let reinstated: Dot?
  public let value: JSONText

  /// True if a write with this context removes it.
  func isSeen(by context: VersionVector) -> Bool { context.covers(reinstated ?? dot) }

  /// True if neither saw the other.
  public func isConcurrent(with other: Sibling) -> Bool {
    !isSeen(by: other.context) && !other.isSeen(by: context)
  }
}

public struct OrderState: Sendable, Hashable {
  public let id: OrderID
  public internal(set) var vector = VersionVector()
  /// By register name; siblings sorted by dot.
  public internal(set) var registers: [String: [Sibling]] = [:]
  /// True once any register that corrects exists (`Merge.isCorrection`), so that the usual order pays nothing for them.
  var hasCorrections = false
  /// Dots that changes of this order say to replace (`Replacement`), and changes that do not count because another one stands for the
  /// same original; both empty in the usual order.
  var replaced: Set<Dot> = []
  public internal(set) var superseded: Set<Dot> = []

  public init(id: OrderID) { self.id = id }

  public func siblings(_ register: String) -> [Sibling] { registers[register] ?? [] }

  /// The sibling that everyone shows, by the register's rule.
  public func shown(_ register: String) -> Sibling? {
    guard let siblings = registers[register], let first = siblings.first else { return nil }
    if siblings.count == 1 { return first }
    return Resolution.shown(siblings, rule: RegisterName(register)?.row.rule ?? .latest)
  }

  /// The shown value as a tree, or nil where the register is unset or null.
  public func value(_ register: String) -> JSON? {
    guard let sibling = shown(register), !sibling.value.isNull else { return nil }
    return sibling.value.json
  }

  /// True if the change with this dot has no effect. Void and reinstated concurrently: void.
  public func isVoid(_ dot: Dot) -> Bool {
    hasCorrections && siblings("void/\(dot)").contains { !$0.value.isNull }
  }

  /// True if what this change writes and appends counts: it is neither void nor superseded. Its dot counts in any case.
  public func counts(_ change: Change) -> Bool {
    !superseded.contains(change.dot) && (change.cannotBeVoided || !isVoid(change.dot))
  }

  /// True if changes that name the dot do not wait for it: nobody has it any more as a change of this order. Where it turns up after
  /// all, it counts.
  public func isLost(_ dot: Dot) -> Bool { hasCorrections && registers["lost/\(dot)"] != nil }

  /// True if the replica's changes of this order up to n count, or need not be waited for.
  public func isThere(_ replica: ReplicaID, _ n: Int) -> Bool { vector[replica] >= n || isLost(Dot(replica, n)) }

  func isThere(_ context: VersionVector) -> Bool {
    vector.covers(context) || hasCorrections && context.components.allSatisfy { isThere($0.replica, $0.n) }
  }

  /// True if a change of this dot may be missing although the vector covers it: it turned up after others went on without it.
  func mayLack(_ dot: Dot) -> Bool {
    hasCorrections && lostDots.contains { $0.replica == dot.replica && $0.n >= dot.n }
  }

  /// Dots that nobody has any more as changes of this order, sorted.
  public var lostDots: [Dot] {
    guard hasCorrections else { return [] }
    return registers.keys.compactMap { $0.hasPrefix("lost/") ? try? Dot(String($0.dropFirst(5))) : nil }.sorted()
  }

  /// Of them those that nobody has at all, as the hub says; what the others said is written again under another dot.
  public var goneDots: [Dot] {
    lostDots.filter { shown("lost/\($0)")?.value.json["reason"] == .string("lost") }
  }

  /// True if a change that counts says to replace this one, or what this one says to replace itself (`Replacement`).
  public func isWrittenAgain(_ dot: Dot, origin: Dot?) -> Bool { replaced.contains(origin ?? dot) }

  /// Dots that are void in this state, sorted.
  public var voidedDots: [Dot] {
    guard hasCorrections else { return [] }
    return registers.compactMap { name, siblings in
      guard name.hasPrefix("void/"), siblings.contains(where: { !$0.value.isNull }) else { return nil }
      return try? Dot(String(name.dropFirst(5)))
    }.sorted()
  }

  /// Registers whose siblings are concurrent and not decided for good, sorted by name.
  public var conflicts: [String] {
    registers.compactMap { name, siblings in
      guard siblings.count > 1, let row = RegisterName(name)?.row else { return nil }
      switch row.rule {
      case .first, .notNull, .lowest: return nil
      default: return name
      }
    }.sorted()
  }
}

/// The pure rule that picks one of several siblings.
public enum Resolution {
  public static func shown(_ siblings: [Sibling], rule: Rule) -> Sibling? {
    switch rule {
    case .latest: return latest(siblings)
    case .first: return siblings.min { precedes($0, $1) }
    case .hubElseLatest:
      let hubs = siblings.filter { $0.dot.replica.isHub }
      return latest(hubs.isEmpty ? siblings : hubs)
    case .higher:
      return best(siblings) { RegisterTable.priorities.firstIndex(of: $0.json.asString ?? "") ?? -1 }
    case .isTrue: return best(siblings) { $0.json == .bool(true) ? 1 : 0 }
    case .furthest: return best(siblings) { RegisterTable.progressRank($0.json.asString) }
    case .latestFinished: return best(siblings) { $0.json["finishedAt"]?.asInt ?? Int.min }
    case .refusal: return best(siblings) { $0.json["granted"] == .bool(false) ? 1 : 0 }
    case .earliest: return best(siblings) { ~($0.json["at"]?.asInt ?? Int.max) }
    case .lowest: return best(siblings) { ~($0.json.asInt ?? Int.max) }
    case .notNull: return best(siblings) { $0.isNull ? 0 : 1 }
    }
  }

  /// By hybrid time, then replica, then n: a total order that knows no arrival.
  static func precedes(_ left: Sibling, _ right: Sibling) -> Bool {
    left.at == right.at ? left.dot < right.dot : left.at < right.at
  }

  private static func latest(_ siblings: [Sibling]) -> Sibling? { siblings.max { precedes($0, $1) } }

  /// The sibling of the highest rank; of equal rank the latest.
  private static func best(_ siblings: [Sibling], rank: (JSONText) -> Int) -> Sibling? {
    siblings.map { (sibling: $0, rank: rank($0.value)) }
      .max { $0.rank == $1.rank ? precedes($0.sibling, $1.sibling) : $0.rank < $1.rank }?.sibling
  }
}
