// What `user` and `audit` ask of the hub, where a password comes from, and what they say.

import ArgumentParser
import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite struct AccountsCommandTests {
  private let by: (String, JSON?) = ("author", ["name": "root", "role": "administrator"])

  private func request(_ arguments: [String]) throws -> any HubRequestCommand {
    let command = try HubCommand.parseAsRoot(arguments)
    return try #require(command as? any HubRequestCommand)
  }

  private func call(_ arguments: String...) throws -> HubCall { try request(arguments).call() }

  private func isRefused(_ arguments: String...) -> Bool {
    do {
      _ = try HubCommand.parseAsRoot(arguments)
      return false
    } catch {
      return HubCommand.exitCode(for: error) == .validationFailure
    }
  }

  @Test func everyCommandIsOneRequest() throws {
    #expect(try call("user", "list") == .get("/v1/users"))
    #expect(
      try call("user", "add", "li", "--display-name", "李", "--role", "operator", "--author", "root")
        == .post("/v1/users", [("name", "li"), ("displayName", "李"), ("role", "operator"), by]))
    #expect(
      try call("user", "add", "erp", "--program", "--author", "root")
        == .post("/v1/users", [("name", "erp"), ("role", "viewer"), ("program", true), by]))
    #expect(
      try call("user", "role", "a/b", "viewer", "--author", "root")
        == .post("/v1/users/a%2Fb/role", [("role", "viewer"), by]))
    #expect(try call("user", "password", "li", "--author", "root") == .post("/v1/users/li/password", [by]))
    #expect(
      try call("user", "reset-second-factor", "li", "--author", "root")
        == .post("/v1/users/li/second-factor/reset", [by]))
    #expect(try call("user", "disable", "li", "--author", "root") == .post("/v1/users/li/disable", [by]))
    #expect(try call("user", "enable", "li", "--author", "root") == .post("/v1/users/li/enable", [by]))
    #expect(
      try call(
        "user", "token", "create", "erp", "--label", "x", "--role", "viewer", "--life", "90d", "--author", "root")
        == .post("/v1/users/erp/tokens", [("label", "x"), ("role", "viewer"), ("life", 7_776_000), by]))
    #expect(try call("user", "token", "list", "erp") == .get("/v1/users/erp/tokens"))
    #expect(
      try call("user", "token", "revoke", "erp", "7f", "--author", "root")
        == .post("/v1/users/erp/tokens/7f/revoke", [by]))
    #expect(try call("audit", "list") == .get("/v1/audit?limit=50"))
    #expect(
      try call("audit", "list", "--before", "7", "--who", "a&b", "--action", "sign-in", "--limit", "3")
        == .get("/v1/audit?before=7&who=a%26b&action=sign-in&limit=3"))
  }

  @Test func aPasswordIsTheFirstLineOfAFileAndNoArgument() throws {
    let path = NSTemporaryDirectory() + "lx-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("quite a long evening walk\r\nand more\n".utf8).write(to: URL(fileURLWithPath: path))
    let call = try call("user", "add", "li", "--password-file", path)
    #expect(call.body?["password"] == "quite a long evening walk")
    #expect(isRefused("user", "add", "li", "--password", "quite a long evening walk"))
    try Data("\nx".utf8).write(to: URL(fileURLWithPath: path))
    for path in [path, path + "-none"] {
      let command = try request(["user", "password", "li", "--password-file", path])
      #expect(throws: CommandFailure.self) { try command.call() }
    }
  }

  @Test func whatCannotBeMeantIsRefusedBeforeItIsSent() {
    #expect(isRefused("user", "add", "li", "--role", "boss"))
    #expect(isRefused("user", "role", "li", "boss"))
    #expect(isRefused("user", "add", "erp", "--program", "--ask-password"))
    #expect(isRefused("user", "password", "li", "--ask-password", "--password-file", "x"))
    #expect(isRefused("user", "token", "create", "erp"))
    #expect(isRefused("audit", "list", "--action", "flown"))
    #expect(isRefused("audit", "list", "--limit", "0"))
  }

  @Test func whatIsShownOnceSaysSoAndWhatAPersonWroteIsHarmless() throws {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 1_764_000_000_000)
    let added = try request(["user", "add", "li"]).lines(
      ["name": "li", "role": "viewer", "oneTimePassword": "abcde-fghij", "oneTimeUntil": 1_764_000_000_000], on: page)
    #expect(added.contains("Password: abcde-fghij"))
    #expect(added.contains { $0.contains("Shown once") })
    let rows: JSON = [
      "users": [
        [
          "name": "li", "displayName": "\u{1B}[31m李", "role": "viewer", "hasPassword": true, "sessions": 1, "tokens": 0,
        ],
        ["name": "x", "displayName": "x", "role": "viewer", "disabled": 1, "sessions": 0, "tokens": 0],
      ]
    ]
    let listed = try request(["user", "list"]).lines(rows, on: page)
    #expect(!listed.joined().contains("\u{1B}"))
    #expect(listed.contains { $0.contains("disabled") } && listed.contains { $0.contains("active") })
    let audit: JSON = [
      "audit": [["number": 2, "at": 0, "who": "li", "action": "sign-in", "detail": ["address": "10.0.0.1"]]], "next": 2,
    ]
    let lines = try request(["audit", "list"]).lines(audit, on: page)
    #expect(lines.contains { $0.contains("address=10.0.0.1") })
    #expect(lines.last == "More: --before 2")
  }
}
