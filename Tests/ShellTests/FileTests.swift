// Secret files and the one-process lock.

import Foundation
import Testing

@testable import Shell

@Suite struct FileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func aSecretFileIsReplacedWholeAndIsItsOwnersAlone() throws {
    let path = directory.path + "/hub.key"
    try SecretFile.write([1, 2, 3], to: path)
    try SecretFile.write(Array("second".utf8), to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("second".utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["hub.key"])
  }

  @Test func aSecretThatCannotBeWrittenNamesThePathAndTheReason() {
    #expect {
      try SecretFile.write([1], to: directory.path + "/no/such/key")
    } throws: { error in
      "\(error)".contains("/no/such/") && "\(error)".contains("No such file or directory")
    }
  }

  @Test func aSecondProcessOnOneDatabaseIsRefusedAndToldWhoHoldsIt() throws {
    let database = directory.path + "/hub.sqlite"
    do {
      let first = try ProcessLock(database: database)
      defer { withExtendedLifetime(first) {} }
      #expect(throws: ProcessLock.Failure.held(path: database + ".lock", pid: getpid())) {
        try ProcessLock(database: database)
      }
      #expect {
        try ProcessLock(database: database)
      } throws: { error in
        "\(error)".contains("pid \(getpid())")
      }
    }
    _ = try ProcessLock(database: database)
  }
}
