// The first line of a backup: what it holds, of whom, from when. One line of JSON, so that `head -1` shows it. The bytes after it
// are BackupContainer's.

import Core
import Foundation

/// What a backup says of itself.
public struct BackupManifest: Equatable, Sendable {
  /// What a backup holds.
  public enum Kind: String, Sendable {
    case database, keys

    var words: String { self == .database ? "database" : "keys and ledger" }
  }

  /// One file inside: its name, its size and its permission bits.
  public struct Part: Equatable, Sendable {
    public let name: String
    public let bytes: Int
    public let mode: Int

    public init(name: String, bytes: Int, mode: Int = 0o600) {
      self.name = name
      self.bytes = bytes
      self.mode = mode
    }

    /// As `chmod` takes it.
    var modeText: String { "0" + String(mode, radix: 8) }
  }

  /// For whom the parts are sealed: the recipient's fingerprint, and the encapsulated key (RFC 9180 §5.1.1).
  struct Sealing: Equatable, Sendable {
    let recipient: String
    let encapsulated: [UInt8]
  }

  static let format = 1
  /// More than any manifest has; a longer first line is none.
  static let maxBytes = 1 << 16
  private static let maxParts = 64
  /// How every manifest begins: the file's magic.
  static let opening = Array(#"{"lianxin":"backup","format":"#.utf8)

  /// `hub` or `agent`.
  public var program: String
  /// The program's version.
  public var version: String
  public var kind: Kind
  /// The machine's name.
  public var host: String
  /// The path of the database on that machine; nil for keys.
  public var database: String?
  /// Of an agent.
  public var platform: String?
  /// Of a hub: the fingerprint of its authority's certificate.
  public var authority: String?
  /// Milliseconds since 1970.
  public var created: Int
  /// What the database holds; nil for keys.
  public var facts: DatabaseFacts?
  public var parts: [Part]
  /// SHA-256 of all parts one after the other, in hexadecimal.
  var payloadHash = ""
  var sealing: Sealing?

  public init(
    program: String, version: String, kind: Kind, database: String? = nil, platform: String? = nil,
    authority: String? = nil, facts: DatabaseFacts? = nil, parts: [Part]
  ) {
    self.program = program
    self.version = version
    self.kind = kind
    self.host = BackupManifest.hostName
    self.database = database
    self.platform = platform
    self.authority = authority
    self.created = Page.wallClock()
    self.facts = facts
    self.parts = parts
  }

  /// The size of all parts together.
  public var payloadBytes: Int { parts.reduce(0) { $0 + $1.bytes } }
  public var isSealed: Bool { sealing != nil }

  /// `the agent's database`, `the hub's keys and ledger`.
  public var words: String { "the \(program)'s \(kind.words)" }

  /// The line without its line feed.
  var line: [UInt8] { json.bytes }

  /// The manifest as it stands in the file, and in the answers of the commands.
  public var json: JSON {
    .compact([
      ("lianxin", "backup"), ("format", .int(BackupManifest.format)), ("program", .string(program)),
      ("version", .string(version)), ("kind", .string(kind.rawValue)), ("host", .string(host)),
      ("database", database.map(JSON.string)), ("platform", platform.map(JSON.string)),
      ("authority", authority.map(JSON.string)), ("created", .int(created)),
      ("schema", facts.map { .int($0.schema) }), ("changes", facts.map { .int($0.changes) }),
      ("orders", facts.map { .int($0.orders) }), ("newest", facts?.newest.map(JSON.int)),
      (
        "parts",
        .array(parts.map { ["name": .string($0.name), "bytes": .int($0.bytes), "mode": .string($0.modeText)] })
      ),
      ("payload", ["bytes": .int(payloadBytes), "sha256": .string(payloadHash)]),
      (
        "encryption",
        sealing.map {
          [
            "suite": .string(BackupKeys.suiteName), "recipient": .string($0.recipient),
            "key": .string(Base64URL.encode($0.encapsulated)), "chunk": .int(BackupContainer.chunkBytes),
          ]
        }
      ),
    ])
  }

  /// Reads the line of the backup at `path`.
  init(line: [UInt8], path: String) throws(BackupError) {
    do {
      let json = try JSON(parsing: line)
      guard json["lianxin"] == "backup" else { throw BackupError.notABackup(path: path, reason: "it says so nowhere") }
      let format = try json.int("format")
      guard format <= BackupManifest.format else { throw BackupError.newerFormat(found: format) }
      guard let kind = Kind(rawValue: try json.string("kind")) else { throw JSONError(.wrongType, field: "kind") }
      self.kind = kind
      program = try json.string("program")
      version = try json.string("version")
      host = try json.string("host")
      database = try json.optionalString("database")
      platform = try json.optionalString("platform")
      authority = try json.optionalString("authority")
      created = try json.int("created")
      facts =
        kind == .keys
        ? nil
        : DatabaseFacts(
          schema: try json.int("schema"), changes: try json.int("changes"), orders: try json.int("orders"),
          newest: try json.optionalInt("newest"), platform: platform)
      let parts = json["parts"]?.asArray ?? []
      guard (1...BackupManifest.maxParts).contains(parts.count) else { throw JSONError(.outOfRange, field: "parts") }
      self.parts = try parts.map(BackupManifest.part)
      let payload = json["payload"] ?? .null
      payloadHash = try payload.string("sha256")
      guard try payload.int("bytes") == payloadBytes else { throw JSONError(.outOfRange, field: "payload.bytes") }
      if let encryption = json["encryption"] { sealing = try BackupManifest.sealing(encryption) }
    } catch let error as BackupError {
      throw error
    } catch {
      throw .damaged(path: path, what: "its first line cannot be read (\(error))")
    }
  }

  /// A name is one plain file's: it becomes a path when the backup is restored.
  private static func part(_ json: JSON) throws -> Part {
    let name = try json.string("name")
    let mode = try json.string("mode") == "0644" ? 0o644 : 0o600
    guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,99}/) != nil else {
      throw JSONError(.wrongType, field: "name")
    }
    return Part(name: name, bytes: try json.int("bytes", in: 0...(Limits.maxInteger / maxParts)), mode: mode)
  }

  private static func sealing(_ json: JSON) throws -> Sealing {
    guard try json.string("suite") == BackupKeys.suiteName, try json.int("chunk") == BackupContainer.chunkBytes,
      let key = Base64URL.decode(try json.string("key"))
    else { throw JSONError(.wrongType, field: "encryption") }
    return Sealing(recipient: try json.string("recipient"), encapsulated: key)
  }

  /// This machine's name.
  public static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return name.isEmpty ? "localhost" : String(decoding: name, as: UTF8.self)
  }
}
