// The agent's table of keys: the documented example is a configuration, and its values are the defaults.

import Core
import Foundation
import Shell
import Testing

@testable import Agent

struct SyncSettingsTests {
  @Test func theShippedExampleIsReadAndHoldsTheDefaults() throws {
    let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("deploy/agent.example.yaml").path
    let shipped = try AgentSettings(Settings.load(AgentSettings.keys, file: example, environment: [:]))
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
