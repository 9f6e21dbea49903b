// The sync listener over a real socket, asked by curl and openssl: who gets in and as whom.

import Core
import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import Hub

@Suite struct AuthorityListenerTests {
  /// Runs a listener whose only route says who asks, hands its base URL over, and stops it.
  private func withListener(
    _ fixture: AuthorityFixture, adjust: (inout SyncListenerConfiguration) -> Void = { _ in },
    _ body: (_ url: String, _ port: Int) async throws -> Void
  ) async throws {
    try fixture.authority.ensureServerCertificate(
      in: fixture.directory, names: [], now: fixture.now, using: &fixture.random)
    let router = Router(context: SyncRequestContext.self)
    router.get("whoami") { _, context in
      guard let peer = context.peer else { return "nobody from \(context.remoteAddress ?? "?")" }
      return "\(peer.platform)/\(peer.agent) \(peer.serialHex) \(peer.phase(at: Date()))"
    }
    router.post("echo") { request, _ in
      let body = try await request.body.collect(upTo: 1 << 20)
      return "\(body.readableBytes)"
    }
    var configuration = SyncListenerConfiguration(
      listener: TLSListener(
        name: "the sync listener", host: "127.0.0.1", port: 0, certificateFile: fixture.directory.serverCertificate,
        keyFile: fixture.directory.serverKey, limits: .sync),
      authoritiesPEM: [fixture.authority.certificatePEM])
    adjust(&configuration)
    let (ports, port) = AsyncStream<Int>.makeStream()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let application = try makeSyncApplication(
      router: router, configuration: configuration,
      verifier: PeerVerifier(authorities: [fixture.authority.certificate]), logger: logger
    ) { bound in
      port.yield(bound)
      port.finish()
    }
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { port.finish() }
        try await group.run()
      }
      var iterator = ports.makeAsyncIterator()
      let bound = try #require(await iterator.next(), "the listener did not start")
      do {
        try await body("https://localhost:\(bound)", bound)
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  @Test func withoutACertificateTheCallArrivesAndNamesNobody() async throws {
    let fixture = try AuthorityFixture()
    try await withListener(fixture) { url, _ in
      let answer = try await runTool("curl", "-sS", "--cacert", fixture.directory.authorityCertificate, url + "/whoami")
      #expect(answer.output == "nobody from 127.0.0.1", "\(answer.errors)")
    }
  }

  @Test func withACertificateTheCallNamesItsAgentOnEveryConnection() async throws {
    let fixture = try AuthorityFixture()
    let agent = try fixture.enrolled(platform: "water", agent: "depot-1")
    try await withListener(fixture) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "--http1.1", "--cacert", fixture.directory.authorityCertificate, "--cert", agent.certificate,
        "--key", agent.key, url + "/whoami", url + "/whoami")
      let line = "water/depot-1 \(agent.issued.serialHex) valid"
      #expect(answer.output == line + line, "\(answer.errors)")
    }
  }

  @Test func aResumedSessionNamesTheSameAgent() async throws {
    let fixture = try AuthorityFixture()
    let agent = try fixture.enrolled(platform: "water", agent: "depot-1")
    let session = fixture.file("session")
    try await withListener(fixture) { _, port in
      func ask(_ extra: String) async throws -> String {
        let request = "GET /whoami HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"
        let command =
          "printf '\(request)' | openssl s_client -connect 127.0.0.1:\(port) -ign_eof "
          + "-CAfile \(fixture.directory.authorityCertificate) -cert \(agent.certificate) -key \(agent.key) \(extra)"
        return try await runTool("bash", "-c", command).output
      }
      let line = "water/depot-1 \(agent.issued.serialHex) valid"
      let first = try await ask("-sess_out \(session)")
      #expect(first.contains("New, TLSv1.3") && first.contains(line), "\(first)")
      let resumed = try await ask("-sess_in \(session)")
      #expect(resumed.contains("Reused, TLSv1.3") && resumed.contains(line), "\(resumed)")
    }
  }

  @Test func anExpiredCertificatePassesTheHandshakeAndIsSeenToBeExpired() async throws {
    let fixture = try AuthorityFixture()
    let agent = try fixture.enrolled(life: 3600, now: fixture.now - 86_400)
    try await withListener(fixture) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "--cacert", fixture.directory.authorityCertificate, "--cert", agent.certificate, "--key",
        agent.key, url + "/whoami")
      #expect(answer.output.hasSuffix("expired"), "\(answer.output) \(answer.errors)")
    }
  }

  @Test func aCertificateOfAnotherAuthorityIsRefused() async throws {
    let fixture = try AuthorityFixture(name: "same")
    let other = try AuthorityFixture(name: "same")
    let agent = try other.enrolled()
    try await withListener(fixture) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "--cacert", fixture.directory.authorityCertificate, "--cert", agent.certificate, "--key",
        agent.key, url + "/whoami")
      #expect(answer.status != 0)
      #expect(answer.output.isEmpty)
    }
  }

  @Test func anAgentThatPinsAnotherAuthorityDoesNotTrustThisHub() async throws {
    let fixture = try AuthorityFixture()
    let other = try AuthorityFixture()
    try await withListener(fixture) { url, _ in
      let answer = try await runTool("curl", "-sS", "--cacert", other.directory.authorityCertificate, url + "/whoami")
      #expect(answer.status == 60)
    }
  }

  @Test(arguments: [false, true])
  func tls12IsForThoseWhoAllowIt(allowed: Bool) async throws {
    let fixture = try AuthorityFixture()
    try await withListener(fixture, adjust: { $0.allowsTLS12 = allowed }) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "--tls-max", "1.2", "--cacert", fixture.directory.authorityCertificate, url + "/whoami")
      #expect((answer.status == 0) == allowed, "\(answer.errors)")
    }
  }

  @Test func aConnectionOnWhichNothingIsSaidIsClosed() async throws {
    let fixture = try AuthorityFixture()
    try await withListener(fixture, adjust: { $0.listener.limits.idleTimeout = .milliseconds(200) }) { _, port in
      // bash reads until the listener closes; the command's own time-out would be status 124.
      let answer = try await runTool("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); cat <&3 >/dev/null")
      #expect(answer.status != 124)
    }
  }

  @Test func aBodyThatDripsIsCutOffAtItsDeadline() async throws {
    let fixture = try AuthorityFixture()
    try await withListener(fixture, adjust: { $0.listener.limits.bodyDeadline = .milliseconds(300) }) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "--cacert", fixture.directory.authorityCertificate, "--limit-rate", "10", "-H", "Expect:",
        "--data-binary", "@" + fixture.directory.authorityCertificate, url + "/echo")
      #expect(answer.status != 0 && answer.status != 124)
      #expect(answer.output.isEmpty)
    }
  }

  @Test func aBodyWithinItsDeadlineIsAnswered() async throws {
    let fixture = try AuthorityFixture()
    try await withListener(fixture) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "--cacert", fixture.directory.authorityCertificate, "--data-binary", "12345", url + "/echo")
      #expect(answer.output == "5", "\(answer.errors)")
    }
  }

  @Test func aHeaderBlockBeyondTheLimitIsRefused() async throws {
    let fixture = try AuthorityFixture()
    try await withListener(fixture) { url, _ in
      let answer = try await runTool(
        "curl", "-sS", "-w", "%{http_code}", "-o", "/dev/null", "--http1.1", "--cacert",
        fixture.directory.authorityCertificate, "-H", "X-Long: " + String(repeating: "a", count: 40_000),
        url + "/whoami")
      #expect(answer.output != "200")
    }
  }
}
