// What did not say what its log says and was put right, thing by thing: the first ones by name, all of them by count. Finding it is the
// stores'; how it reads is the command lines'.

public struct Repair: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    /// An order's state.
    case state
    /// An order's digest.
    case digest
    /// The line of a change, which the disk altered or lost.
    case line
    /// The sum of the digests of some orders.
    case bucket
    /// The index of words.
    case words
    /// An order's log, which cannot be folded: what is missing there, the others may have.
    case log
  }

  public let what: Kind
  public let order: OrderID?
  /// Of a line.
  public let dot: Dot?
  /// Of a bucket: whose and which one, as in `water leaf 4400`.
  public let bucket: String?

  /// A bucket's name is at most so long; what a peer sends beyond is cut off.
  private static let maxBucketCharacters = 64

  public init(_ what: Kind, order: OrderID? = nil, dot: Dot? = nil, bucket: String? = nil) {
    self.what = what
    self.order = order
    self.dot = dot
    self.bucket = bucket.map { String($0.prefix(Repair.maxBucketCharacters)) }
  }

  /// A bucket of a level: 0 the top ones, 1 their leaves.
  public static func bucket(_ number: Int, level: Int, of platform: PlatformName? = nil) -> Repair {
    Repair(.bucket, bucket: (platform.map { "\($0) " } ?? "") + "\(level == 0 ? "top" : "leaf") \(number)")
  }

  init(_ json: JSON) throws {
    guard let what = Kind(rawValue: try json.string("what")) else { throw JSONError(.wrongType, field: "what") }
    self.init(
      what, order: try json.optionalString("order").map { try OrderID($0) },
      dot: try json.optionalString("dot").map { try Dot($0) }, bucket: try json.optionalString("bucket"))
  }

  var json: JSON {
    .compact([
      ("order", (order?.text).map(JSON.string)), ("what", .string(what.rawValue)),
      ("dot", (dot?.description).map(JSON.string)), ("bucket", bucket.map(JSON.string)),
    ])
  }
}

/// Everything that was found, in bounds: a whole database may have been altered.
public struct Repairs: Sendable, Hashable {
  /// That are named.
  public static let maxNamed = 100

  public private(set) var count = 0
  /// The first ones.
  public private(set) var named: [Repair] = []

  public init() {}

  public mutating func note(_ repair: Repair) {
    count += 1
    if named.count < Repairs.maxNamed { named.append(repair) }
  }

  public mutating func note(_ repairs: some Sequence<Repair>) { for repair in repairs { note(repair) } }

  /// `[{"order"?,"what","dot"?,"bucket"?}]`
  public var json: JSON { .array(named.map(\.json)) }

  /// The named ones in a peer's report. What newer software says in another way is left out: it is counted all the same.
  static func named(in json: JSON?) -> [Repair] {
    (json?.asArray ?? []).prefix(maxNamed).compactMap { try? Repair($0) }
  }
}
