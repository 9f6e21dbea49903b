// docs/protocol.md against the code: its examples are what the code reads and writes, byte for byte, and its hashes are those that
// the code computes. The document's tables are ProtocolTablesTests'.

import Foundation
import Testing

@testable import Core

/// docs/protocol.md, taken apart.
struct ProtocolDocument {
  let text: String

  static func load() throws -> ProtocolDocument {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return ProtocolDocument(text: try String(contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8))
  }

  /// The fenced block that is marked `example=<name>`, without the newline before its end.
  func example(_ name: String) throws -> String {
    let lines = text.components(separatedBy: "\n")
    let start = try #require(
      lines.firstIndex { $0.hasPrefix("```") && $0.hasSuffix(" example=\(name)") }, "no example \(name)")
    let end = try #require(lines[(start + 1)...].firstIndex(of: "```"))
    return lines[(start + 1)..<end].joined(separator: "\n")
  }

  func json(_ name: String) throws -> JSON { try JSON(parsing: Array(try example(name).utf8)) }
  func body(_ name: String) throws -> [UInt8] { Array(try example(name).utf8) + [0x0A] }

  /// A value of the `hashes` block.
  func value(_ label: String) throws -> String {
    let line = try example("hashes").components(separatedBy: "\n").first { $0.hasPrefix(label + "  ") }
    return try #require(line, "no value \(label)").dropFirst(label.count).trimmingCharacters(in: .whitespaces)
  }

  /// The cells of the rows of every table in the section with this heading.
  func rows(ofSection heading: String) throws -> [[String]] {
    let start = try #require(text.range(of: "\n## \(heading)\n"), "no section \(heading)").upperBound
    let end = text[start...].range(of: "\n## ")?.lowerBound ?? text.endIndex
    return text[start..<end].components(separatedBy: "\n").filter { $0.hasPrefix("| ") && $0.hasSuffix(" |") }.map {
      row in
      row.dropFirst(2).dropLast(2).components(separatedBy: " | ")
    }
  }
}

@Suite struct ProtocolExamplesTests {
  let document: ProtocolDocument
  /// The hub's key in the examples: 00 01 … 1f.
  let key = [UInt8](0..<32)

  init() throws { document = try .load() }

