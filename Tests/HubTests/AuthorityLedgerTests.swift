// What must outlive a lost database: the ledger, the tokens' hashes and the receipt key.

import Core
import Foundation
import Testing

@testable import Hub

@Suite final class AuthorityLedgerTests {
  private let directory: KeyDirectory
  private let records: [LedgerRecord]

  init() throws {
    directory = KeyDirectory(path: NSTemporaryDirectory() + "lianxin-ledger-" + UUID().uuidString)
    try PrivateFile.makeDirectory(directory.path)
    let at = Date(timeIntervalSince1970: 1_700_000_000)
    let water = try PlatformName("water")
    let hash = Hash.of(Array("x".utf8))
    records = [
      .tokenSpent(token: hash, platform: water, publicKeyHash: hash, at: at),
      .issued(
        serial: "4f00", platform: water, agent: "depot-1", publicKeyHash: hash, notAfter: at + 86_400, token: hash,
        at: at),
      .issued(
        serial: "4f01", platform: water, agent: "depot-1", publicKeyHash: hash, notAfter: at + 86_400, token: nil,
        at: at),
      .revoked(serial: "4f00", platform: water, agent: "depot-1", reason: "laptop \"lost\"\n丢失", at: at),
      .tokenRevoked(token: hash, platform: water, at: at),
      .numberPurged(PurgedNumber(mark: hash, digits: 11, until: HybridTime(1_700_000_000_123, 4)), at: at),
      .purged(
        order: OrderID(maker: water, milliseconds: 1_700_000_000_000, random: [1, 2, 3]), commitments: [hash, .zero],
        at: at),
    ]
  }

  deinit {
    // The system's own cleaning of the temporary directory is the second chance.
    try? FileManager.default.removeItem(atPath: directory.path)
  }

  private func write(_ text: String) throws {
    try PrivateFile.write(text.utf8, to: directory.ledger)
  }

  private func content() throws -> String {
    try String(decoding: PrivateFile.readSecret(directory.ledger), as: UTF8.self)
  }

  @Test func everythingAppendedIsReplayedInOrderAfterARestart() throws {
    let ledger = try Ledger(path: directory.ledger)
    #expect(ledger.replayed == LedgerReplay(records: [], tornBytes: 0))
    for record in records { try ledger.append(record) }
    #expect(try ledger.replay() == records)
    #expect(try Ledger(path: directory.ledger).replayed == LedgerReplay(records: records, tornBytes: 0))
    #expect(try content().split(separator: "\n").count == records.count)
  }

  @Test func aLastLineCutShortAnywhereIsReportedAndTheNextAppendIsWhole() throws {
    let ledger = try Ledger(path: directory.ledger)
    for record in records { try ledger.append(record) }
    let whole = try content()
    let lastLine = whole.split(separator: "\n").last?.utf8.count ?? 0
    for cut in 1...lastLine {
      try PrivateFile.write(whole.utf8.dropLast(cut), to: directory.ledger)
      let reopened = try Ledger(path: directory.ledger)
      #expect(reopened.replayed == LedgerReplay(records: Array(records.dropLast()), tornBytes: lastLine + 1 - cut))
      try reopened.append(records[6])
      #expect(try content() == whole)
    }
  }

  @Test func aLastLineOfZeroesIsTornToo() throws {
    let ledger = try Ledger(path: directory.ledger)
    try ledger.append(records[0])
    try write(content() + String(repeating: "\0", count: 40) + "\n")
    #expect(try Ledger(path: directory.ledger).replayed == LedgerReplay(records: [records[0]], tornBytes: 41))
  }

  @Test func aBadLineInTheMiddleStopsTheStartAndIsNamed() throws {
    let ledger = try Ledger(path: directory.ledger)
    for record in records { try ledger.append(record) }
    var lines = try content().split(separator: "\n").map(String.init)
    lines[2] = "{\"kind\":"
    try write(lines.joined(separator: "\n") + "\n")
    let expected = LedgerError.badLine(path: directory.ledger, line: 3, reason: "this is no ledger line")
    #expect(throws: expected) { try Ledger(path: directory.ledger) }
    #expect(expected.description.contains("line 3"))
  }

