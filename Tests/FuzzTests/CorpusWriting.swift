// Writes the generated part of the corpus, from fixed scenes and the product's own encoders. The files are kept in the repository:
// they are written anew only when a form changes on purpose (LIANXIN_FUZZ_CORPUS=write).

import Crypto
import Foundation
import Testing
import X509
import _CryptoExtras

@testable import Core
@testable import Hub

@Suite struct CorpusWriting {
  @Test(.enabled(if: ProcessInfo.processInfo.environment["LIANXIN_FUZZ_CORPUS"] == "write", "only when asked for"))
  func theGeneratedCorpusIsWritten() throws {
    let scenes = try FuzzScene.fixed.get()
    try CorpusWriting.write("change", try CorpusWriting.lines(scenes))
    try CorpusWriting.write("head", CorpusWriting.heads(scenes))
    try CorpusWriting.write("push", try (0..<12).map { try CorpusWriting.push($0).bytes })
    try CorpusWriting.write("pull", scenes.map { CorpusWriting.pull($0).bytes })
    try CorpusWriting.write("state", scenes.map(\.state.stored))
    for (name, texts) in CorpusWriting.messages(scenes) { try CorpusWriting.write(name, texts.map(\.bytes)) }
    try CorpusWriting.writeAuthority()
  }

  static func write(_ name: String, _ samples: [[UInt8]]) throws {
    let bytes = samples.flatMap { $0 + FuzzCorpus.separator }
    try Data(bytes).write(to: FuzzCorpus.directory.appendingPathComponent(name + ".generated.txt"))
  }

  // MARK: Changes

  /// What each platform and the hotline may write next to the working scene.
  private static func next(_ round: Int) throws -> [(FuzzScene.Made, FuzzScene)] {
    let commands: [(ReplicaID, JSON)] = [
      (FuzzScene.water, ["command": "progress", "step": "onSite"]),
      (FuzzScene.water, ["command": "plan", "field": "eta", "value": .int(FuzzScene.start + 1)]),
      (FuzzScene.water, ["command": "contact", "contact": ["said": "ok"], "number": "13800000000"]),
      (FuzzScene.gas, ["command": "note", "text": "a\n\"b\" é 🚰", "visibility": "all"]),
      (
        FuzzScene.water,
        [
          "command": "complete", "reply": ["citizen": "好了", "public": "done"],
          "result": ["outcome": "solved", "cost": .number("1.50"), "finishedAt": 7, "work": "valve"],
        ]
      ),
      (FuzzScene.water, ["command": "request", "type": "extension", "until": .int(FuzzScene.start), "reason": "x"]),
      (FuzzScene.hub, ["command": "supervise", "to": "water", "demand": "now", "until": 9]),
      (FuzzScene.gas, ["command": "accept"]),
      (FuzzScene.water, ["command": "note", "text": "own", "visibility": "own"]),
    ]
    return try commands.enumerated().filter { ($0.offset + round) % 3 != 0 }.map { offset, command in
      var scene = try FuzzScene.working()
      try scene.perform(command.1, by: command.0, id: "r\(offset)")
      return (scene.made[scene.made.count - 1], scene)
    }
  }

  private static func lines(_ scenes: [FuzzScene]) throws -> [[UInt8]] {
    try (0..<3).flatMap { try next($0) }.map(\.0.line)
  }

  private static func heads(_ scenes: [FuzzScene]) -> [[UInt8]] {
    (scenes.flatMap { pull($0).entries } + pull(scenes[2]).entries).enumerated().map { index, entry in
      var entry = entry
      entry.line = nil
      if entry.head.sealed.isEmpty {
        entry.head.sealed = [SealedValue(nonce: [UInt8](repeating: 5, count: 16), value: JSONText(["phone": "1"]))]
      }
      if index % 2 == 0 { entry.head.chain = .chain(.zero, entry.head.hash) }
      entry.head.isLane = index % 3 == 0
      var bytes: [UInt8] = []
      entry.write(to: &bytes)
      return Array(bytes.dropLast())
    }
  }

  private static let health = Health(
    outbox: 3, oldest: FuzzScene.start, waiting: 1, quarantined: 0, clock: FuzzScene.start, version: "1.0.0")
  private static let cursor = Cursor(position: 12, feedHash: .of([1]))

