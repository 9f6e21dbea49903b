// Tokens that do not fit, and replies that were lost on the way.

import Core
import Foundation
import Shell
import Testing

@testable import Agent
@testable import Hub
@testable import TestSite

extension SystemTests {
  @Suite struct Enrolment {
    private func enroll(_ site: Site, _ token: String, key: String) throws -> Answer {
      let request = try KeyAndRequest.loadOrMake(keyFile: key).requestPEM
      let client = try CurlClient(
        .https(baseURL: site.address, caFile: site.authority, certificateFile: nil, keyFile: nil))
      let body: JSON = ["token": .string(token), "csr": .string(request)]
      return try Answer(
        client.send("POST", "/sync/v1/enroll", headers: [("Content-Type", "application/json")], body: body.bytes))
    }

    private func expectRefused(
      _ finished: Finished, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        finished.status == CommandStatus.notAuthorised.rawValue, "\(finished.all)", sourceLocation: sourceLocation)
      #expect(finished.errors.contains(words), "\(finished.all)", sourceLocation: sourceLocation)
      #expect(finished.errors.contains("Remedy:"), sourceLocation: sourceLocation)
    }

    @Test func aTokenThatDoesNotFitEnrolsNobody() throws {
      let site = try Site()
      try site.addPlatform("water")
      try site.addPlatform("gas")
      let data = site.directory + "/a"
      let key = site.directory + "/key.pem"
      let token = try site.token("water")

      let wrong = "lx1-water-" + String(repeating: "a", count: 32)
      expectRefused(try site.enrol(data, token: wrong), "the token is not known")
      let unknown = try enroll(site, wrong, key: key)
      #expect(unknown.status == 403 && unknown.code == "token-invalid")
      #expect(try enroll(site, "gibberish", key: key).code == "token-invalid")

      // The platform is part of what the token proves: renamed, it is another token.
      let renamed = token.replacing("lx1-water-", with: "lx1-gas-")
      expectRefused(try site.enrol(data, token: renamed), "the token is not known")

      #expect(try site.enrol(data, token: token).status == 0)
      expectRefused(try site.enrol(site.directory + "/b", token: token), "the token has been used")
      let used = try enroll(site, token, key: key)
      #expect(used.status == 403 && used.code == "token-used")
      #expect(try site.hub.get("/v1/agents").json["agents"]?.asArray?.count == 1)
    }

    @Test func anExpiredTokenEnrolsNobody() throws {
      let site = try Site()
      try site.addPlatform("water")
      let token = try site.token("water", life: 60)
      // A token lives at least a minute, so its end is moved into the past while the hub is down.
      #expect(try site.hub.terminate() == 0)
      let database = try SQLiteDatabase(path: site.hub.data + "/hub.db")
      _ = try database.write { db in try db.execute("UPDATE token SET expires = 1000", []) }
      try database.close()
      try site.restartHub()
      expectRefused(try site.enrol(site.directory + "/a", token: token), "the token has expired")
      let answer = try enroll(site, token, key: site.directory + "/key.pem")
      #expect(answer.status == 403 && answer.code == "token-expired")
      #expect(try site.hub.get("/v1/agents").json["agents"]?.asArray?.isEmpty == true)
    }

    @Test func aLostReplyStrandsNobody() throws {
      let site = try Site()
      try site.addPlatform("water")
      let token = try site.token("water")
      let agent = site.daemon("water")
      // The key is on disk before anything is sent: here it was sent, and no answer came.
      let staged = agent.data + "/enrolling/identity"
      try FileManager.default.createDirectory(
        atPath: staged, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let lost = try enroll(site, token, key: staged + "/key.pem")
      #expect(lost.status == 200)
      let again = try enroll(site, token, key: staged + "/key.pem")
      #expect(try again.json.string("certificate") == lost.json.string("certificate"))
      let enrolled = try site.enrol(agent.data, token: token)
      #expect(enrolled.status == 0, "\(enrolled.all)")
      let certificate = try String(contentsOfFile: agent.data + "/identity/cert.pem", encoding: .utf8)
      #expect(certificate == (try lost.json.string("certificate")))
      try agent.start()
      try agent.settle()
      agent.kill()
    }

    @Test func aDatabaseIsNotTakenOverByAnotherPlatform() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try site.addPlatform("gas")
      #expect(try agent.terminate() == 0)
      let again = try site.enrol(agent.data, token: try site.token("gas"))
      #expect(again.status == CommandStatus.conflict.rawValue)
      #expect(again.errors.contains("holds an identity already (agent "), "\(again.all)")
      #expect(try site.enrol(agent.data, token: try site.token("gas"), "--force").status == 0)
      let started = try ChildProcess(Program.agent.path, ["run", "--data", agent.data], scratch: site.directory)
        .finish()
      #expect(started.status == CommandStatus.failure.rawValue)
      #expect(started.errors.contains("the database belongs to the platform 'water'"), "\(started.all)")
      // With an identity of its own platform it goes on where it was.
      #expect(try site.enrol(agent.data, token: try site.token("water"), "--force").status == 0)
      try agent.start()
      try site.expectEqual(order, at: "water")
    }
  }
}
