// `enroll`: one-time token in, identity files out. The exchange itself is Enrolment's.

import ArgumentParser
import Core
import Foundation
import Shell

struct EnrollCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll", abstract: "Make this an agent of a platform, with the token that the hotline gave.",
    discussion: """
      The key is made here and never leaves this machine. If the answer is lost \
      on the way, run the same command again: the same token and key get the same \
      answer. The token and the hub's ca.pem come from the hub's operator.

      EXAMPLES:
        lianxin-agent enroll --data /var/lib/lianxin-agent --ca ca.pem \\
          --hub https://hub.example.org:7443 --token-file token.txt
        lianxin-agent enroll --hub https://hub:7443 --ca ca.pem --token-file -
      """)

  @Option(help: ArgumentHelp("The data directory.", valueName: "dir"), completion: .directory) var data: String?
  @Option(
    help: ArgumentHelp("The configuration file (YAML).", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?
  @Option(help: ArgumentHelp("The hub's address (default: the configuration's).", valueName: "url")) var hub: String?
  @Option(help: ArgumentHelp("The hub's authority, a PEM file.", valueName: "file"), completion: .file()) var ca: String
  @Option(
    help: ArgumentHelp("A file with the token, or - for standard input.", valueName: "file"), completion: .file())
  var tokenFile: String?
  @Option(help: "The token itself; other users of this machine can see it in the list of processes.") var token: String?
  @Option(help: ArgumentHelp("This agent's name within the platform.", valueName: "agent")) var name: String?
  @Flag(help: "Replace the identity that is there.") var force = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (tokenFile == nil) != (token == nil) else {
      throw ValidationError("Give the token by --token-file or by --token.")
    }
  }

  mutating func run() throws {
    let settings = try AgentSettings.load(
      file: ConnectionOptions.file(named: config, installed: DaemonOptions.installedFile), data: data, hub: hub)
    guard let hub = settings.hub else {
      throw CommandFailure(
        "the hub's address is missing", remedy: "give --hub, or set `hub` in the configuration", status: .usage)
    }
    let token = try readToken()
    let identity: AgentIdentity
    do {
      let enroller = try Enroller(files: settings.files, hub: hub, caFile: ca)
      identity = try enroller.enrol(token: token, agent: name, replaces: force)
    } catch {
      throw error.asCommandFailure
    }
    let document: JSON = [
      "platform": .string(identity.platform.text), "agent": .string(identity.agent), "hub": .string(identity.hub),
      "identity": .string(settings.files.identity),
    ]
    output.show(document, as: EnrollCommand.lines)
  }

  private static func lines(_ document: JSON, on page: Page) -> [String] {
    func text(_ key: String) -> String { Sanitize.line(document[key]?.asString ?? "") }
    return [
      "Enrolled as agent \(text("agent")) of \(text("platform")) at \(text("hub")).",
      page.style.paint("Identity: \(text("identity")). Start with `lianxin-agent run`.", .dim),
    ]
  }

  /// The token without white space around it.
  private func readToken() throws(CommandFailure) -> String {
    if let token { return token.trimmingCharacters(in: .whitespacesAndNewlines) }
    guard let tokenFile else { throw CommandFailure("there is no token", status: .usage) }
    do {
      let bytes =
        tokenFile == "-"
        ? try FileHandle.standardInput.read(upToCount: 4096) ?? Data()
        : try Data(contentsOf: URL(fileURLWithPath: tokenFile))
      let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      guard !text.isEmpty, text.utf8.count <= 4096 else {
        throw CommandFailure("the token file \(tokenFile) does not hold a token", status: .usage)
      }
      return text
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure("the token file \(tokenFile) cannot be read: \(error.localizedDescription)", status: .usage)
    }
  }
}