  @Test func aWholeLineOfALaterVersionIsNeverCutOff() throws {
    let text = "{\"at\":1700000000,\"kind\":\"newThing\"}\n"
    try write(text)
    #expect(throws: LedgerError.self) { try Ledger(path: directory.ledger) }
    #expect(try content() == text)
  }

  @Test func aLedgerThatOthersCanReadIsRefused() throws {
    try write("")
    chmod(directory.ledger, 0o644)
    #expect(throws: LedgerError.file(.exposed(path: directory.ledger, mode: 0o644))) {
      try Ledger(path: directory.ledger)
    }
  }

  // MARK: the receipt key

  @Test func theReceiptKeyIsMadeOnceAndReadBack() throws {
    var random = SystemRandomNumberGenerator()
    let made = try HubKeys.create(in: directory, using: &random)
    #expect(made.receiptKey.count == 32)
    #expect(try HubKeys.load(from: directory).receiptKey == made.receiptKey)
    #expect(throws: HubKeysError.file(.exists(path: directory.receiptKey))) {
      try HubKeys.create(in: directory, using: &random)
    }
  }

  @Test func aReceiptKeyThatIsExposedMissingOrShortIsRefused() throws {
    #expect(throws: HubKeysError.file(.missing(path: directory.receiptKey))) { try HubKeys.load(from: directory) }
    try PrivateFile.write([1, 2, 3], to: directory.receiptKey)
    #expect(throws: HubKeysError.wrongLength(path: directory.receiptKey, bytes: 3)) {
      try HubKeys.load(from: directory)
    }
    chmod(directory.receiptKey, 0o604)
    #expect(throws: HubKeysError.file(.exposed(path: directory.receiptKey, mode: 0o604))) {
      try HubKeys.load(from: directory)
    }
  }

  // MARK: tokens

  @Test func aTokenIsKnownByItsHashHoweverItWasTyped() throws {
    var random = SystemRandomNumberGenerator()
    let token = try EnrolmentToken.make(platform: PlatformName("construction-safety"), using: &random)
    #expect(token.text.hasPrefix("lx1-construction-safety-"))
    for typed in [token.text, " \(token.text)\n", token.text.uppercased()] {
      let read = try EnrolmentToken(parsing: typed)
      #expect(read.platform == token.platform)
      #expect(read.matches(token.hash))
    }
    #expect(!"\(token)".contains(token.text.suffix(32)))
  }

  @Test func anotherTokenOrAnotherPlatformDoesNotMatch() throws {
    var random = SystemRandomNumberGenerator()
    let token = try EnrolmentToken.make(platform: PlatformName("water"), using: &random)
    #expect(try !EnrolmentToken.make(platform: PlatformName("water"), using: &random).matches(token.hash))
    let moved = token.text.replacingOccurrences(of: "water", with: "gas")
    #expect(try !EnrolmentToken(parsing: moved).matches(token.hash))
  }

  @Test func tokensFollowTheirRandomness() throws {
    var seeded = SeededGenerator(state: 1)
    var same = SeededGenerator(state: 1)
    let water = try PlatformName("water")
    let token = try EnrolmentToken.make(platform: water, using: &seeded)
    #expect(try EnrolmentToken.make(platform: water, using: &same).text == token.text)
    #expect(try EnrolmentToken.make(platform: water, using: &seeded).text != token.text)
  }

  @Test(arguments: [
    "", "lx1", "lx1-", "lx1--", "lx1-water", "lx1-water-abc", "lx2-water-" + String(repeating: "a", count: 32),
    "lx1-water-" + String(repeating: "1", count: 32), "lx1-" + String(repeating: "a", count: 32),
    "lx1-wa ter-" + String(repeating: "a", count: 32), "lx1-hub-" + String(repeating: "a", count: 32),
    String(repeating: "a", count: 300),
  ])
  func whatIsNoTokenIsSaidToBeNone(text: String) {
    #expect(throws: TokenError.self) { try EnrolmentToken(parsing: text) }
  }
}
