// Configuration: precedence, units, and errors that name file, line and key.

import Foundation
import Testing

@testable import Shell

@Suite struct ConfigurationTests {
  static let keys: [ConfigKey] = [
    ConfigKey("name", .string, required: true, example: "water", prefix: "T", doc: "The platform's name."),
    ConfigKey("sync.listen", .string, default: "0.0.0.0:7443", prefix: "T", doc: "Where agents connect."),
    ConfigKey("sync.maxBatch", .integer(1...1000), default: "500", prefix: "T", doc: "Changes in one push."),
    ConfigKey("sync.wait", .duration(.seconds(1) ... .seconds(300)), default: "50s", prefix: "T", doc: "Long poll."),
    ConfigKey("log.level", .oneOf(["info", "debug"]), default: "info", prefix: "T", doc: "How much is logged."),
    ConfigKey("store.path", .path, default: "hub.sqlite", prefix: "T", doc: "The database."),
    ConfigKey("store.cache", .bytes, default: "8MiB", prefix: "T", doc: "Page cache."),
    ConfigKey("console.enabled", .bool, default: "true", prefix: "T", doc: "Whether there is a console."),
    ConfigKey("console.hosts", .list, prefix: "T", doc: "Names that browsers may use."),
  ]

  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func load(
    _ yaml: String, environment: [String: String] = [:], overrides: [String: String] = [:]
  ) throws -> Settings {
    let file = try directory.write(yaml, "hub.yaml")
    return try Settings.load(Self.keys, file: file, environment: environment, overrides: overrides)
  }

  private func faults(
    _ yaml: String, environment: [String: String] = [:], overrides: [String: String] = [:]
  ) throws -> [String] {
    do {
      _ = try load(yaml, environment: environment, overrides: overrides)
      return []
    } catch let failure as ConfigFailure {
      return failure.faults.map { $0.description.replacing(directory.path + "/", with: "") }
    }
  }

  @Test func theCommandLineBeatsTheEnvironmentBeatsTheFileBeatsTheDefault() throws {
    let yaml = "name: water\nsync:\n  listen: file\n  maxBatch: 1\n  wait: 2m\n"
    let settings = try load(
      yaml, environment: ["T_SYNC_LISTEN": "environment", "T_SYNC_MAX_BATCH": "2"],
      overrides: ["sync.listen": "flag"])
    #expect(try settings.string("sync.listen") == "flag")
    #expect(try settings.integer("sync.maxBatch") == 2)
    #expect(try settings.duration("sync.wait") == .seconds(120))
    #expect(try settings.bytes("store.cache") == 8 << 20)
    #expect(!settings.has("console.hosts"))
  }

  @Test func aPathInTheFileCountsFromTheFile() throws {
    #expect(try load("name: a\nstore: {path: data/x.db}").path("store.path") == directory.path + "/data/x.db")
    #expect(try load("name: a\nstore: {path: /x.db}").path("store.path") == "/x.db")
  }

