// The agent's table of keys: the documented example is a configuration, and its values are the defaults.

import Core
import Foundation
import Shell
import Testing

@testable import Agent

struct SyncSettingsTests {
  private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("deploy/agent.example.yaml").path

  @Test func theShippedExampleHasEveryKey() throws {
    let text = try String(contentsOfFile: Self.example, encoding: .utf8)
    // A section is one block of lines, and what has no value of its own stands in it as a comment.
    let blocks = text.components(separatedBy: "\n\n")
    for key in AgentSettings.keys {
      let parts = key.name.split(separator: ".")
      let block = parts.count == 1 ? text : blocks.first { $0.contains("\(parts[0]):\n") } ?? ""
      #expect(block.contains("\(parts[parts.count - 1]):"), "\(key.name)")
    }
  }

  @Test func theShippedExampleIsReadAndHoldsTheDefaults() throws {
    let shipped = try AgentSettings(Settings.load(AgentSettings.keys, file: Self.example, environment: [:]))
    let plain = try AgentSettings(Settings.load(AgentSettings.keys, file: nil, environment: [:]))
    #expect(shipped.data == plain.data && shipped.socket == plain.socket && shipped.logLevel == plain.logLevel)
    #expect(shipped.hub == "https://hub.example.org:7443" && plain.hub == nil)
    let (left, right) = (shipped.engine, plain.engine)
    #expect(left.maxWait == right.maxWait && left.maxChanges == right.maxChanges && left.maxBytes == right.maxBytes)
    #expect(left.firstRetry == right.firstRetry && left.maxRetry == right.maxRetry)
    #expect(left.operatorRetry == right.operatorRetry && left.operatorRetry == 900_000)
  }

  @Test func aDataDirectoryOnTheCommandLineBringsItsOwnSocket() throws {
    let settings = try AgentSettings.load(file: nil, data: "/tmp/x")
    #expect(settings.data == "/tmp/x" && settings.socket == "/tmp/x/agent.sock")
    #expect(settings.files.lock + ".lock" == "/tmp/x/agent.lock")
    #expect(try AgentSettings.load(file: nil, data: "/tmp/x", socket: "/tmp/y").socket == "/tmp/y")
  }
}
