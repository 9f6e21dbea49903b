// What a comparison found and did, for people, for the hub, and for those who measure it.

public struct ReconcileReport: Sendable, Hashable {
  /// The hub's command that asked for it; nil where the agent began by itself or a person at it did.
  public var command: String?
  public var isFull = false
  public var isDryRun = false
  /// Orders that were compared, by digest or by their changes.
  public var checked = 0
  /// Orders whose changes turned out to be held differently.
  public var differing = 0
  /// Entries that the agent sent, and that it received; of a dry run, that it would.
  public var sent = 0
  public var received = 0
  /// States, digests and lines that were put right from the log or from the other side.
  public var repaired = 0
  /// The first of them.
  public internal(set) var repairs: [Repair] = []
  /// Entries that the hub did not take.
  public var refused = 0
  /// The first of them.
  public internal(set) var refusals: [Refusal] = []
  /// Changes that only the other side is said to have and did not give, and dots with two contents.
  public var unresolved = 0
  public var messages = 0
  /// Of request and reply bodies.
  public var bytes = 0
  public var milliseconds = 0

  /// An entry that the hub did not take, and why.
  public struct Refusal: Sendable, Hashable {
    public let dot: Dot
    public let reason: String

    /// What a peer says beyond is cut off.
    private static let maxReasonCharacters = 200

    public init(_ dot: Dot, _ reason: String) {
      self.dot = dot
      self.reason = String(reason.prefix(Refusal.maxReasonCharacters))
    }

    init(_ json: JSON) throws { self.init(try Dot(try json.string("dot")), try json.string("reason")) }

    var json: JSON { ["dot": .string(dot.description), "reason": .string(reason)] }
  }

  /// Refusals that are named.
  public static let maxRefusals = 10

  public init() {}

  /// Counts what was put right, and names the first of it.
  public mutating func noteRepaired(_ repairs: Repairs) {
    repaired += repairs.count
    self.repairs = Array((self.repairs + repairs.named).prefix(Repairs.maxNamed))
  }

  /// Counts what the hub did not take, and names the first of it.
  public mutating func noteRefused(_ refused: [(dot: Dot, reason: String)]) {
    self.refused += refused.count
    refusals += refused.prefix(ReconcileReport.maxRefusals - refusals.count).map { Refusal($0.dot, $0.reason) }
  }

  private static let counts: [(name: String, path: WritableKeyPath<ReconcileReport, Int> & Sendable)] = [
    ("checked", \.checked), ("differing", \.differing), ("sent", \.sent), ("received", \.received),
    ("repaired", \.repaired), ("refused", \.refused), ("unresolved", \.unresolved), ("messages", \.messages),
    ("bytes", \.bytes), ("milliseconds", \.milliseconds),
  ]

  public init(_ json: JSON) throws(JSONError) {
    command = try json.optionalString("command")
    isFull = try json.optionalBool("full") ?? false
    isDryRun = try json.optionalBool("dryRun") ?? false
    for count in ReconcileReport.counts { self[keyPath: count.path] = try json.int(count.name) }
    // Older software names none; of what newer software says in another way the counts are enough.
    repairs = Repairs.named(in: json["repairs"])
    refusals = (json["refusals"]?.asArray ?? []).prefix(ReconcileReport.maxRefusals).compactMap { try? Refusal($0) }
  }

  /// True if a report tells of a difference, put right or not; takes it as it is stored.
  public static func foundSomething(_ report: JSON) -> Bool {
    ["differing", "repaired", "refused", "unresolved"].contains { report[$0]?.asInt ?? 0 > 0 }
  }

  public var json: JSON {
    .compact(
      [("command", command.map(JSON.string)), ("full", .bool(isFull)), ("dryRun", .bool(isDryRun))]
        + ReconcileReport.counts.map { ($0.name, .int(self[keyPath: $0.path])) }
        + [
          ("repairs", repairs.isEmpty ? nil : .array(repairs.map(\.json))),
          ("refusals", refusals.isEmpty ? nil : .array(refusals.map(\.json))),
        ])
  }
}