  @Test(arguments: ["pushRequest", "pullReply", "firstPullReply", "cursorLost", "pullValues"])
  func aBodyInTheDocumentIsReadAndWrittenByteForByte(name: String) throws {
    let body = try document.body(name)
    let batch = try Batch(parsing: body)
    guard case .object(let members) = batch.header else { return #expect(Bool(false), "the header is an object") }
    let header = JSON.object(members.filter { $0.key != "entries" })
    #expect(Batch(header: header, entries: batch.entries).bytes == body)
    for entry in batch.entries {
      guard let line = entry.line else { continue }
      #expect(Hash.of(line) == entry.head.hash)
      let change = try ChangeLine.decode(line)
      #expect(change.order == entry.head.order)
      #expect(change.dot == entry.head.dot)
      #expect(change.prev == entry.head.prev)
      #expect(ChangeLine.encode(change) == line)
    }
  }

  @Test func theMessagesInTheDocumentAreReadAndWrittenAsTheyStand() throws {
    func check(_ name: String, _ again: (JSON) throws -> JSON) throws {
      let json = try document.json(name)
      #expect(try again(json) == json, "\(name)")
    }
    func header(_ name: String) throws -> JSON {
      let header = try Batch(parsing: document.body(name)).header
      return .object((header.asObject ?? []).filter { $0.key != "entries" })
    }
    try check("helloRequest") { try HelloRequest($0).json }
    try check("helloReply") { try HelloReply($0).json }
    try check("pushReply") { try PushReply($0).json }
    try check("pushGap") { try PushReply($0).json }
    try check("pushQuarantined") { try PushReply($0).json }
    try check("pullRequest") { try PullRequest($0).json }
    try check("firstPullRequest") { try PullRequest($0).json }
    try check("reconcileLeaves") { try ReconcileRequest($0).json }
    try check("reconcileDone") { try ReconcileRequest($0).json }
    try check("problem") { Problem($0).json }
    #expect(try PushHeader(header("pushRequest")).json == header("pushRequest"))
    for name in ["pullReply", "firstPullReply", "cursorLost", "pullValues"] {
      #expect(try PullReply(header(name)).json == header(name), "\(name)")
    }
    for name in ["enrollRequest", "renewRequest"] {
      #expect(try document.json(name).string("csr").hasPrefix("-----BEGIN"))
    }
    for field in ["platform", "agent", "certificate", "ca"] { _ = try document.json("enrollReply").string(field) }
    _ = try document.json("enrollReply").int("notAfter")
  }

  @Test func theChangesHashCommitmentAndReceiptAreThoseThatTheCodeComputes() throws {
    let line = Array(try document.example("changeLine").utf8)
    let change = try ChangeLine.decode(line)
    let hash = Hash.of(line)
    #expect(hash.description == (try document.value("hash")))
    let nonce = try #require(Base64URL.decode(try document.value("nonce")))
    let sealed = SealedValue(nonce: nonce, value: try JSONText(checking: Array(try document.value("value").utf8)))
    #expect(sealed.commitment.description == (try document.value("commitment")))
    #expect(change.sealedMentions.map(\.commitment) == [sealed.commitment])
    let receipt = Receipt.issue(
      order: change.order, dot: change.dot, prev: change.prev, hash: hash, verdict: .accepted, key: key)
    #expect(receipt.description == (try document.value("receipt")))
    #expect(document.text.contains("zero bytes: `\(Hash.zero)`"))
  }

  @Test func chainRunningHashAndReceiptsContinueThroughTheWholeStory() throws {
    var chain = Hash.zero
    for (index, entry) in try Batch(parsing: document.body("pushRequest")).entries.enumerated() {
      chain = .chain(chain, entry.head.hash)
      #expect(entry.head.chain == chain)
      #expect(chain.description == (try document.value("chain \(index + 1)")))
    }
    var feedHash = Hash.zero
    var position = 0
    for name in ["firstPullReply", "pullReply"] {
      let batch = try Batch(parsing: document.body(name))
      for entry in batch.entries {
        let head = entry.head
        position += 1
        feedHash = .feed(feedHash, head.dot, head.hash)
        #expect(head.position == position)
        #expect(head.feedHash == feedHash)
        let verdict = try #require(head.verdict)
        let receipt = try #require(head.receipt)
        #expect(
          Receipt.verifies(
            receipt, order: head.order, dot: head.dot, prev: head.prev, hash: head.hash, verdict: verdict, key: key))
        if position <= 2 { #expect(feedHash.description == (try document.value("feedHash \(position)"))) }
      }
      #expect(try PullReply(batch.header).head == Cursor(position: position, feedHash: feedHash))
    }
    let hello = try HelloRequest(document.json("helloRequest"))
    #expect(hello.runs.map(\.chain) == [chain])
    #expect(try PushReply(document.json("pushReply")).head == Cursor(position: position, feedHash: feedHash))
  }

  @Test func theStorysChangesHaveTheDocumentsCanonicalFormInAnyOrder()
    throws
  {
    let entries = try ["firstPullReply", "pullReply", "pushRequest"].flatMap {
      try Batch(parsing: document.body($0)).entries
    }
    let changes = try entries.compactMap { try $0.line.map(ChangeLine.decode) }
    #expect(changes.count == 6)
    let order = try #require(changes.first?.order)
    for arrival in [changes, changes.reversed()] {
      let (state, waiting) = Merge.fold(arrival.map { .change($0) }, order: order)
      #expect(waiting.isEmpty)
      let canonical = state.canonical(entries: arrival.flatMap(\.entries))
      #expect(String(decoding: canonical, as: UTF8.self) == (try document.example("canonical")) + "\n")
      #expect(document.text.contains("(\(canonical.count) bytes)"))
      let hash = state.canonicalHash(entries: arrival.flatMap(\.entries))
      #expect(hash.description == (try document.example("canonicalHash")))
      let view = OrderView(state)
      #expect(view.contradictions.map(\.kind) == [.recalledWhileDone])
      #expect(view.status(now: 1_795_579_200_000) == .repaired)
    }
  }
}
