// Dots of one replica as ranges of their numbers, for people: the first few are named, the rest is counted.

public struct DotRanges: Sendable, Equatable {
  public let replica: ReplicaID
  public private(set) var ranges: [ClosedRange<Int>] = []
  /// Ranges beyond those.
  public private(set) var more = 0
  private var reached: Int?

  /// Replicas and ranges that people are told of; more than that is no list to read.
  public static let maxReplicas = 50
  private static let maxRanges = 10

  public init(_ replica: ReplicaID) { self.replica = replica }

  public var isEmpty: Bool { ranges.isEmpty }

  /// Adds numbers that lie behind all that were added before.
  public mutating func add(_ range: ClosedRange<Int>) {
    let goesOn = reached == range.lowerBound - 1
    reached = range.upperBound
    if goesOn, more == 0, let last = ranges.popLast() {
      ranges.append(last.lowerBound...range.upperBound)
    } else if ranges.count < DotRanges.maxRanges {
      ranges.append(range)
    } else if !goesOn {
      more += 1
    }
  }

  /// `5-7, 9 and 2 more ranges`
  public var words: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
      + (more > 0 ? " and \(more) more ranges" : "")
  }

  /// By replica, of the first replicas.
  public static func of(_ dots: some Sequence<Dot>) -> [DotRanges] {
    var found: [DotRanges] = []
    for dot in Set(dots).sorted() {
      if found.last?.replica != dot.replica {
        guard found.count < maxReplicas else { break }
        found.append(DotRanges(dot.replica))
      }
      found[found.count - 1].add(dot.n...dot.n)
    }
    return found
  }
}
