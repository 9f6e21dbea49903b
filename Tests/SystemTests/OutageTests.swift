// The hub is away, or something else answers in its place: work goes on, the status says so, and nothing is lost.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Outages {
    @Test func whileTheHubIsAwayEditsGoOnAndTheStatusSaysSinceWhenAndWhenNext() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try agent.settle()
      site.hub.kill()
      let from = Int(Date().timeIntervalSince1970 * 1_000) - 60_000
      for number in 1...3 {
        let noted = try agent.note("note \(number)", on: order, request: "offline-\(number)")
        #expect(noted.status == 200 && noted.json["confirmed"] == false)
        #expect(try agent.outbox == number)
      }
      try eventually("the status names the outage and the next try") {
        let link = try agent.status["link"]
        return link?["state"] == "offline" && (link?["since"]?.asInt ?? 0) > from && link?["nextTry"]?.asInt != nil
          && link?["reason"]?.asString?.isEmpty == false
      }
      try eventually("the same in words") {
        let status = try agent.command("status")
        return status.status == 0 && status.output.contains("offline since ") && status.output.contains("next try ")
          && status.output.contains("3 changes wait to be sent")
      }
      let waited = try agent.command("sync", "--wait", "1s")
      #expect(waited.status != 0, "\(waited.all)")

      try site.restartHub()
      try site.expectEqual(order, at: "water")
      let notes = try site.hub.order(order)["entries"]?.asArray?.compactMap { $0["value"]?["text"]?.asString }
      #expect(notes == ["note 1", "note 2", "note 3"])
      try eventually("the hub shows the agent online, with nothing waiting") {
        let row = try site.hub.get("/v1/agents").json["agents"]?.asArray?.first
        return row?["online"] == true && row?["outbox"] == 0 && row?["lag"] == 0 && row?["lastContact"]?.asInt != nil
      }
    }

    @Test(.enabled(if: Portal.python != nil, "needs python3 for a foreign TLS server"))
    func aCaptivePortalAcknowledgesNothing() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try agent.settle()
      let port = try site.port
      #expect(try agent.terminate() == 0)
      #expect(try site.hub.terminate() == 0)
      let portal = try Portal(of: site, port: port)
      try agent.start()
      #expect(try agent.note("behind a portal", on: order, request: "portal-1").status == 200)

      // Valid TLS, status 200, and a log-in page.
      try portal.waitForAnswers(of: 200)
      try eventually("the page is no hub's answer") {
        try agent.status["link"]?["reason"]?.asString?.contains("what answers is not a hub (HTTP 200, text/html)")
          == true
      }
      // A redirect is not followed.
      try portal.redirects()
      try portal.waitForAnswers(of: 302)
      #expect(try agent.link == "offline")
      #expect(try agent.outbox == 1)
      let status = try agent.status
      #expect(status["cursor"]?["lag"] == 0 && status["quarantined"] == 0)
      #expect(try agent.note("behind a portal", on: order, request: "portal-1").json["confirmed"] == false)
      #expect(try portal.count(of: "/elsewhere") == 0)

      portal.end()
      try site.restartHub()
      try site.expectEqual(order, at: "water")
      let notes = try site.hub.order(order)["entries"]?.asArray?.compactMap { $0["value"]?["text"]?.asString }
      #expect(notes == ["behind a portal"])
    }
  }
}

/// A server on the hub's port with the hub's own certificate that is no hub: a log-in page, later a redirect to one.
final class Portal {
  private let directory: String
  private let process: ChildProcess
  private var log: String { directory + "/portal.log" }

  /// nil where the machine has none.
  static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private static let script = """
    import http.server, os, ssl, sys
    folder, port, keys = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            moved = os.path.exists(folder + "/redirect")
            body = b"<html>Please log in</html>"
            self.send_response(302 if moved else 200)
            if moved: self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            with open(folder + "/portal.log", "a") as log: log.write("%d %s\\n" % (302 if moved else 200, self.path))
        do_GET = do_POST
        def log_message(self, *arguments): pass
    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
    server = Server(("127.0.0.1", port), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys + "/server.pem", keys + "/server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()
    """

  init(of site: Site, port: Int) throws {
    directory = site.directory
    let script = directory + "/portal.py"
    try Portal.script.write(toFile: script, atomically: true, encoding: .utf8)
    try Data().write(to: URL(fileURLWithPath: directory + "/portal.log"))
    process = try ChildProcess(
      Portal.python ?? "", [script, directory, "\(port)", site.hub.data + "/keys"], scratch: directory)
    let client = try CurlClient(
      .https(baseURL: site.address, caFile: site.authority, certificateFile: nil, keyFile: nil))
    try eventually("the portal answers") {
      (try? client.send("GET", "/ready").status) == 200  // refused until it listens
    }
  }

  func redirects() throws { try Data().write(to: URL(fileURLWithPath: directory + "/redirect")) }
  func end() { process.kill() }

  func count(of text: String) throws -> Int {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count { $0.contains(text) }
  }

  /// Several answers, so that whatever the agent does about one of them is done.
  func waitForAnswers(of status: Int) throws {
    try eventually("three answers \(status)") {
      try count(of: "\(status) /sync/") >= 3
    }
  }
}
