// How a command line says that the hub is on another machine, and what it refuses to send there.

import ArgumentParser
import Foundation
import Shell
import Testing

@testable import Hub

@Suite struct CommandsRemoteTests {
  private let url = "https://hub.example.org:7444"
  private let directory = NSTemporaryDirectory()

  private func options(_ arguments: String...) throws -> HubOptions {
    let command = try HubCommand.parseAsRoot(["orders", "list"] + arguments)
    return try #require(command as? any HubRequestCommand).hub
  }

  private func remote(_ options: HubOptions, _ environment: [String: String]) throws -> RemoteHub? {
    try options.remote(environment: environment)
  }

  /// Gives a body the paths of an authority's certificate and of a token's file, which last as long as it runs.
  private func withFiles(_ body: (_ ca: String, _ token: String) throws -> Void) throws {
    let base = directory + "/lx-" + UUID().uuidString
    defer { for end in [".pem", ".token"] { try? FileManager.default.removeItem(atPath: base + end) } }
    try Data("certificate".utf8).write(to: URL(fileURLWithPath: base + ".pem"))
    try Data("lxa-of-the-file\r\nmore\n".utf8).write(to: URL(fileURLWithPath: base + ".token"))
    try body(base + ".pem", base + ".token")
  }

  private func refusal(_ options: HubOptions, _ environment: [String: String] = [:]) -> CommandFailure? {
    do throws(CommandFailure) {
      _ = try options.remote(environment: environment)
      return nil
    } catch {
      return error
    }
  }

  @Test func aHubOnAnotherMachineIsNamedByFlagsOrTheEnvironmentAndFlagsGoFirst() throws {
    try withFiles { (ca: String, token: String) throws in
      let environment = [
        "LIANXIN_URL": "https://other:1/", "LIANXIN_CA": ca, "LIANXIN_TOKEN": "lxa-of-the-environment",
      ]
      #expect(try remote(options(), [:]) == nil)
      #expect(try remote(options(), ["LIANXIN_URL": ""]) == nil)
      #expect(
        try remote(options(), environment)
          == RemoteHub(url: "https://other:1", caFile: ca, token: "lxa-of-the-environment"))
      #expect(
        try remote(options("--url", url, "--ca", ca, "--token-file", token), environment)
          == RemoteHub(url: url, caFile: ca, token: "lxa-of-the-file"))
      // Who names this machine's hub means it.
      for flag in ["--data", "--socket", "--config"] {
        #expect(try remote(options(flag, "/x"), environment) == nil)
      }
    }
  }

  @Test func whatIsMissingOrCannotBeMeantIsToldWithItsRemedy() throws {
    for flag in ["--data", "--socket", "--config"] {
      #expect(throws: (any Error).self) { try options("--url", url, flag, "/x") }
    }
    #expect(throws: (any Error).self) { try options("--token", "lxa-x") }
    try withFiles { ca, token in
      #expect(refusal(try options("--ca", ca))?.remedy?.contains("--url") == true)
      #expect(refusal(try options("--url", url, "--token-file", token))?.remedy?.contains("LIANXIN_CA") == true)
      #expect(refusal(try options("--url", url, "--ca", ca))?.remedy?.contains("LIANXIN_TOKEN") == true)
      #expect(refusal(try options("--url", url, "--ca", ca + "x", "--token-file", token))?.message.contains(ca) == true)
      #expect(
        refusal(try options("--url", url, "--ca", ca, "--token-file", token + "x"))?.remedy?.contains("token") == true)
      for wrong in ["http://hub:1", "hub:7444", "https://", "https://hub/api", "https://li@hub", "https://hub?x=1"] {
        let failure = refusal(try options("--url", wrong, "--ca", ca, "--token-file", token))
        #expect(failure?.remedy?.contains("https://HOST:PORT") == true, "\(wrong)")
        #expect(failure?.status == .usage)
      }
    }
  }

  /// A command line for every command that takes `--author`.
  private static let authored = [
    "orders create --kind repair --title x", "orders show o1 --reveal", "orders dispatch o1 water", "orders recall o1",
    "orders edit o1 --title x", "orders note o1 x", "orders urge o1", "orders supervise o1 water --demand x",
    "orders call-back o1 --not-reached", "orders close o1 solved", "orders rework o1", "orders cancel o1 --reason x",
    "orders relate o1 o2 --kind repeat", "orders void o1 water.a:2 --reason x", "orders reinstate o1 water.a:2",
    "orders record accept o1 --on-behalf-of w", "orders record progress o1 onSite --on-behalf-of w",
    "orders record result o1 --outcome solved --on-behalf-of w",
    "orders record complete o1 --outcome solved --on-behalf-of w",
    "orders record request o1 return --on-behalf-of w", "orders record withdraw o1 r1 --on-behalf-of w",
    "orders record resume o1 --on-behalf-of w", "requests answer r1 --grant", "conflicts settle o1 title",
    "agent settle-clone water depot", "lost settle o1", "privacy find --phone 1", "privacy export --phone 1",
    "privacy purge --phone 1 --reason x", "user add li", "user role li viewer", "user password li",
    "user reset-second-factor li", "user disable li", "user enable li", "user token create li --label x",
    "user token revoke li 7f",
  ]

  @Test func nobodyButTheTokensAccountIsTheAuthorThere() async throws {
    let base = directory + "/lx-" + UUID().uuidString
    defer { for end in [".pem", ".token"] { try? FileManager.default.removeItem(atPath: base + end) } }
    try Data("certificate".utf8).write(to: URL(fileURLWithPath: base + ".pem"))
    try Data("lxa-x\n".utf8).write(to: URL(fileURLWithPath: base + ".token"))
    for line in Self.authored {
      let arguments =
        line.split(separator: " ").map(String.init)
        + ["--author", "li", "--url", "https://localhost:1", "--ca", base + ".pem", "--token-file", base + ".token"]
      var command = try HubCommand.parseAsRoot(arguments)
      do {
        if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        Issue.record("\(line) was sent")
      } catch let failure as CommandFailure {
        #expect(failure.status == .usage && failure.message.contains("--author"), "\(line): \(failure)")
      }
    }
  }

  @Test func everyCommandThatTakesAnAuthorIsTriedAbove() {
    func check(_ command: any ParsableCommand.Type, _ path: [String]) {
      let children = command.configuration.subcommands
      for child in children { check(child, path + [child._commandName]) }
      // An import reads its file first, so that it is not among them.
      guard children.isEmpty, !["import", "replay"].contains(path.joined(separator: " ")),
        HubCommand.helpMessage(for: command).contains("--author")
      else { return }
      #expect(
        Self.authored.contains { $0.hasPrefix(path.joined(separator: " ") + " ") }, "\(path.joined(separator: " "))")
    }
    check(HubCommand.self, [])
  }
}
