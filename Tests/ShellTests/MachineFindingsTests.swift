// What a doctor says of the machine: how long a disk takes, at either side of what can be, and files that others can read.

import Foundation
import Testing

@testable import Shell

@Suite struct MachineFindingsTests {
  @Test(arguments: [0, 1, 49])
  func aDiskThatIsQuickerThanDisksAreIsDoubted(microseconds: Int) {
    let finding = MachineFindings.speed(microseconds: microseconds)
    #expect(finding.isWell && finding.isDoubtful, "a doubt fails no check")
    #expect(finding.detail.contains("\(microseconds) µs"))
    #expect(finding.remedy?.contains("power cut") == true)
    #expect(finding.json["ok"] == true && finding.json["doubtful"] == true && finding.json["remedy"] != nil)
  }

  @Test(arguments: [50, 9_999, 200_000])
  func aDiskIsWell(microseconds: Int) {
    let finding = MachineFindings.speed(microseconds: microseconds)
    #expect(finding.isWell && !finding.isDoubtful && finding.remedy == nil)
    #expect(finding.json["doubtful"] == nil)
  }

  @Test func aSlowDiskIsNamed() {
    let finding = MachineFindings.speed(microseconds: 200_001)
    #expect(!finding.isWell && finding.detail.contains("200 ms") && finding.remedy?.contains("local disk") == true)
  }

  @Test func aDoubtIsShownAsOneToLookAt() {
    let checks = [MachineFindings.speed(microseconds: 1), Finding("libraries", true, "new")].report
    #expect(checks["ok"] == true)
    let lines = ListPrinting.checks(checks, on: Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0))
    #expect(lines.contains { $0.hasPrefix("look") && $0.contains("disk speed") })
    #expect(lines.contains { $0.hasPrefix("disk speed: so quick is memory") })
  }

  @Test func thisDiskIsMeasured() throws {
    let directory = try TemporaryDirectory()
    #expect(MachineFindings.disk(directory.path).map(\.name) == ["disk space", "disk speed"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
  }

  private func file(_ name: String, mode: mode_t, in directory: TemporaryDirectory) throws -> String {
    let path = try directory.write("secret", name)
    try #require(chmod(path, mode) == 0)
    return path
  }

  private func mode(_ path: String) -> mode_t {
    var info = stat()
    return stat(path, &info) == 0 ? info.st_mode & 0o777 : 0
  }

  @Test func aDatabaseThatOthersCanReadIsNamedAndMadeItsOwnersByFix() throws {
    let directory = try TemporaryDirectory()
    let database = try file("hub.db", mode: 0o600, in: directory)
    #expect(MachineFindings.databaseFiles(database, fixing: false).isWell)
    let log = try file("hub.db-wal", mode: 0o640, in: directory)
    let found = MachineFindings.databaseFiles(database, fixing: false)
    #expect(!found.isWell && found.detail.contains("hub.db-wal (mode 640)"), "\(found)")
    #expect(found.remedy?.contains("--fix") == true && mode(log) == 0o640)
    let fixed = MachineFindings.databaseFiles(database, fixing: true)
    #expect(fixed.isWell && fixed.repair != nil && mode(log) == 0o600 && mode(database) == 0o600)
    #expect(MachineFindings.databaseFiles(database, fixing: true).repair == nil)
  }

  @Test func aKeyThatOthersCanReadIsMadeItsOwnersAndOneThatIsGoneIsNot() throws {
    let directory = try TemporaryDirectory()
    let key = try file("agent.key", mode: 0o604, in: directory)
    #expect(!MachineFindings.secrets([key], fixing: false).isWell)
    let fixed = MachineFindings.secrets([key], fixing: true)
    #expect(fixed.isWell && fixed.repair?.contains("take new keys") == true && mode(key) == 0o600)
    let gone = MachineFindings.secrets([key, directory.path + "/gone"], fixing: true)
    #expect(!gone.isWell && gone.detail.contains("gone") && gone.remedy?.contains("backup of the keys") == true)
  }
}
