// When a backup of this database was last restored in a check: a small file beside the database. A backup that nobody restored is a
// hope.

import Core
import Foundation

/// The last backup of a database that `restore --check` found whole.
public struct LastCheck: Equatable, Sendable {
  /// When it was checked, milliseconds since 1970.
  public let at: Int
  /// When that backup was made, milliseconds since 1970.
  public let created: Int
  public let changes: Int

  public var json: JSON { ["at": .int(at), "created": .int(created), "changes": .int(changes)] }

  static func path(besideDatabase database: String) -> String { database + ".last-check" }

  /// nil where nothing was ever checked, or the file cannot be read: both mean that there is no check to rely on.
  public static func read(besideDatabase database: String) -> LastCheck? {
    guard let data = FileManager.default.contents(atPath: path(besideDatabase: database)) else { return nil }
    do {
      let json = try JSON(parsing: Array(data))
      return LastCheck(at: try json.int("at"), created: try json.int("created"), changes: try json.int("changes"))
    } catch {
      return nil
    }
  }

  func write(besideDatabase database: String) throws(BackupError) {
    let path = LastCheck.path(besideDatabase: database)
    do { try SecretFile.write(json.bytes + [0x0A], to: path) } catch { throw .file(error) }
    try Files.give(path, toOwnerOf: Files.directory(of: database))
  }
}
