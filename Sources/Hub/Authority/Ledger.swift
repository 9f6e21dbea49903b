// The ledger: what the authority did and must never forget, even if the database is restored from an old backup.
// An append-only file of JSON lines beside the keys. The store holds the same facts for look-up; this file is what heals it.

import Core
import Foundation
import Synchronization

/// One fact. Times are whole seconds.
enum LedgerRecord: Equatable, Sendable {
  /// A certificate was made. `token` is the hash of the enrolment token, nil for a renewal.
  case issued(
    serial: String, platform: PlatformName, agent: String, publicKeyHash: Hash, notAfter: Date, token: Hash?, at: Date)
  /// This certificate is good for nothing any more.
  case revoked(serial: String, platform: PlatformName, agent: String, reason: String, at: Date)
  /// The token bought a certificate for this key, and only the same key gets the same answer again.
  case tokenSpent(token: Hash, platform: PlatformName, publicKeyHash: Hash, at: Date)
  /// The token was withdrawn unspent.
  case tokenRevoked(token: Hash, platform: PlatformName, at: Date)
  /// Sealed values of an order were destroyed and must not come back from a backup.
  case purged(order: OrderID, commitments: [Hash], at: Date)
  /// What was recorded with this number until then is to be destroyed whenever it arrives.
  case numberPurged(PurgedNumber, at: Date)
}

/// Why the ledger cannot be read or trusted with more.
enum LedgerError: Error, Equatable, CustomStringConvertible {
  case file(PrivateFileError)
  /// A line before the last does not parse; `line` counts from 1.
  case badLine(path: String, line: Int, reason: String)
  /// The record has no JSON form.
  case unwritable(reason: String)
  /// An earlier append failed; what the disk holds is not known until the file is opened anew.
  case stopped(path: String)

  var description: String {
    switch self {
    case .file(let error):
      error.description
    case .badLine(let path, let line, let reason):
      "\(path), line \(line): \(reason); restore the file from the copy of the keys, no line may be left out"
    case .unwritable(let reason):
      "a ledger record cannot be written: \(reason)"
    case .stopped(let path):
      "an earlier write to \(path) failed; free or mend the disk and restart the hub"
    }
  }
}

/// What a ledger held when it was opened.
struct LedgerReplay: Equatable, Sendable {
  let records: [LedgerRecord]
  /// Bytes of a last line that a crash cut short: it was never acknowledged, and is cut off. Worth a log line.
  let tornBytes: Int
}

/// The open ledger. Appends are durable when `append` returns, one at a time.
///
/// Opening takes the file as it is after a crash. The hub's lock on its data directory keeps a second process away.
final class Ledger: Sendable {
  private struct File {
    var handle: Int32
    var isStopped = false
  }

  /// Path of the file, mode 0600.
  let path: String
  /// What was in it when it was opened.
  let replayed: LedgerReplay
  private let file: Mutex<File>

  /// Opens or creates the ledger, reads it and cuts off a torn last line.
  init(path: String) throws(LedgerError) {
    let isNew = !PrivateFile.exists(path)
    let handle = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard handle >= 0 else { throw .file(.failed(path: path, doing: "open", code: errno)) }
    do throws(LedgerError) {
      if isNew { try Self.asLedgerError { () throws(PrivateFileError) in try PrivateFile.syncDirectory(of: path) } }
      let (replay, goodBytes) = try Self.read(path)
      if replay.tornBytes > 0, ftruncate(handle, off_t(goodBytes)) != 0 || fsync(handle) != 0 {
        throw .file(.failed(path: path, doing: "cut the torn last line off", code: errno))
      }
      self.path = path
      self.replayed = replay
      self.file = Mutex(File(handle: handle))
    } catch {
      close(handle)
      throw error
    }
  }

  deinit {
    file.withLock { _ = close($0.handle) }
  }

  /// Adds one record and waits for the disk. After a failure every further append is refused: what reached the disk is
  /// not known, and a failed fsync must not be tried again.
  func append(_ record: LedgerRecord) throws(LedgerError) {
    let line = try Self.encode(record)
    try file.withLock { (file) throws(LedgerError) in
      guard !file.isStopped else { throw .stopped(path: path) }
      do throws(PrivateFileError) {
        try PrivateFile.append(line, to: file.handle, path: path)
      } catch {
        file.isStopped = true
        throw .file(error)
      }
    }
  }

  /// Reads the file as it is now, in order.
  func replay() throws(LedgerError) -> [LedgerRecord] {
    try Self.read(path).replay.records
  }

  private static func read(_ path: String) throws(LedgerError) -> (replay: LedgerReplay, goodBytes: Int) {
    let bytes = try asLedgerError { () throws(PrivateFileError) in try readWhole(path) }
    var records: [LedgerRecord] = []
    var start = 0
    var number = 0
    while start < bytes.count {
      number += 1
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { break }
      do {
        records.append(try decode(bytes[start..<end]))
      } catch {
        // After a power cut the file may have its new length but not its new bytes: a bad last line is a torn one.
        guard error.isTorn, end == bytes.count - 1 else {
          throw .badLine(path: path, line: number, reason: error.reason)
        }
        break
      }
      start = end + 1
    }
    return (LedgerReplay(records: records, tornBytes: bytes.count - start), start)
  }

  private static func asLedgerError<Value>(
    _ body: () throws(PrivateFileError) -> Value
  ) throws(LedgerError) -> Value {
    do {
      return try body()
    } catch {
      throw .file(error)
    }
  }