  /// A push that the hub of the working scene takes: one to five changes of one run.
  private static func push(_ number: Int) throws -> Batch {
    var scene = try FuzzScene.working()
    let replica = number % 3 == 2 ? FuzzScene.gas : FuzzScene.water
    let before = scene.made.count
    for step in 0...number % 5 {
      let command: JSON =
        switch (number + step) % 4 {
        case 0: ["command": "note", "text": .string("note \(number).\(step)")]
        case 1: ["command": "contact", "contact": ["said": "called"], "number": .string("1380000\(step)")]
        case 2: ["command": "plan", "field": "unit", "value": .string("unit \(step)")]
        default: ["command": "describe", "registers": ["ref/own": ["number": .string("n\(number)")]]]
        }
      try scene.perform(command, by: replica, id: "p\(step)")
    }
    var hub = try FuzzScene.working().facts
    let entries = try scene.made[before...].map { made in
      let entry = hub.entry(made.line, of: made.change, sealed: made.sealed)
      _ = try hub.push(entry)
      return entry
    }
    let header = PushHeader(replica: replica, cursor: cursor, told: cursor, health: health)
    return Batch(header: header.json, entries: entries)
  }

  /// A feed's page with all of a scene.
  private static func pull(_ scene: FuzzScene) -> Batch {
    var feed = Hash.zero
    let entries = scene.made.enumerated().map { index, made in
      var head = Head(order: made.change.order, dot: made.change.dot, prev: made.change.prev, hash: .of(made.line))
      head.verdict = .accepted
      head.receipt = Receipt.issue(
        order: head.order, dot: head.dot, prev: head.prev, hash: head.hash, verdict: .accepted, key: [1])
      head.received = FuzzScene.start + index
      head.position = index + 1
      feed = .feed(feed, head.dot, head.hash)
      head.feedHash = feed
      head.sealed = made.sealed
      return Entry(head: head, line: made.line)
    }
    let reply = PullReply(
      cursorHolds: true, head: Cursor(position: entries.count, feedHash: feed), lane: entries.count,
      time: FuzzScene.start, values: scene.made.flatMap(\.sealed))
    return Batch(header: reply.json, entries: entries)
  }

  // MARK: Messages

