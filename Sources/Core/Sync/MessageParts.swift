// What several bodies of the protocol have in common: a place in a feed, a run, an agent's health, and a comparison that is asked for.

/// A place in a feed: position and the running hash there.
public struct Cursor: Sendable, Hashable {
  public let position: Int
  public let feedHash: Hash
  public static let start = Cursor(position: 0, feedHash: .zero)

  public init(position: Int, feedHash: Hash) {
    self.position = position
    self.feedHash = feedHash
  }

  public init(_ json: JSON) throws(JSONError) {
    guard let parts = json.asArray, parts.count == 2, let position = parts[0].asInt, position >= 0,
      position <= Limits.maxInteger, let hash = parts[1].asString.flatMap(Hash.init)
    else { throw JSONError(.wrongType, field: "cursor") }
    self.init(position: position, feedHash: hash)
  }

  public var json: JSON { [.int(position), feedHash.json] }
}

/// One run: a replica, its highest n, and the chain value there.
public struct Run: Sendable, Hashable {
  public let replica: ReplicaID
  public let n: Int
  public let chain: Hash

  public init(replica: ReplicaID, n: Int, chain: Hash) {
    self.replica = replica
    self.n = n
    self.chain = chain
  }

  public init(_ json: JSON) throws(JSONError) {
    replica = try json.replica()
    n = try json.int("n")
    chain = try json.hash("chain")
  }

  public var json: JSON { ["replica": .string(replica.text), "n": .int(n), "chain": chain.json] }
}

extension JSON {
  /// The member `replica`.
  func replica() throws(JSONError) -> ReplicaID {
    let text = try string("replica")
    do { return try ReplicaID(text) } catch { throw JSONError(.wrongType, field: "replica") }
  }
}

/// What an agent says of itself with every call; the hub shows it.
public struct Health: Sendable, Hashable {
  /// Own changes that the hub has not acknowledged.
  public var outbox: Int
  /// When the oldest of them was made, milliseconds.
  public var oldest: Int?
  public var waiting: Int
  public var quarantined: Int
  /// The agent's wall clock, milliseconds.
  public var clock: Int
  public var version: String

  public init(outbox: Int, oldest: Int?, waiting: Int, quarantined: Int, clock: Int, version: String) {
    self.outbox = outbox
    self.oldest = oldest
    self.waiting = waiting
    self.quarantined = quarantined
    self.clock = clock
    self.version = version
  }

  public init(_ json: JSON) throws(JSONError) {
    outbox = try json.int("outbox")
    oldest = try json.optionalInt("oldest", in: -Limits.maxInteger...Limits.maxInteger)
    waiting = try json.int("waiting")
    quarantined = try json.int("quarantined")
    clock = try json.int("clock", in: -Limits.maxInteger...Limits.maxInteger)
    version = String(try json.string("version").prefix(64))
  }

  public var json: JSON {
    .compact([
      ("outbox", .int(outbox)), ("oldest", oldest.map(JSON.int)), ("waiting", .int(waiting)),
      ("quarantined", .int(quarantined)), ("clock", .int(clock)), ("version", .string(version)),
    ])
  }
}

/// What the hub's operators ask of an agent, named in every answer until it is done: compare everything that both sides hold.
public struct ResyncOrder: Sendable, Hashable {
  public var id: String
  public var isFull: Bool
  public var isDryRun: Bool

  public init(id: String, isFull: Bool, isDryRun: Bool) {
    self.id = id
    self.isFull = isFull
    self.isDryRun = isDryRun
  }

  /// The member `resync` of an answer, nil where there is none.
  init?(in json: JSON) throws(JSONError) {
    guard let order = json["resync"], !order.isNull else { return nil }
    id = String(try order.string("id").prefix(64))
    isFull = try order.optionalBool("full") ?? false
    isDryRun = try order.optionalBool("dryRun") ?? false
  }

  var json: JSON { ["id": .string(id), "full": .bool(isFull), "dryRun": .bool(isDryRun)] }
}
