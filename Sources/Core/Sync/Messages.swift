// The bodies of hello, push and pull, as values. docs/protocol.md describes each with an example.

/// The number of the merge rules; both sides compute by the hub's.
public enum Rules {
  public static let number = 1
  /// The protocol's version, in every path and hello.
  public static let protocolVersion = 1
}

public struct HelloRequest: Sendable {
  public var health: Health
  public var rules: Int
  public var cursor: Cursor
  public var told: Cursor
  /// Runs with unsent changes or with changes that have no receipt yet.
  public var runs: [Run]

  public init(health: Health, rules: Int = Rules.number, cursor: Cursor, told: Cursor, runs: [Run]) {
    self.health = health
    self.rules = rules
    self.cursor = cursor
    self.told = told
    self.runs = runs
  }

  public init(_ json: JSON) throws(JSONError) {
    health = try Health(json["health"] ?? .null)
    rules = try json.int("rules")
    cursor = try Cursor(json["cursor"] ?? .null)
    told = try Cursor(json["told"] ?? .null)
    let list = json["runs"]?.asArray ?? []
    guard list.count <= Limits.maxRunsInHello else {
      throw JSONError(.outOfRange, field: "runs: at most \(Limits.maxRunsInHello)")
    }
    runs = []
    for item in list { runs.append(try Run(item)) }
  }

  public var json: JSON {
    [
      "health": health.json, "rules": .int(rules), "cursor": cursor.json, "told": told.json,
      "runs": .array(runs.map(\.json)),
    ]
  }
}

public struct HelloReply: Sendable {
  public var platform: String
  public var agent: String
  public var version: String
  public var rules: Int
  /// The hub's wall clock, milliseconds.
  public var time: Int
  /// True if the hub's feed has the agent's cursor and what it was told.
  public var cursorHolds: Bool
  public var head: Cursor
  /// Of each run that was named: the hub's own n and chain value (n 0: it has none).
  public var runs: [Run]
  /// Of each run that was named: the hub's chain value at the agent's n, where it has that n.
  public var chains: [Run]
  /// A comparison that the hub's operators asked for.
  public var resync: ResyncOrder?

  public init(
    platform: String, agent: String, version: String, rules: Int = Rules.number, time: Int, cursorHolds: Bool,
    head: Cursor,
    runs: [Run], chains: [Run]
  ) {
    self.platform = platform
    self.agent = agent
    self.version = version
    self.rules = rules
    self.time = time
    self.cursorHolds = cursorHolds
    self.head = head
    self.runs = runs
    self.chains = chains
  }

  public init(_ json: JSON) throws(JSONError) {
    platform = try json.string("platform")
    agent = try json.string("agent")
    version = try json.string("version")
    rules = try json.int("rules")
    time = try json.int("time")
    guard let holds = try json.optionalBool("cursorHolds") else { throw JSONError(.missing, field: "cursorHolds") }
    cursorHolds = holds
    head = try Cursor(json["head"] ?? .null)
    runs = []
    for item in json["runs"]?.asArray ?? [] { runs.append(try Run(item)) }
    chains = []
    for item in json["chains"]?.asArray ?? [] { chains.append(try Run(item)) }
    resync = try ResyncOrder(in: json)
  }

  public var json: JSON {
    .compact([
      ("platform", .string(platform)), ("agent", .string(agent)), ("version", .string(version)), ("rules", .int(rules)),
      ("time", .int(time)), ("cursorHolds", .bool(cursorHolds)), ("head", head.json),
      ("runs", .array(runs.map(\.json))),
      ("chains", .array(chains.map(\.json))), ("resync", resync?.json),
    ])
  }
}

/// The header line of a push; contiguous changes of `replica` follow.
public struct PushHeader: Sendable {
  public var replica: ReplicaID
  public var cursor: Cursor
  public var told: Cursor
  public var health: Health

  public init(replica: ReplicaID, cursor: Cursor, told: Cursor, health: Health) {
    self.replica = replica
    self.cursor = cursor
    self.told = told
    self.health = health
  }

  public init(_ json: JSON) throws(JSONError) {
    replica = try json.replica()
    cursor = try Cursor(json["cursor"] ?? .null)
    told = try Cursor(json["told"] ?? .null)
    health = try Health(json["health"] ?? .null)
  }

  public var json: JSON {
    ["replica": .string(replica.text), "cursor": cursor.json, "told": told.json, "health": health.json]
  }
}

public struct PushReply: Sendable {
  /// The replica that was pushed: an answer that strayed from another push is known by it.
  public var replica: ReplicaID
  /// Everything of this replica up to this n is durable at the hub.
  public var acceptedThrough: Int
  public var head: Cursor
  /// Set where a gap was found: the n that must come next.
  public var expected: Int?
  /// Changes that were quarantined under their author.
  public var quarantined: [(n: Int, reason: String)]

  public init(
    replica: ReplicaID, acceptedThrough: Int, head: Cursor, expected: Int? = nil,
    quarantined: [(n: Int, reason: String)] = []
  ) {
    self.replica = replica
    self.acceptedThrough = acceptedThrough
    self.head = head
    self.expected = expected
    self.quarantined = quarantined
  }