  /// A ledger grows for years, so its size has no bound as a key file has; its mode is checked all the same.
  private static func readWhole(_ path: String) throws(PrivateFileError) -> [UInt8] {
    let handle = open(path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else { throw .failed(path: path, doing: "open", code: errno) }
    defer { close(handle) }
    try PrivateFile.refuseExposed(handle, path: path)
    do {
      return try [UInt8](FileHandle(fileDescriptor: handle, closeOnDealloc: false).readToEnd() ?? Data())
    } catch {
      throw .failed(path: path, doing: "read", code: errno)
    }
  }
}

// MARK: the lines

/// Why a line is no record.
private struct LineError: Error {
  let reason: String
  /// It is no JSON, as the rest of a write that a crash cut short; a whole line that says something unknown is not torn.
  var isTorn = false
}

/// A line's flat JSON object. `kind` says which of the others are there.
private struct LedgerLine: Codable {
  var kind: String
  var at: Int
  var serial: String?
  var platform: String?
  var agent: String?
  var publicKeyHash: String?
  var notAfter: Int?
  var token: String?
  var reason: String?
  var order: String?
  var commitments: [String]?
  var number: String?
  var digits: Int?
  /// Milliseconds, and the counter of the hybrid clock.
  var until: [Int]?
}

extension Ledger {
  private static func encode(_ record: LedgerRecord) throws(LedgerError) -> [UInt8] {
    let line: LedgerLine
    switch record {
    case .issued(let serial, let platform, let agent, let publicKeyHash, let notAfter, let token, let at):
      line = LedgerLine(
        kind: "issued", at: seconds(at), serial: serial, platform: platform.text, agent: agent,
        publicKeyHash: publicKeyHash.description, notAfter: seconds(notAfter), token: token?.description)
    case .revoked(let serial, let platform, let agent, let reason, let at):
      line = LedgerLine(
        kind: "revoked", at: seconds(at), serial: serial, platform: platform.text, agent: agent, reason: reason)
    case .tokenSpent(let token, let platform, let publicKeyHash, let at):
      line = LedgerLine(
        kind: "tokenSpent", at: seconds(at), platform: platform.text, publicKeyHash: publicKeyHash.description,
        token: token.description)
    case .tokenRevoked(let token, let platform, let at):
      line = LedgerLine(kind: "tokenRevoked", at: seconds(at), platform: platform.text, token: token.description)
    case .purged(let order, let commitments, let at):
      line = LedgerLine(
        kind: "purged", at: seconds(at), order: order.text, commitments: commitments.map(\.description))
    case .numberPurged(let number, let at):
      line = LedgerLine(
        kind: "numberPurged", at: seconds(at), number: number.mark.description, digits: number.digits,
        until: [number.until.milliseconds, number.until.counter])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try [UInt8](encoder.encode(line)) + [UInt8(ascii: "\n")]
    } catch {
      throw .unwritable(reason: "\(error)")
    }
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) throws(LineError) -> LedgerRecord {
    let line: LedgerLine
    do {
      line = try JSONDecoder().decode(LedgerLine.self, from: Data(bytes))
    } catch {
      throw LineError(reason: "this is no ledger line", isTorn: true)
    }
    let at = date(line.at)
    switch line.kind {
    case "issued":
      return .issued(
        serial: try line.need(line.serial, "serial"), platform: try line.platformName(),
        agent: try line.need(line.agent, "agent"), publicKeyHash: try line.hash(line.publicKeyHash, "publicKeyHash"),
        notAfter: date(try line.need(line.notAfter, "notAfter")),
        token: line.token == nil ? nil : try line.hash(line.token, "token"), at: at)
    case "revoked":
      return .revoked(
        serial: try line.need(line.serial, "serial"), platform: try line.platformName(),
        agent: try line.need(line.agent, "agent"), reason: try line.need(line.reason, "reason"), at: at)
    case "tokenSpent":
      return .tokenSpent(
        token: try line.hash(line.token, "token"), platform: try line.platformName(),
        publicKeyHash: try line.hash(line.publicKeyHash, "publicKeyHash"), at: at)
    case "tokenRevoked":
      return .tokenRevoked(token: try line.hash(line.token, "token"), platform: try line.platformName(), at: at)
    case "purged":
      var commitments: [Hash] = []
      for text in try line.need(line.commitments, "commitments") {
        commitments.append(try line.hash(text, "commitments"))
      }
      return .purged(order: try line.orderID(), commitments: commitments, at: at)
    case "numberPurged":
      let until = try line.need(line.until, "until")
      guard until.count == 2 else { throw LineError(reason: "until is no hybrid time") }
      return .numberPurged(
        PurgedNumber(
          mark: try line.hash(line.number, "number"), digits: try line.need(line.digits, "digits"),
          until: HybridTime(until[0], until[1])), at: at)
    default:
      throw LineError(reason: "kind \(String(reflecting: line.kind)) is not known to this version")
    }
  }

  private static func seconds(_ date: Date) -> Int {
    Int(date.timeIntervalSince1970.rounded(.down))
  }

  private static func date(_ seconds: Int) -> Date {
    Date(timeIntervalSince1970: Double(seconds))
  }
}

extension LedgerLine {
  func need<Value>(_ value: Value?, _ name: String) throws(LineError) -> Value {
    guard let value else { throw LineError(reason: "a line of kind \(kind) lacks \(name)") }
    return value
  }

  func hash(_ text: String?, _ name: String) throws(LineError) -> Hash {
    guard let hash = Hash(try need(text, name)) else { throw LineError(reason: "\(name) is no hash") }
    return hash
  }

  func platformName() throws(LineError) -> PlatformName {
    let text = try need(platform, "platform")
    do {
      return try PlatformName(text)
    } catch {
      throw LineError(reason: error.description)
    }
  }

  func orderID() throws(LineError) -> OrderID {
    let text = try need(order, "order")
    do {
      return try OrderID(text)
    } catch {
      throw LineError(reason: error.description)
    }
  }
}
