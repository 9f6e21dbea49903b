// The sync protocol spoken by hand, under an agent's real certificate: what a broken, hostile or future agent could
// send.

import Core
import Foundation
import Shell

/// One run of a platform's database that exists only here: makes contiguous, chained changes and sends what it is told
/// to.
final class RawAgent {
  let replica: ReplicaID
  private(set) var n = 0
  private(set) var chain = Hash.zero
  /// Added to the wall clock, milliseconds.
  var ahead = 0
  private let client: CurlClient

  /// - Parameters:
  ///   - identity: the folder of certificate and key.
  ///   - seed: distinguishes runs of one platform.
  init(_ platform: String, of site: Site, identity: String? = nil, seed: UInt8 = 1) throws {
    replica = ReplicaID(platform: try PlatformName(platform), random: [UInt8](repeating: seed, count: 10))
    let folder = identity ?? site.directory + "/" + platform + "/identity"
    client = try CurlClient(
      .https(
        baseURL: site.address, caFile: site.authority, certificateFile: folder + "/cert.pem",
        keyFile: folder + "/key.pem"))
  }

  static let health = Health(
    outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: Int(Date().timeIntervalSince1970 * 1_000), version: "raw"
  )

  var header: JSON {
    PushHeader(replica: replica, cursor: .start, told: .start, health: RawAgent.health).json
  }

  /// The next change as an entry; `tamper` may replace the line before it is hashed.
  func entry(
    _ order: OrderID, after context: VersionVector, _ edits: [Edit], tamper: ([UInt8]) -> [UInt8] = { $0 }
  ) -> Entry {
    n += 1
    let now = Int(Date().timeIntervalSince1970 * 1_000) + ahead
    let line = tamper(
      ChangeLine.encode(
        Change(
          order: order, dot: Dot(replica, n), context: context, at: HybridTime(now),
          author: Author(name: "raw", role: "crew"), edits: edits)))
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    var head = Head(order: order, dot: Dot(replica, n), prev: context[replica], hash: hash)
    head.chain = chain
    return Entry(head: head, line: line)
  }

  func post(_ call: String, _ body: [UInt8], type: String = Batch.mediaType) throws -> Answer {
    try Answer(
      client.send(
        "POST", "/sync/v1/" + call, headers: [("Content-Type", type)], body: body, timeout: .seconds(30)))
  }

  func push(_ entries: [Entry]) throws -> Answer {
    try post("push", Batch(header: header, entries: entries).bytes)
  }

  /// A long poll from the end of what the hub holds, which nothing answers before `wait` milliseconds but news or a
  /// refusal.
  func poll(wait: Int) throws -> Answer {
    let hello = try post(
      "hello",
      HelloRequest(health: RawAgent.health, cursor: .start, told: .start, runs: []).json.bytes, type: "application/json"
    )
    let head = try Cursor(hello.json["head"] ?? .null)
    let request = PullRequest(
      after: head, lane: head.position, told: head, run: nil, limit: 100, waitMilliseconds: wait,
      health: RawAgent.health)
    return try post("pull", request.json.bytes, type: "application/json")
  }
}

extension Edit {
  static func set(_ register: String, _ value: JSON) -> Edit { .set(register: register, value: JSONText(value)) }
  static func note(_ text: String) -> Edit {
    .append(kind: "note", value: JSONText(["text": .string(text), "visibility": "all"]))
  }
}

extension JSON {
  /// An order document's version vector.
  var vector: VersionVector {
    get throws {
      VersionVector(
        try (self["vector"]?.asObject ?? []).map { row in
          (try ReplicaID(row.key), try demand(row.value.asInt, "a number in a vector"))
        })
    }
  }

  /// An order document's row of the history.
  func history(_ dot: Dot) -> JSON? {
    self["history"]?.asArray?.first { $0["dot"]?.asString == dot.description }
  }

  func shown(_ register: String) -> JSON? { self["registers"]?[register]?["value"] }
}