  public init(_ json: JSON) throws(JSONError) {
    replica = try json.replica()
    acceptedThrough = try json.int("acceptedThrough")
    head = try Cursor(json["head"] ?? .null)
    expected = try json.optionalInt("expected")
    quarantined = []
    for item in json["quarantined"]?.asArray ?? [] {
      quarantined.append((try item.int("n"), try item.string("reason")))
    }
  }

  public var json: JSON {
    .compact([
      ("replica", .string(replica.text)), ("acceptedThrough", .int(acceptedThrough)), ("head", head.json),
      ("expected", expected.map(JSON.int)),
      ("quarantined", .array(quarantined.map { ["n": .int($0.n), "reason": .string($0.reason)] })),
    ])
  }
}

public struct PullRequest: Sendable {
  public var after: Cursor
  /// How far the emergency lane has come, ≥ the position of `after`.
  public var lane: Int
  public var told: Cursor
  /// The present run, whose own changes come back as heads alone up to its n.
  public var run: Run?
  /// Commitments whose values this agent may have and lacks.
  public var lacks: [Hash]
  public var limit: Int
  public var waitMilliseconds: Int
  public var health: Health

  public init(
    after: Cursor, lane: Int, told: Cursor, run: Run?, lacks: [Hash] = [], limit: Int, waitMilliseconds: Int,
    health: Health
  ) {
    self.after = after
    self.lane = lane
    self.told = told
    self.run = run
    self.lacks = lacks
    self.limit = limit
    self.waitMilliseconds = waitMilliseconds
    self.health = health
  }

  public init(_ json: JSON) throws(JSONError) {
    after = try Cursor(json["after"] ?? .null)
    lane = try json.int("lane")
    told = try Cursor(json["told"] ?? .null)
    run = try json["run"].flatMap { (value) throws(JSONError) in value.isNull ? nil : try Run(value) }
    lacks = (json["lacks"]?.asArray ?? []).prefix(Limits.maxLacks).compactMap { $0.asString.flatMap(Hash.init) }
    limit = try json.int("limit", in: 1...Limits.maxBatchChanges)
    waitMilliseconds = try json.int("wait", in: 0...Limits.maxWaitSeconds * 1_000)
    health = try Health(json["health"] ?? .null)
  }

  public var json: JSON {
    .compact([
      ("after", after.json), ("lane", .int(lane)), ("told", told.json), ("run", run?.json),
      ("lacks", lacks.isEmpty ? nil : .array(lacks.map(\.json))), ("limit", .int(limit)),
      ("wait", .int(waitMilliseconds)),
      ("health", health.json),
    ])
  }
}

/// The header line of a pull's reply; entries follow, those of the emergency lane first.
public struct PullReply: Sendable {
  /// False where the hub's feed does not have the cursor (or what the agent was told); then no entries follow.
  public var cursorHolds: Bool
  public var head: Cursor
  /// The new value of `lane`.
  public var lane: Int
  /// The hub's wall clock, milliseconds.
  public var time: Int
  /// Values of the commitments that the agent named as lacking.
  public var values: [SealedValue]
  /// Commitments of the platform's orders whose values the hub lacks: an agent that has one must not blank it.
  public var lacks: [Hash] = []
  /// For how long after an order's end the platform keeps personal values, milliseconds; nil: for ever.
  public var retain: Int?
  /// A comparison that the hub's operators asked for.
  public var resync: ResyncOrder?

  public init(cursorHolds: Bool, head: Cursor, lane: Int, time: Int, values: [SealedValue] = []) {
    self.cursorHolds = cursorHolds
    self.head = head
    self.lane = lane
    self.time = time
    self.values = values
  }

  public init(_ json: JSON) throws(JSONError) {
    guard let holds = try json.optionalBool("cursorHolds") else { throw JSONError(.missing, field: "cursorHolds") }
    cursorHolds = holds
    head = try Cursor(json["head"] ?? .null)
    lane = try json.int("lane")
    time = try json.int("time")
    values = []
    for item in json["values"]?.asArray ?? [] {
      guard let parts = item.asArray, parts.count == 2, let nonce = parts[0].asString.flatMap(Base64URL.decode),
        let value = parts[1].asString
      else { throw JSONError(.wrongType, field: "values") }
      values.append(SealedValue(nonce: nonce, value: try JSONText(checking: Array(value.utf8))))
    }
    lacks = (json["lacks"]?.asArray ?? []).prefix(Limits.maxLacks).compactMap { $0.asString.flatMap(Hash.init) }
    retain = try json.optionalInt("retain")
    resync = try ResyncOrder(in: json)
  }

  public var json: JSON {
    .compact([
      ("cursorHolds", .bool(cursorHolds)), ("head", head.json), ("lane", .int(lane)), ("time", .int(time)),
      (
        "values",
        values.isEmpty
          ? nil
          : .array(
            values.map {
              [.string(Base64URL.encode($0.nonce)), .string(String(decoding: $0.value.bytes, as: UTF8.self))]
            })
      ), ("lacks", lacks.isEmpty ? nil : .array(lacks.map(\.json))), ("retain", retain.map(JSON.int)),
      ("resync", resync?.json),
    ])
  }
}
