// Why a backup or a restore did not happen, in words, and as the failure of a command. After each of them the database, and a file
// that was there before, are as they were.

import Foundation

/// What stopped a backup or a restore.
public enum BackupError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileFailure)
  /// There is a file of that name, and nobody said that it may be replaced.
  case exists(path: String)
  /// It was to be replaced, and it is something else than a backup.
  case notReplaced(path: String)
  case noDatabase(path: String)
  /// Another process makes or restores a backup with the same temporary file.
  case busy(path: String)
  case noRoom(directory: String, needs: Int, has: Int)
  /// The disk was full in the middle of it.
  case full(path: String, doing: String)
  case database(path: String, doing: String, message: String)
  /// The database has faults; the first of them.
  case unsound(path: String, findings: [String])
  /// The copy does not hold what the original, or the manifest, says.
  case counts(what: String, found: Int, expected: String)
  case changedMeanwhile(path: String)
  case notABackup(path: String, reason: String)
  case truncated(path: String)
  case damaged(path: String, what: String)
  case newerFormat(found: Int)
  /// It was made by the other program, or holds the other kind of content.
  case otherContent(path: String, holds: String, wanted: String)
  case otherOwner(path: String, of: String, here: String)
  case newerSchema(found: Int, known: Int, version: String)
  /// The database that would be replaced is of newer software.
  case newerDatabase(path: String, found: Int, known: Int)
  /// It is sealed, and no identity was given.
  case sealed(recipient: String)
  case sealedForAnother(recipient: String, identity: String)
  case keyFile(path: String, reason: String)
  case keyExists(path: String)
  case locked(ProcessLock.Failure)
  case unconfirmed(name: String, given: String?)
  case interrupted

  public var description: String { words.message }

  /// As a command says it, with what to do about it.
  public var asCommandFailure: CommandFailure {
    let (message, remedy, status) = words
    return CommandFailure(message, remedy: remedy, status: status)
  }

  private var words: (message: String, remedy: String?, status: CommandStatus) {
    switch self {
    case .file(let failure):
      ("\(failure)", failure.errno == ENOSPC ? "free some space and repeat the command" : nil, .failure)
    case .exists(let path): ("\(path) exists already", "choose another name, or give --force to replace it", .conflict)
    case .notReplaced(let path):
      ("\(path) is not a backup, so --force does not replace it", "choose another name", .conflict)
    case .noDatabase(let path): ("there is no database \(path)", "name the data directory by --data", .notFound)
    case .busy(let path): ("another backup or restore is at work on \(path)", "wait for its end", .conflict)
    case .noRoom(let directory, let needs, let has):
      (
        "\(directory) has \(TimeText.bytes(has)) free, and \(TimeText.bytes(needs)) are needed",
        "free some space, or name a directory with room by --scratch", .failure
      )
    case .full(let path, let doing):
      (
        "cannot \(doing) the database \(path): the disk is full; nothing was changed",
        "free some space, or name a directory with room by --scratch", .failure
      )
    case .database(let path, let doing, let message):
      ("cannot \(doing) the database \(path): \(message)", nil, .failure)
    case .unsound(let path, let findings):
      (
        "the database \(path) is damaged: \(findings.joined(separator: "; "))",
        "restore an older backup that `restore --check` finds whole", .failure
      )
    case .counts(let what, let found, let expected):
      ("the copy holds \(found) \(what), where \(expected) were expected", "repeat it; nothing was changed", .failure)
    case .changedMeanwhile(let path): ("\(path) changed while it was being saved", "repeat the command", .failure)
    case .notABackup(let path, let reason): ("\(path) is not a backup of Lianxin: \(reason)", nil, .failure)
    case .truncated(let path):
      ("the backup \(path) is incomplete: its end is missing", "copy it again, or take an older one", .failure)
    case .damaged(let path, let what):
      ("the backup \(path) is damaged: \(what)", "copy it again, or take an older one", .failure)
    case .newerFormat(let found):
      (
        "the backup has the format \(found), and this version knows \(BackupManifest.format)", "upgrade this program",
        .refusedByRule
      )
    case .otherContent(let path, let holds, let wanted): ("\(path) holds \(holds), not \(wanted)", nil, .refusedByRule)
    case .otherOwner(let path, let of, let here): ("\(path) is of \(of), and this is \(here)", nil, .refusedByRule)
    case .newerSchema(let found, let known, let version):
      (
        "the backup was made by the newer version \(version) (schema \(found)); this one knows the schema \(known)",
        "upgrade this program", .refusedByRule
      )
    case .newerDatabase(let path, let found, let known):
      (
        "the database \(path) was written by a newer version (schema \(found)); this one knows the schema \(known)",
        "upgrade this program, and restore with that; where you do go back to this version, move the database and its -wal away first",
        .refusedByRule
      )
    case .sealed(let recipient):
      (
        "the backup is encrypted for the key \(recipient)", "give that key's private file by --identity", .notAuthorised
      )
    case .sealedForAnother(let recipient, let identity):
      (
        "the backup is encrypted for the key \(recipient), and the identity given is \(identity)",
        "give the private file of \(recipient)", .notAuthorised
      )
    case .keyFile(let path, let reason): ("\(path) cannot be used as a key: \(reason)", nil, .failure)
    case .keyExists(let path):
      ("\(path) exists already, and no key is ever overwritten", "choose another directory", .conflict)
    case .locked(let failure): ("\(failure)", "stop the daemon, restore, and start it again", .conflict)
    case .unconfirmed(let name, nil):
      ("nothing was changed: it is not confirmed", "repeat the command with --yes \(name)", .usage)
    case .unconfirmed(let name, let given?):
      ("nothing was changed: --yes \(given) is not \(name)", "repeat the command with --yes \(name)", .usage)
    case .interrupted: ("interrupted; nothing was changed", nil, .failure)
    }
  }
}
