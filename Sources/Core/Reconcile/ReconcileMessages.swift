// The bodies of reconcile, as values: what an agent asks of the hub while it compares, and the answers. Each question stands for
// itself, so that any of them may be repeated, and the hub keeps nothing between them. docs/protocol.md describes each.

/// How a change is held, as far as comparing needs it.
public struct HeldChange: Sendable, Hashable {
  public var dot: Dot
  /// The hash's first 16 characters, by which two contents of one dot are told apart.
  public var hash: String
  /// nil at an agent that has no receipt yet.
  public var verdict: Verdict?
  public var hasLine: Bool

  public static let hashCharacters = 16

  public init(dot: Dot, hash: Hash, verdict: Verdict?, hasLine: Bool) {
    self.init(
      dot: dot, shortHash: String(hash.description.prefix(HeldChange.hashCharacters)), verdict: verdict,
      hasLine: hasLine)
  }

  init(dot: Dot, shortHash: String, verdict: Verdict?, hasLine: Bool) {
    self.dot = dot
    hash = shortHash
    self.verdict = verdict
    self.hasLine = hasLine
  }
}

/// What one reconcile call asks.
public enum ReconcileAsk: Sendable, Hashable {
  /// The digests of the 256 top buckets.
  case tops
  /// The leaf digests of these top buckets.
  case leaves(tops: [Int])
  /// The orders of these leaf buckets, with their digests.
  case orders(leaves: [Int])
  /// Which changes are held of these orders.
  case held(orders: [OrderID])
  /// The entries that go with the call are what the hub lacks; the reply brings those of these dots.
  case exchange(wants: [Dot])
  /// The comparison is over.
  case done(ReconcileReport)

  var name: String {
    switch self {
    case .tops: "tops"
    case .leaves: "leaves"
    case .orders: "orders"
    case .held: "held"
    case .exchange: "exchange"
    case .done: "done"
    }
  }
}

public struct ReconcileRequest: Sendable {
  /// The feed's head when the comparison began, and as the last reply named it; nil in the first call. A hub that does not know both
  /// went back meanwhile and says `reconcile-first`: it may have forgotten what it was given.
  public var since: Cursor?
  public var told: Cursor?
  public var ask: ReconcileAsk
  /// The hub's command that asked for the comparison.
  public var command: String?

  public init(since: Cursor?, told: Cursor?, ask: ReconcileAsk, command: String? = nil) {
    self.since = since
    self.told = told
    self.ask = ask
    self.command = command
  }

  public init(_ json: JSON) throws(JSONError) {
    since = try json["since"].map { (value) throws(JSONError) in try Cursor(value) }
    told = try json["told"].map { (value) throws(JSONError) in try Cursor(value) }
    command = try json.optionalString("command")
    switch try json.string("ask") {
    case "tops": ask = .tops
    case "leaves":
      ask = .leaves(tops: try json.numbers("tops", below: DigestBucket.fanOut, atMost: Limits.maxReconcileTops))
    case "orders":
      ask = .orders(leaves: try json.numbers("leaves", below: DigestBucket.leaves, atMost: Limits.maxReconcileLeaves))
    case "held": ask = .held(orders: try json.orders("orders", atMost: Limits.maxReconcileOrders))
    case "exchange": ask = .exchange(wants: try json.dots("wants", atMost: Limits.maxReconcileDots))
    case "done": ask = .done(try ReconcileReport(json["report"] ?? .null))
    default: throw JSONError(.wrongType, field: "ask")
    }
  }

  public var json: JSON {
    let what: (String, JSON)? =
      switch ask {
      case .tops: nil
      case .leaves(let tops): ("tops", .array(tops.map(JSON.int)))
      case .orders(let leaves): ("leaves", .array(leaves.map(JSON.int)))
      case .held(let orders): ("orders", .array(orders.map { .string($0.text) }))
      case .exchange(let wants): ("wants", .dots(wants))
      case .done(let report): ("report", report.json)
      }
    return .compact(
      [
        ("ask", .string(ask.name)), ("since", since?.json), ("told", told?.json),
        ("command", command.map(JSON.string)),
      ] + (what.map { [($0.0, $0.1)] } ?? []))
  }
}