  private static func messages(_ scenes: [FuzzScene]) -> [(String, [JSON])] {
    let run = Run(replica: FuzzScene.water, n: 4, chain: .of([2]))
    let head = Cursor(position: Limits.maxInteger, feedHash: .of([3]))
    let idle = Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: 1, version: "")
    let vectors = scenes.map(\.state.vector) + scenes.flatMap { $0.made.map(\.change.context) }
    let push = PushReply(
      replica: FuzzScene.water, acceptedThrough: 7, head: head, expected: 8,
      quarantined: [(n: 6, reason: "not-found")])
    let poll = PullRequest(
      after: cursor, lane: 14, told: head, run: run, lacks: [.of([4])], limit: 500, waitMilliseconds: 25_000,
      health: health)
    var reply = HelloReply(
      platform: "water", agent: "depot-1", version: "1.0", time: FuzzScene.start, cursorHolds: true, head: head,
      runs: [run], chains: [run])
    var replies = [reply.json]
    reply.cursorHolds = false
    reply.runs = []
    replies.append(reply.json)
    reply.resync = ResyncOrder(id: "kx7", isFull: true, isDryRun: false)
    replies.append(reply.json)
    let (requests, answers) = reconcile(scenes, head)
    return [
      ("reconcile-request", requests), ("reconcile-reply", answers),
      ("cursor", [Cursor.start.json, cursor.json, head.json]),
      ("time", [HybridTime(0).json, HybridTime(FuzzScene.start, 65_535).json]),
      ("vector", Array(Set(vectors)).map(\.json).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }),
      (
        "hello-request",
        [
          HelloRequest(health: health, cursor: cursor, told: head, runs: [run, run]).json,
          HelloRequest(health: idle, cursor: .start, told: .start, runs: []).json,
        ]
      ),
      ("hello-reply", replies),
      (
        "push-header",
        [
          PushHeader(replica: FuzzScene.water, cursor: cursor, told: head, health: health).json,
          PushHeader(replica: FuzzScene.gas, cursor: .start, told: .start, health: idle).json,
        ]
      ),
      ("push-reply", [push.json, PushReply(replica: FuzzScene.water, acceptedThrough: 0, head: .start).json]),
      (
        "pull-request",
        [
          poll.json,
          PullRequest(
            after: .start, lane: 0, told: .start, run: nil, limit: 1, waitMilliseconds: 0, health: idle
          ).json,
        ]
      ),
      (
        "pull-reply",
        scenes.map { pull($0).header }
          + [PullReply(cursorHolds: false, head: .start, lane: 0, time: FuzzScene.start).json]
      ),
      (
        "problem",
        ProblemCode.allCases.map { Problem($0, "why", retryAfterSeconds: $0 == .busy ? 5 : nil).json }
          + [Problem(CommandRefusal("illegal-step", "no", allowed: ["accept", "note"])).json]
      ),
      ("creation", creations),
    ]
  }

  /// Each question of a comparison, and each kind of answer.
  private static func reconcile(_ scenes: [FuzzScene], _ head: Cursor) -> (requests: [JSON], replies: [JSON]) {
    let changes = scenes.flatMap(\.made).map(\.change)
    let orders = Array(Set(changes.map(\.order))).sorted()
    let dots = Array(Set(changes.map(\.dot))).sorted()
    let held = changes.map { change in
      HeldChange(
        dot: change.dot, hash: .of([5]), verdict: Verdict.allCases[change.dot.n % 3], hasLine: change.dot.n % 2 == 0)
    }
    let asks: [ReconcileAsk] = [
      .tops, .leaves(tops: [0, 255]), .orders(leaves: [1, 65_535]), .held(orders: Array(orders.prefix(3))),
      .exchange(wants: Array(dots.prefix(4))), .done(ReconcileReport()),
    ]
    let digests = [UInt64](repeating: .max, count: DigestBucket.fanOut)
    let answers: [ReconcileReply.Answer] = [
      .tops(digests), .leaves([7: digests, 9: digests]), .orders(orders.prefix(3).map { ($0, 5) }, answered: 2),
      .held(Dictionary(orders.prefix(2).map { ($0, held) }) { first, _ in first }, answered: 1),
      .exchanged(refused: dots.prefix(2).map { ($0, "no receipt") }), .done,
    ]
    return (
      asks.map { ReconcileRequest(since: head, told: cursor, ask: $0, command: "kx7").json },
      answers.map { ReconcileReply(head: head, time: FuzzScene.start, answer: $0, lacks: [.of([4])]).json }
    )
  }

  private static let creations: [JSON] = [
    ["registers": ["title": "x"]],
    [
      "request": "r-1", "author": ["name": "王", "role": "crew"],
      "registers": [
        "title": "漏水", "kind": "repair", "sector": "water", "priority": "urgent", "source": "web", "receivedAt": 5,
        "description": "line\nline", "confidential": true, "ref/own": ["number": "7", "url": "https://a.example/7"],
        "caller": ["name": "李", "phone": "13900000000", "language": "zh", "anonymous": true],
        "location": ["lat": .number("39.1"), "lon": 117, "crs": "gcj02", "grid": "g1"],
        "location/private": ["flat": "3-201"], "category": ["scheme": "s", "code": "c", "path": ["a"]],
      ],
    ],
  ]

  // MARK: The authority

  private static func writeAuthority() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("lianxin-corpus-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    var random = SystemRandomNumberGenerator()
    // Dates that never matter to a reader, so that the kept files do not age.
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let authority = try CertificateAuthority.create(
      in: KeyDirectory(path: directory.path), name: "corpus", now: now, using: &random)
    try Data(authority.certificatePEM.utf8).write(to: FuzzCorpus.directory.appendingPathComponent("authority.pem"))
    let names = try Certificate.Extensions {
      SubjectAlternativeNames([.uniformResourceIdentifier("lianxin://hub/a"), .dnsName("a.example")])
      Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
    }
    let keys: [Certificate.PrivateKey] = [
      .init(P256.Signing.PrivateKey()), .init(P384.Signing.PrivateKey()),
      .init(try _RSA.Signing.PrivateKey(keySize: .bits3072)), .init(P256.Signing.PrivateKey()),
    ]
    let requests = try keys.enumerated().map { index, key in
      let attributes =
        try index == 3
        ? [CertificateSigningRequest.Attribute(ExtensionRequest(extensions: names))] : []
      return try CertificateSigningRequest(
        version: .v1, subject: DistinguishedName { CommonName("depot-\(index)") }, privateKey: key,
        attributes: CertificateSigningRequest.Attributes(attributes)
      ).serializeAsPEM().pemString
    }
    try write("csr", requests.map { Array($0.utf8) })
    try write("csr-pem", requests.map { Array($0.utf8) })
    let certificates = try requests.enumerated().map { index, request in
      try authority.issue(
        csrPEM: request, platform: try PlatformName(index % 2 == 0 ? "water" : "gas-north"), agent: "depot-\(index)",
        now: now, life: 90 * 86_400, using: &random
      ).pem
    }
    try write("certificate", certificates.map { Array($0.utf8) })
  }
}
