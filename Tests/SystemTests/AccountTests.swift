// Accounts with a real hub: what its command line asks, shows and keeps.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Accounts {
    private static let secret = "quite a long evening walk"

    /// Types the secret at both prompts of a terminal of its own, and shows what that terminal showed.
    private static let typing = """
      import os, pty, sys
      pid, fd = pty.fork()
      if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
      shown, prompts = b"", [b"characters): ", b"Again: "]
      while True:
          try: piece = os.read(fd, 4096)
          except OSError: break
          if not piece: break
          shown += piece
          if prompts and shown.endswith(prompts[0]):
              prompts.pop(0)
              os.write(fd, sys.argv[1].encode() + b"\\n")
      sys.stdout.buffer.write(shown)
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """

    @Test func aPasswordThatIsTypedIsNotShown() throws {
      let site = try Site("water")
      let finished = try ChildProcess(
        "/usr/bin/env",
        [
          "python3", "-c", Self.typing, Self.secret, site.hub.program.path, "user", "add", "chief", "--role",
          "administrator", "--ask-password", "--data", site.hub.data,
        ], scratch: site.directory
      ).finish()
      #expect(finished.status == 0 && finished.output.contains("Account chief, administrator."), "\(finished.all)")
      #expect(!finished.all.contains(Self.secret))
      let chief = try site.hub.json("user", "list").list("users").first { $0["name"] == "chief" }
      #expect(chief?["hasPassword"] == true && chief?["oneTimeUntil"] == nil)
    }

    @Test func whatIsShownOnceIsShownOnceAndWhatWasDoneStandsInTheAudit() throws {
      let site = try Site("water")
      let added = try site.hub.json("user", "add", "li.wei", "--role", "operator", "--author", "root")
      #expect(added["oneTimePassword"]?.asString?.count == 23)
      _ = try site.hub.json("user", "add", "erp", "--program", "--role", "viewer", "--author", "root")
      let file = site.directory + "/erp.token"
      let made = try site.hub.json(
        "user", "token", "create", "erp", "--label", "assets", "--out", file, "--author", "root")
      let token = try String(contentsOfFile: file, encoding: .utf8)
      #expect(token.hasPrefix("lxa-") && made["token"] == nil)
      #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
      for answer in [try site.hub.json("user", "list"), try site.hub.json("user", "token", "list", "erp")] {
        let text = String(decoding: answer.bytes, as: UTF8.self)
        #expect(!text.contains(token.dropLast()) && !text.contains(added.text("oneTimePassword")))
      }
      let refused = try site.hub.command("user", "add", "erp")
      #expect(refused.status == CommandStatus.conflict.rawValue, "\(refused.all)")
      _ = try site.hub.json("user", "disable", "li.wei", "--author", "root")
      let audit = try site.hub.json("audit", "list", "--who", "root").list("audit").map {
        "\($0.text("who")) \($0.text("action"))"
      }
      #expect(
        audit == ["root account-disabled", "root api-token-created", "root account-added", "root account-added"])
      let doctor = try site.hub.json("doctor").list("checks").first { $0["name"] == "the audit is whole" }
      #expect(doctor?["ok"] == true)
    }
  }
}

extension JSON {
  fileprivate func list(_ key: String) -> [JSON] { self[key]?.asArray ?? [] }
  fileprivate func text(_ key: String) -> String { self[key]?.asString ?? "" }
}