  @Test func listsComeFromASequenceOrFromCommas() throws {
    #expect(try load("name: a\nconsole:\n  hosts: [a.cn, b.cn]").list("console.hosts") == ["a.cn", "b.cn"])
    #expect(
      try load("name: a", environment: ["T_CONSOLE_HOSTS": "a.cn, b.cn"]).list("console.hosts") == ["a.cn", "b.cn"])
  }

  @Test(arguments: [
    ("name: a\nsync:\n  lissten: x\n", "hub.yaml:3: sync.lissten: is not a key; did you mean `sync.listen`?"),
    ("name: a\nlevel: info\n", "hub.yaml:2: level: is not a key; did you mean `log.level`?"),
    ("name: a\nzzzzzzzzzz: 1\n", "hub.yaml:2: zzzzzzzzzz: is not a key; known here: name, sync, log, store, console"),
    ("name: a\nsync:\n\n  wait: 30\n", "hub.yaml:4: sync.wait: `30` has no unit; allowed: a duration"),
    (
      "name: a\nsync: {wait: 30 sec}\n", "hub.yaml:2: sync.wait: `sec` is not a unit that is known here; allowed: a dur"
    ),
    ("name: a\nsync: {wait: 10m}\n", "hub.yaml:2: sync.wait: `10m` is out of range; allowed: a duration"),
    (
      "name: a\nstore: {cache: 8MB}\n",
      "hub.yaml:2: store.cache: `MB` is not a unit that is known here; allowed: a size"
    ),
    ("name: a\nstore: {cache: 99999999999999999GiB}\n", "hub.yaml:2: store.cache: `99999999999999999GiB` is too large"),
    (
      "name: a\nsync: {maxBatch: 1.5}\n",
      "hub.yaml:2: sync.maxBatch: `1.5` is not a whole number; allowed: a whole numb"
    ),
    (
      "name: a\nsync: {maxBatch: 0}\n",
      "hub.yaml:2: sync.maxBatch: 0 is out of range; allowed: a whole number from 1 to"
    ),
    ("name: a\nconsole: {enabled: yes}\n", "hub.yaml:2: console.enabled: `yes` is neither true nor false"),
    ("name: a\nlog:\n  level: loud\n", "hub.yaml:3: log.level: `loud` is not known; allowed: one of info, debug"),
    ("name: a\nlog:\n  level:\n", "hub.yaml:3: log.level: has no value"),
    ("name: a\nlog:\n  level: [info]\n", "hub.yaml:3: log.level: must be a single value"),
    ("name: a\nsync: x\n", "hub.yaml:2: sync: is a value; here a section of keys is expected"),
    ("name: a\nsync.wait: 5s\nsync:\n  wait: 6s\n", "hub.yaml:4: sync.wait: is given twice, first in line 2"),
    ("name: a\nname: b\n", "hub.yaml:1: name: is given twice"),
    ("name: [a\n", "hub.yaml:2: is not YAML: "),
    ("sync: {maxBatch: 5}\n", "hub.yaml: name: is not set, and there is no default"),
  ])
  func aMistakeIsNamedWithFileLineAndKey(_ yaml: String, _ message: String) throws {
    let faults = try faults(yaml)
    #expect(faults.count == 1)
    #expect(faults.first?.hasPrefix(message) == true, "\(faults)")
  }

  @Test func allMistakesAreReportedAtOnceWhereverTheyStand() throws {
    let faults = try faults(
      "name: a\nsync: {wait: 5, maxBatch: x}", environment: ["T_STORE_CACHE": "1"], overrides: ["log.levle": "info"])
    #expect(faults.count == 4)
    #expect(faults.contains { $0.hasPrefix("environment T_STORE_CACHE: store.cache: `1` has no unit") })
    #expect(faults.contains("command line: log.levle: is not a key; did you mean `log.level`?"))
  }

  @Test func aNamedFileThatIsNotThereIsAnError() {
    #expect(throws: ConfigFailure.self) {
      try Settings.load(Self.keys, file: directory.path + "/none.yaml", environment: ["T_NAME": "a"])
    }
  }

  @Test func theExampleFileIsItselfAValidConfigurationWithAllDefaults() throws {
    let yaml = ConfigExample.yaml(Self.keys, title: "Hub configuration.")
    let settings = try load(yaml)
    #expect(try settings.string("name") == "water")
    #expect(try settings.duration("sync.wait") == .seconds(50))
    // With every default written in, it still loads and says the same.
    let written = yaml.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.contains(#/^ *#[a-z]/#) ? String(line.replacing("#", with: "", maxReplacements: 1)) : String(line)
    }
    let same = try load(written.joined(separator: "\n"))
    #expect(try same.string("sync.listen") == "0.0.0.0:7443")
    #expect(try same.bool("console.enabled"))
    for key in Self.keys { #expect(yaml.contains(key.doc) && yaml.contains(key.environment)) }
  }

  @Test(arguments: [
    ("0s", 0), ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("90d", 7_776_000_000),
  ])
  func durationsAreReadAndWrittenWithTheirUnit(_ text: String, _ milliseconds: Int) {
    #expect(ConfigValue.parse(text, as: .duration).value == .duration(.milliseconds(milliseconds)))
    #expect(ConfigValue.text(.milliseconds(milliseconds)) == text)
  }
}