/// The header of a reply; after `exchange`, the entries that were wanted follow it.
public struct ReconcileReply: Sendable {
  public var head: Cursor
  /// The hub's wall clock, milliseconds.
  public var time: Int
  public var answer: Answer
  /// Commitments in the caller's orders whose values the hub lacks; with the first and the last answer.
  public var lacks: [Hash]

  public enum Answer: Sendable {
    case tops([UInt64])
    /// By top bucket, the digests of its 256 leaves.
    case leaves([Int: [UInt64]])
    /// The orders of the first `answered` of the leaves that were asked for; the others must be asked for again.
    case orders([(order: OrderID, digest: UInt64)], answered: Int)
    /// Of the first `answered` of the orders that were asked for.
    case held([OrderID: [HeldChange]], answered: Int)
    /// Entries that the hub did not take, and why.
    case exchanged(refused: [(dot: Dot, reason: String)])
    case done

    fileprivate func json(_ base: JSON) -> JSON {
      let own: [(String, JSON?)] =
        switch self {
        case .tops(let digests): [("tops", DigestCoding.encode(digests))]
        case .leaves(let tops):
          [("leaves", .object(tops.keys.sorted().map { JSON.Member(String($0), DigestCoding.encode(tops[$0] ?? [])) }))]
        case .orders(let orders, let answered):
          [
            ("orders", .array(orders.map { [.string($0.order.text), DigestCoding.encode([$0.digest])] })),
            ("answered", .int(answered)),
          ]
        case .held(let held, let answered):
          [
            (
              "held",
              .object(held.keys.sorted().map { JSON.Member($0.text, HeldCoding.encode(held[$0] ?? [])) })
            ), ("answered", .int(answered)),
          ]
        case .exchanged(let refused):
          [
            (
              "refused",
              .array(refused.map { ["dot": .string($0.dot.description), "reason": .string($0.reason)] })
            )
          ]
        case .done: [("done", .bool(true))]
        }
      return .object((base.asObject ?? []) + (JSON.compact(own).asObject ?? []))
    }
  }

  public init(head: Cursor, time: Int, answer: Answer, lacks: [Hash] = []) {
    self.head = head
    self.time = time
    self.answer = answer
    self.lacks = lacks
  }

  public init(_ json: JSON) throws(JSONError) {
    head = try Cursor(json["head"] ?? .null)
    time = try json.int("time")
    lacks = (json["lacks"]?.asArray ?? []).prefix(Limits.maxLacks).compactMap { $0.asString.flatMap(Hash.init) }
    if json["tops"] != nil {
      answer = .tops(try DigestCoding.decode(json["tops"], count: DigestBucket.fanOut, field: "tops"))
    } else if let leaves = json["leaves"]?.asObject {
      var found: [Int: [UInt64]] = [:]
      for member in leaves {
        guard let top = Int(member.key), (0..<DigestBucket.fanOut).contains(top) else {
          throw JSONError(.wrongType, field: "leaves")
        }
        found[top] = try DigestCoding.decode(member.value, count: DigestBucket.fanOut, field: "leaves")
      }
      answer = .leaves(found)
    } else if let orders = json["orders"]?.asArray {
      var found: [(order: OrderID, digest: UInt64)] = []
      for pair in orders {
        guard let parts = pair.asArray, parts.count == 2 else { throw JSONError(.wrongType, field: "orders") }
        let digest = try DigestCoding.decode(parts[1], count: 1, field: "orders")[0]
        found.append((try JSON.order(parts[0].asString, "orders"), digest))
      }
      answer = .orders(found, answered: try json.int("answered"))
    } else if let held = json["held"]?.asObject {
      var found: [OrderID: [HeldChange]] = [:]
      for member in held { found[try JSON.order(member.key, "held")] = try HeldCoding.decode(member.value) }
      answer = .held(found, answered: try json.int("answered"))
    } else if let refused = json["refused"]?.asArray {
      var found: [(dot: Dot, reason: String)] = []
      for item in refused {
        do { found.append((try Dot(try item.string("dot")), try item.string("reason"))) } catch {
          throw JSONError(.wrongType, field: "refused")
        }
      }
      answer = .exchanged(refused: found)
    } else if try json.optionalBool("done") == true {
      answer = .done
    } else {
      throw JSONError(.missing, field: "answer")
    }
  }

