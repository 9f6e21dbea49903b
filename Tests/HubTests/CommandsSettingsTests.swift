// The hub's configuration: what the example file says is what holds without one, and flags win.

import Foundation
import Logging
import Shell
import Testing

@testable import Hub

@Suite struct CommandsSettingsTests {
  private static let example =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("deploy/hub.example.yaml").path

  @Test func theExampleFileHoldsTheDefaults() throws {
    var example = try HubSettings.load(file: Self.example, environment: [:])
    // The one value that the file asks to be set.
    #expect(example.names == ["hub.example.org"])
    example.names = ["localhost"]
    let directory = NSTemporaryDirectory() + "lianxin-settings-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let empty = directory + "/hub.yaml"
    try "# nothing is set\n".write(toFile: empty, atomically: true, encoding: .utf8)
    #expect(try HubSettings.load(file: empty, environment: [:]) == example)
    #expect(example.port == 7443)
    #expect(example.maxWaitMilliseconds == 30_000)
    #expect(example.skewMilliseconds == 300_000)
    #expect(example.skippedNumbers == 1_000)
    #expect(example.certificateLifeSeconds == 90 * 86_400)
    #expect(example.certificateGraceSeconds == 14 * 86_400)
    #expect(example.logLevel == .info)
    #expect(!example.allowTLS12)
  }

  @Test func theExampleFileHasEveryKey() throws {
    let text = try String(contentsOfFile: Self.example, encoding: .utf8)
    // A section is one block of lines, and what has no value of its own stands in it as a comment.
    let blocks = text.components(separatedBy: "\n\n")
    for key in HubSettings.keys {
      let parts = key.name.split(separator: ".")
      let block = parts.count == 1 ? text : blocks.first { $0.contains("\(parts[0]):\n") } ?? ""
      #expect(block.contains("\(parts[parts.count - 1]):"), "\(key.name)")
    }
  }

  @Test func flagsWinOverEnvironmentAndTheSocketLiesInTheData() throws {
    let serve = try #require(
      try HubCommand.parseAsRoot([
        "serve", "--config", Self.example, "--data", "d", "--port", "0", "--listen", "127.0.0.1",
      ]) as? ServeCommand)
    let settings = try serve.settings()
    #expect(settings.dataDirectory == "d")
    #expect(settings.socketPath == "d/hub.sock")
    #expect(settings.port == 0)
    #expect(settings.listen == "127.0.0.1")
    let environment = ["LIANXIN_HUB_SYNC_PORT": "7", "LIANXIN_HUB_DATA": "e"]
    let loaded = try HubSettings.load(file: Self.example, overrides: ["data": "d"], environment: environment)
    #expect(loaded.port == 7)
    #expect(loaded.dataDirectory == "d")
    let initialise = try #require(
      try HubCommand.parseAsRoot(["init", "--config", Self.example, "--data", "d", "--names", "a, b"]) as? InitCommand)
    #expect(try initialise.settings().names == ["a", "b"])
  }

  @Test func aPortThatTheSystemChoosesIsChosenForAllListeners() throws {
    func settings(_ arguments: String...) throws -> HubSettings {
      let command = try HubCommand.parseAsRoot(["serve", "--config", Self.example] + arguments)
      return try #require(command as? ServeCommand).settings()
    }
    #expect(try settings("--port", "0").metrics?.port == 0)
    #expect(try settings("--port", "0", "--metrics-port", "9").metrics?.port == 9)
    #expect(try settings("--port", "7").metrics?.port == 9464)
    #expect(try settings().metrics?.port == 9464)
    #expect(MetricsService.remedy.contains("metrics.port"))
  }

  @Test func whoMustHaveASecondFactorIsAWordOfTheTable() throws {
    func rule(_ word: String?) throws -> SecondFactorRule {
      let environment = word.map { ["LIANXIN_HUB_ACCOUNTS_SECOND_FACTOR": $0] } ?? [:]
      return try HubSettings.load(file: Self.example, environment: environment).secondFactor
    }
    #expect(try rule(nil) == .supervisor)
    for word in SecondFactorRule.allCases { #expect(try rule(word.rawValue) == word) }
    #expect(throws: ConfigFailure.self) { try rule("none") }
  }

  @Test func aWrongUnitOrAnUnknownKeyStopsTheStartAndIsNamedWithItsLine() throws {
    let path = NSTemporaryDirectory() + "lianxin-wrong-" + UUID().uuidString + ".yaml"
    try "sync:\n  ports: 7\npull:\n  maxWait: 90s\n".write(toFile: path, atomically: true, encoding: .utf8)
    let failure = #expect(throws: ConfigFailure.self) { try HubSettings.load(file: path, environment: [:]) }
    #expect(failure?.faults.map(\.place).sorted() == ["\(path):2", "\(path):4"])
  }
}
