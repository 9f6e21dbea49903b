// The word from `restore` to the next start that the database went back, as a file beside it: a start alone can tell neither a database
// that was restored from one that was not, nor which numbers were given out meanwhile.

import Core
import Foundation
import Shell

struct RestoreMark {
  let files: HubFiles

  /// Left once the restored database has its name.
  func leave() throws(CommandFailure) {
    do { try SecretFile.write(Array("the next start skips human numbers\n".utf8), to: files.restored) } catch {
      throw CommandFailure(
        "the database is restored, but its next start will not know that: \(error)",
        remedy: "touch \(files.restored) before you start it, so that it gives out no number twice")
    }
  }

  /// Does what a restored database needs before it takes work, and takes the mark away once that is durable. False where there is none.
  func obey(_ writer: GroupCommitWriter) throws -> Bool {
    guard FileManager.default.fileExists(atPath: files.restored) else { return false }
    try writer.perform { transaction in
      try Numbering.skip(transaction)
      try WentBack.restored.note(at: transaction.now, transaction.db)
    }
    try FileManager.default.removeItem(atPath: files.restored)
    return true
  }
}
