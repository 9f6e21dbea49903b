// The hub's command line from another machine: over TLS, by the console's address and an account's API token.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct RemoteCommands {
    /// A site whose hub has a console, and what a machine elsewhere has of it.
    private struct Elsewhere {
      let site: Site
      let url: String

      init() throws {
        site = try Site("water", console: true)
        url = "https://localhost:\(try site.consolePort)"
      }

      /// The file of a new token of the account.
      func token(of account: String, role: String) throws -> String {
        let file = site.directory + "/\(account).token"
        _ = try site.hub.json("user", "add", account, "--program", "--role", role)
        _ = try site.hub.json("user", "token", "create", account, "--label", "elsewhere", "--out", file)
        return file
      }

      func run(_ arguments: [String], token: String, ca: String? = nil, url: String? = nil) throws -> Finished {
        try ChildProcess(
          Program.hub.path,
          arguments + ["--url", url ?? self.url, "--ca", ca ?? site.authority, "--token-file", token],
          scratch: site.directory
        ).finish()
      }

      func json(_ arguments: String..., token: String) throws -> JSON {
        let finished = try run(arguments + ["--json"], token: token)
        try demand(finished.status == 0, "\(arguments) succeeds: \(finished.all)")
        return try JSON(parsing: Array(finished.output.utf8))
      }
    }

    @Test func whatIsDoneOverTheSocketIsDoneFromElsewhereInTheAccountsName() throws {
      let there = try Elsewhere()
      let token = try there.token(of: "chief", role: "administrator")
      let made = try there.json(
        "orders", "create", "--kind", "repair", "--title", "爆管", "--dispatch", "water", "--request", "r1", token: token)
      let order = try OrderID(try made.string("order"))
      let again = try there.json(
        "orders", "create", "--kind", "repair", "--title", "爆管", "--dispatch", "water", "--request", "r1", token: token)
      #expect(again["order"] == made["order"])
      let listed = try there.json("orders", "list", "--text", "爆管", token: token)["orders"]?.asArray ?? []
      #expect(listed.map { $0["order"] ?? $0["id"] } == [made["order"]])
      let authors = try there.site.hub.order(order)["history"]?.asArray?.compactMap { $0["author"]?["name"]?.asString }
      #expect(authors?.first == "chief" && authors?.contains("tester") == false, "\(authors ?? [])")
      #expect(try there.json("status", token: token)["orders"]?["total"] == 1)
      #expect(try there.json("doctor", token: token)["checks"]?.asArray?.isEmpty == false)
      // Asked for, and looked after again and again until it has ended.
      let compared = try there.json("resync", "water", "--wait", "20s", token: token)["resyncs"]?.asArray ?? []
      #expect(compared.map { $0["state"] } == ["done"])
      let state = try there.run(["orders", "show", order.text, "--state"], token: token)
      let held = try there.site.hub.state(order)
      #expect(Array(state.output.utf8) == held)
    }

    @Test func theEnvironmentNamesTheHubAsWell() throws {
      let there = try Elsewhere()
      let token = try String(contentsOfFile: there.token(of: "erp", role: "viewer"), encoding: .utf8)
      let finished = try ChildProcess(
        Program.hub.path, ["status", "--json"], scratch: there.site.directory,
        environment: [
          "LIANXIN_URL": there.url, "LIANXIN_CA": there.site.authority,
          "LIANXIN_TOKEN": token.trimmingCharacters(in: .whitespacesAndNewlines),
        ]
      ).finish()
      #expect(finished.status == 0, "\(finished.all)")
      #expect(try JSON(parsing: Array(finished.output.utf8))["platforms"]?.asArray?.count == 1)
    }

    @Test func whyItDoesNotWorkIsToldInWords() throws {
      let there = try Elsewhere()
      let token = try there.token(of: "erp", role: "viewer")
      let wrong = there.site.directory + "/wrong.token"
      try Data("lxa-nobody-has-this\n".utf8).write(to: URL(fileURLWithPath: wrong))
      func check(_ finished: Finished, _ status: CommandStatus, _ word: String) {
        #expect(finished.status == status.rawValue && finished.errors.contains(word), "\(finished.all)")
        #expect(finished.output.isEmpty)
      }
      let list = ["orders", "list"]
      check(try there.run(list, token: wrong), .notAuthorised, "token")
      let create = ["orders", "create", "--kind", "repair", "--title", "x"]
      check(try there.run(create, token: token), .notAuthorised, "viewer")
      // A certificate, but not of the authority that vouches for the hub.
      let stranger = there.site.directory + "/water/identity/cert.pem"
      check(try there.run(list, token: token, ca: stranger), .notAuthorised, "vouched")
      check(try there.run(list, token: token, url: "https://localhost:1"), .daemonUnreachable, "not reached")
      // The agents' port.
      check(try there.run(list, token: token, url: there.site.address), .failure, "console")
      check(try there.run(create + ["--author", "li"], token: token), .usage, "--author")
      #expect(try there.site.hub.get("/v1/orders").json["orders"]?.asArray?.isEmpty == true)
    }
  }
}
