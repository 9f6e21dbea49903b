// A hub's directory: where things lie in it, how it is made, and the machine that it is on.

import Core
import Foundation
import Shell

/// Where things lie in the hub's data directory.
struct HubFiles: Sendable {
  let directory: String
  var database: String { directory + "/hub.db" }
  var port: String { directory + "/hub.port" }
  var consolePort: String { directory + "/console.port" }
  var metricsPort: String { directory + "/metrics.port" }
  /// There from a restore to the first start after it.
  var restored: String { directory + "/hub.db.restored" }
  var keys: KeyDirectory { KeyDirectory(path: directory + "/keys") }
}

extension HubEnvironment {
  /// The machine's clock, randomness and time zone.
  static func real(skewMilliseconds: Int) -> HubEnvironment {
    HubEnvironment(
      wall: { Int(Date().timeIntervalSince1970 * 1_000) },
      random: { count in
        var generator = SystemRandomNumberGenerator()
        return generator.bytes(count)
      },
      day: { milliseconds in
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        return String(format: "%04d%02d%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
      }, skewMilliseconds: skewMilliseconds)
  }
}

enum HubSetup {
  /// Makes a hub's directory: authority, keys, ledger, database. Refuses where there is one. Returns what to tell the user.
  static func initialise(_ settings: HubSettings) throws -> [String] {
    let files = HubFiles(directory: settings.dataDirectory)
    guard !FileManager.default.fileExists(atPath: files.database) else {
      throw CommandFailure(
        "there is a hub in \(settings.dataDirectory) already",
        remedy: "choose another --data, or start it with: lianxin-hub serve --data \(settings.dataDirectory)",
        status: .conflict)
    }
    try FileManager.default.createDirectory(
      atPath: settings.dataDirectory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let lock = try HubDaemon.lock(files)
    var generator = SystemRandomNumberGenerator()
    let names = try serverNames(settings.names + (settings.console?.names ?? []))
    let now = Date()
    let authority = try CertificateAuthority.create(
      in: files.keys, name: names.first?.description ?? "hub", now: now, using: &generator)
    _ = try HubKeys.create(in: files.keys, using: &generator)
    _ = try Ledger(path: files.keys.ledger)
    try authority.ensureServerCertificate(in: files.keys, names: names, now: now, using: &generator)
    let database = try SQLiteDatabase(path: files.database)
    try HubSchema.migrate(database)
    try database.close()
    withExtendedLifetime(lock) {}
    return [
      "Made a hub in \(settings.dataDirectory).",
      "  Authority  \(files.keys.authorityCertificate)  (give this file to every agent)",
      "  Keys       \(files.keys.path)  (mode 0700: back them up apart from the database)",
      "Next: start it with `lianxin-hub serve`, with the same --data or --config.",
    ]
  }

  static func serverNames(_ texts: [String]) throws -> [ServerName] {
    try texts.map { text in
      guard let name = ServerName(text) else {
        throw CommandFailure(
          "'\(text)' is neither a DNS name nor an address",
          remedy: "set sync.names (or --names) to how agents reach the hub",
          status: .usage)
      }
      return name
    }
  }
}