  public var json: JSON {
    answer.json(
      .compact([
        ("head", head.json), ("time", .int(time)), ("lacks", lacks.isEmpty ? nil : .array(lacks.map(\.json))),
      ]))
  }
}

/// `{"water.7k2m…": [[n, "hash", "accepted", true], …]}`
private enum HeldCoding {
  static func encode(_ changes: [HeldChange]) -> JSON {
    let byReplica = Dictionary(grouping: changes, by: \.dot.replica)
    return .object(
      byReplica.keys.sorted().map { replica in
        let rows = (byReplica[replica] ?? []).sorted { $0.dot.n < $1.dot.n }
        return JSON.Member(
          replica.text,
          .array(
            rows.map { change in
              [
                .int(change.dot.n), .string(change.hash), change.verdict.map { .string($0.rawValue) } ?? .null,
                .bool(change.hasLine),
              ]
            }))
      })
  }

  static func decode(_ json: JSON) throws(JSONError) -> [HeldChange] {
    let wrong = JSONError(.wrongType, field: "held")
    guard let replicas = json.asObject else { throw wrong }
    var changes: [HeldChange] = []
    for member in replicas {
      guard let replica = try? ReplicaID(member.key), let rows = member.value.asArray else { throw wrong }
      for row in rows {
        guard let parts = row.asArray, parts.count == 4, let n = parts[0].asInt, (1...Limits.maxInteger).contains(n),
          let hash = parts[1].asString, hash.utf8.count == HeldChange.hashCharacters, let hasLine = parts[3].asBool
        else { throw wrong }
        let verdict = parts[2].asString.flatMap(Verdict.init)
        guard verdict != nil || parts[2].isNull else { throw wrong }
        changes.append(HeldChange(dot: Dot(replica, n), shortHash: hash, verdict: verdict, hasLine: hasLine))
      }
    }
    return changes
  }
}

extension JSON {
  fileprivate static func order(_ text: String?, _ field: String) throws(JSONError) -> OrderID {
    guard let text, let order = try? OrderID(text) else { throw JSONError(.wrongType, field: field) }
    return order
  }

  fileprivate func list(_ key: String, atMost count: Int) throws(JSONError) -> [JSON] {
    guard let items = self[key]?.asArray else { throw JSONError(.missing, field: key) }
    guard items.count <= count else { throw JSONError(.outOfRange, field: "\(key): at most \(count)") }
    return items
  }

  fileprivate func numbers(_ key: String, below end: Int, atMost count: Int) throws(JSONError) -> [Int] {
    var numbers: [Int] = []
    for item in try list(key, atMost: count) {
      guard let number = item.asInt, (0..<end).contains(number) else { throw JSONError(.outOfRange, field: key) }
      numbers.append(number)
    }
    return numbers
  }

  fileprivate func orders(_ key: String, atMost count: Int) throws(JSONError) -> [OrderID] {
    var orders: [OrderID] = []
    for item in try list(key, atMost: count) { orders.append(try JSON.order(item.asString, key)) }
    return orders
  }

  fileprivate func dots(_ key: String, atMost count: Int) throws(JSONError) -> [Dot] {
    var dots: [Dot] = []
    for item in try list(key, atMost: count) {
      guard let text = item.asString, let dot = try? Dot(text) else { throw JSONError(.wrongType, field: key) }
      dots.append(dot)
    }
    return dots
  }

  fileprivate static func dots(_ dots: [Dot]) -> JSON { .array(dots.map { .string($0.description) }) }
}
