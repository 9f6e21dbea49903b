// Who this agent is, as enrolment wrote it: `identity/agent.json` beside key and certificates. How it came about is Enrolment's.

import Core
import Foundation

/// The platform, the agent's name within it, and the hub that enrolled it.
struct AgentIdentity: Sendable, Equatable {
  let platform: PlatformName
  let agent: String
  /// The hub's base address, `https://…`.
  let hub: String

  init(platform: PlatformName, agent: String, hub: String) {
    self.platform = platform
    self.agent = agent
    self.hub = hub
  }

  /// Reads the file that `enroll` wrote.
  static func load(_ files: AgentFiles) throws(CredentialError) -> AgentIdentity {
    guard let text = try CredentialFile.read(files.description) else { throw .missing(path: files.description) }
    do {
      let json = try JSON(parsing: Array(text.utf8))
      return AgentIdentity(
        platform: try PlatformName(try json.string("platform")), agent: try json.string("agent"),
        hub: try json.string("hub"))
    } catch {
      throw .unreadable(path: files.description, what: "an agent's description")
    }
  }

  /// Writes the file, durably.
  func write(to files: AgentFiles) throws(CredentialError) {
    let json: JSON = ["platform": .string(platform.text), "agent": .string(agent), "hub": .string(hub)]
    try CredentialFile.write(String(decoding: json.bytes, as: UTF8.self) + "\n", to: files.description)
  }
}
