// The decoders of what is said between agents and hub, but for changes: texts, names, clocks, messages.

@testable import Core
@testable import Hub

extension FuzzTarget {
  static let messages: [FuzzTarget] = [
    json, names, vector, time,
    message("cursor", weight: 4) { try Cursor($0).json },
    message("hello-request") { try HelloRequest($0).json },
    message("hello-reply") { try HelloReply($0).json },
    message("push-header", weight: 5) { try PushHeader($0).json },
    message("push-reply", weight: 6) { try PushReply($0).json },
    message("pull-request") { try PullRequest($0).json },
    message("pull-reply") { try PullReply($0).json },
    message("reconcile-request", weight: 6) { try ReconcileRequest($0).json },
    message("reconcile-reply") { try ReconcileReply($0).json },
    message("problem", weight: 4) { json in
      let problem = Problem(json)
      _ = (problem.description, problem.code.retry)
      // An unknown code is read too; only a known one counts as read.
      guard json["code"]?.asString.flatMap(ProblemCode.init) != nil else { throw JSONError(.missing, field: "code") }
      return problem.json
    },
  ]

  /// Reads `bytes` as JSON within the bounds of a message.
  static func tree(_ bytes: [UInt8], _ trail: inout FuzzTrail) throws -> JSON {
    guard bytes.count <= Limits.maxMessageBytes else { throw JSONError(.outOfRange) }
    trail.pass("bounded")
    let tree = try JSON(parsing: bytes)
    trail.pass("json")
    return tree
  }

  /// A message must read back as it was written. `read` gives what was read as JSON.
  private static func message(
    _ name: String, weight: Int = 8, _ read: @escaping @Sendable (JSON) throws -> JSON
  ) -> FuzzTarget {
    FuzzTarget(name, .json, weight: weight, ["bounded", "json", "message", "same"]) { bytes, trail in
      let first = try read(try FuzzTarget.tree(bytes, &trail))
      trail.pass("message")
      let second = try trail.must("reads back") { try read(try JSON(parsing: first.bytes)) }
      trail.require(second == first, "reads back as another: \(second)")
      trail.pass("same")
    }
  }

  private static let json = FuzzTarget("json", .json, ["bounded", "json", "same"]) { bytes, trail in
    let tree: JSON
    do { tree = try FuzzTarget.tree(bytes, &trail) } catch {
      if (try? JSONText(checking: bytes)) != nil, bytes.count <= Limits.maxMessageBytes {
        trail.disagree("one reader takes what the other refuses: \(error)")
      }
      throw error
    }
    if !bytes.contains(0x0A) {
      let text = try trail.must("the checking reader") { try JSONText(checking: bytes) }
      trail.require(text.json == tree, "a checked text is another value")
    }
    let again = try trail.must("reads back") { try JSON(parsing: tree.bytes) }
    trail.require(again == tree, "reads back as another: \(again)")
    trail.pass("same")
  }

  private static let names = FuzzTarget("names", .text, ["bounded", "utf8", "name", "same"]) { bytes, trail in
    guard bytes.count <= 4_096 else { return }
    trail.pass("bounded")
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    trail.pass("utf8")
    var names = 0
    var others = 0
    for read in readers {
      guard let written = try? read(text) else { continue }
      names += 1
      // By bytes: `==` on strings would not see another spelling of the same characters.
      if Array(written.utf8) != bytes {
        others += 1
        trail.disagree("'\(text)' is written as '\(written)'")
      }
    }
    _ = try? EnrolmentToken(parsing: text)
    guard names > 0 else { return }
    trail.pass("name")
    if others == 0 { trail.pass("same") }
  }

  /// Each gives the name as it is written.
  private static let readers: [@Sendable (String) throws -> String] = [
    { try PlatformName($0).text },
    { text in
      let replica = try ReplicaID(text)
      return try PlatformName(replica.platform.text).text + replica.text.drop { $0 != "." }
    },
    { text in
      let order = try OrderID(text)
      _ = order.short
      return try PlatformName(order.maker.text).text + order.text.suffix(37)
    },
    { try Dot($0).description },
    { text in
      guard let hash = Hash(text) else { throw FuzzFailure("no hash") }
      return hash.description
    },
    { text in
      guard let name = RegisterName(text) else { throw FuzzFailure("no register") }
      return name.text
    },
    { text in
      guard DNSLabel.isValid(text) else { throw FuzzFailure("no label") }
      return text
    },
  ]

  private static let vector = FuzzTarget("vector", .json, weight: 5, ["bounded", "json", "vector", "lattice"]) {
    bytes, trail in
    _ = try FuzzTarget.tree(bytes, &trail)
    var reader = try JSONReader(bytes)
    let vector = try VersionVector.read(&reader)
    try reader.finish()
    trail.pass("vector")
    var written: [UInt8] = []
    vector.write(to: &written)
    var again = try JSONReader(written)
    trail.require(try VersionVector.read(&again) == vector, "reads back as another")
    let other = VersionVector([(FuzzScene.hub, 3), (FuzzScene.water, 2)])
    let merged = vector.merged(with: other)
    trail.require(merged.covers(vector) && merged.covers(other), "a merged vector covers both")
    trail.require(merged == other.merged(with: vector), "merging depends on the side")
    trail.pass("lattice")
  }

  private static let time = FuzzTarget("time", .json, weight: 3, ["bounded", "json", "time", "ticked"]) {
    bytes, trail in
    let tree = try FuzzTarget.tree(bytes, &trail)
    var reader = try JSONReader(bytes)
    let pulled = try? HybridTime.read(&reader)
    let read = try? HybridTime(tree)
    trail.require(pulled == read, "two readers: \(String(describing: pulled)), \(String(describing: read))")
    guard let time = read else { return }
    trail.pass("time")
    var clock = HybridClock()
    _ = clock.observe(time, now: time.milliseconds)
    trail.require(clock.tick(now: FuzzScene.start) > time, "the clock does not go on")
    trail.pass("ticked")
  }
}
