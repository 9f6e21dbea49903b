// Enrolment against a hub of a few lines: what is written, what a repeat sends, and what each wrong answer is called.

import Core
import Crypto
import Foundation
import Shell
import Synchronization
import Testing
import X509

@testable import Agent

/// An authority that certifies what it is sent.
private struct Authority {
  let certificate: Certificate
  let key = Certificate.PrivateKey(P256.Signing.PrivateKey())

  init() throws {
    let name = try DistinguishedName { CommonName("test authority") }
    certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date(timeIntervalSinceNow: -60),
      notValidAfter: Date(timeIntervalSinceNow: 3600), issuer: name, subject: name,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0)) },
      issuerPrivateKey: key)
  }

  var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }

  /// What a hub answers for the request in `body`.
  func reply(to body: [UInt8], uri: String = "lianxin://water/a1", publicKey: Certificate.PublicKey? = nil) throws
    -> JSON
  {
    let json = try JSON(parsing: body)
    let request = try CertificateSigningRequest(pemEncoded: try json.string("csr"))
    let leaf = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: publicKey ?? request.publicKey,
      notValidBefore: Date(timeIntervalSinceNow: -60), notValidAfter: Date(timeIntervalSinceNow: 3600),
      issuer: certificate.subject, subject: try DistinguishedName { CommonName("a1") },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions { SubjectAlternativeNames([.uniformResourceIdentifier(uri)]) },
      issuerPrivateKey: key)
    return [
      "platform": "water", "agent": "a1", "certificate": .string(try leaf.serializeAsPEM().pemString),
      "ca": .string(try pem), "notAfter": 1_796_000_000_000,
    ]
  }
}

private func answer(_ json: JSON, _ status: Int = 200, _ type: String = "application/json") -> HTTPAnswer {
  HTTPAnswer(status: status, headers: ["content-type": type], body: json.bytes)
}

@Suite final class CommandsEnrollTests {
  private let directory = "/tmp/lianxin-test-\(UInt32.random(in: .min ... .max))"
  private let authority: Authority
  private var files: AgentFiles { AgentFiles(data: directory + "/data") }
  private var caFile: String { directory + "/ca.pem" }

  init() throws {
    authority = try Authority()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    try Data(try authority.pem.utf8).write(to: URL(fileURLWithPath: caFile))
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }  // a leftover in /tmp harms nobody

  @discardableResult private func enrol(
    replaces: Bool = false, _ exchange: @escaping Enroller.Exchange
  ) throws(EnrolmentError) -> AgentIdentity {
    try Enroller(files: files, hub: "https://hub:1", caFile: caFile, exchange: exchange)
      .enrol(token: "secret", agent: nil, replaces: replaces)
  }

  /// The answer that `make` gives, with every fault of it as a broken reply.
  private func exchange(_ make: @escaping @Sendable ([UInt8]) throws -> JSON) -> Enroller.Exchange {
    { body throws(TransportFailure) in
      do {
        return answer(try make(body))
      } catch {
        throw .brokenReply("\(error)")
      }
    }
  }

  private var honest: Enroller.Exchange {
    let authority = authority
    return exchange { try authority.reply(to: $0) }
  }

  @Test func anEnrolledAgentHasItsIdentityForItselfAlone() throws {
    let identity = try enrol(honest)
    #expect(identity == AgentIdentity(platform: try PlatformName("water"), agent: "a1", hub: "https://hub:1"))
    #expect(try AgentIdentity.load(files) == identity)
    #expect(try CertificateInfo.load(pemFile: files.certificate).agent == "a1")
    #expect(
      try KeyAndRequest.loadOrMake(keyFile: files.key).publicKeyHash
        == CertificateInfo.load(pemFile: files.certificate).publicKeyHash)
    #expect(try CredentialFile.read(files.authority)?.isEmpty == false)
    var facts = stat()
    #expect(stat(files.key, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    #expect(stat(files.identity, &facts) == 0 && facts.st_mode & 0o777 == 0o700)
    #expect(try FileManager.default.contentsOfDirectory(atPath: files.data) == ["identity"])
  }

  @Test func aRepeatAfterALostReplyShowsTheSameKey() throws {
    let keys = Mutex<[Certificate.PublicKey]>([])
    let authority = authority
    @Sendable func note(_ body: [UInt8]) throws {
      let request = try CertificateSigningRequest(pemEncoded: try JSON(parsing: body).string("csr"))
      keys.withLock { $0.append(request.publicKey) }
    }
    let lost = exchange { body in
      try note(body)
      throw TransportFailure.brokenReply("lost")
    }
    #expect(throws: EnrolmentError.self) { try self.enrol(lost) }
    #expect(!FileManager.default.fileExists(atPath: files.identity))
    try enrol(
      exchange { body in
        try note(body)
        return try authority.reply(to: body)
      })
    let seen = keys.withLock { $0 }
    #expect(seen.count == 2 && seen[0] == seen[1])
  }

  @Test func anIdentityIsReplacedOnlyWhenThatIsSaid() throws {
    try enrol(honest)
    let first = try CertificateInfo.load(pemFile: files.certificate)
    let refusal = #expect(throws: EnrolmentError.self) { try self.enrol(self.honest) }
    #expect(refusal?.description.contains("agent a1 of water") == true)
    #expect(refusal?.asCommandFailure.status == .conflict)
    #expect(try CertificateInfo.load(pemFile: files.certificate) == first)
    try enrol(replaces: true, honest)
    #expect(try CertificateInfo.load(pemFile: files.certificate).publicKeyHash != first.publicKeyHash)
  }

  @Test(arguments: [
    (ProblemCode.tokenInvalid, "token", CommandStatus.notAuthorised), (.tokenUsed, "new token", .notAuthorised),
    (.tokenExpired, "new token", .notAuthorised), (.busy, "again", .daemonUnreachable),
  ])
  func aRefusalSaysWhatIsWrongAndWhatToDo(_ code: ProblemCode, _ words: String, _ status: CommandStatus) throws {
    let refusal = #expect(throws: EnrolmentError.self) {
      try self.enrol { _ in answer(Problem(code).json, code.status, Problem.mediaType) }
    }
    let failure = try #require(refusal).asCommandFailure
    #expect(failure.message.contains(code.title) && failure.status == status)
    #expect(failure.remedy?.contains(words) == true)
    #expect(!FileManager.default.fileExists(atPath: files.identity))
  }

  @Test func whateverAnswersInsteadOfTheHubIsCalledThat() throws {
    let portal = HTTPAnswer(
      status: 200, headers: ["content-type": "text/html"], body: Array("<html>log in</html>".utf8))
    #expect(throws: EnrolmentError.notAHub(hub: "https://hub:1", status: 200)) { try self.enrol { _ in portal } }
    let dead = #expect(throws: EnrolmentError.self) {
      try self.enrol { _ throws(TransportFailure) in throw .couldNotConnect("refused", errno: ECONNREFUSED) }
    }
    #expect(dead?.asCommandFailure.status == .daemonUnreachable)
    let other = #expect(throws: EnrolmentError.self) {
      try self.enrol { _ throws(TransportFailure) in throw .tls("unknown issuer") }
    }
    #expect(other?.description.contains("not vouched for by the authority in \(caFile)") == true)
  }

  @Test func aCertificateThatIsNotOursIsNotTaken() throws {
    let authority = authority
    let stranger = try Authority()
    let wrong: [(String, Enroller.Exchange)] = [
      ("another key", exchange { try authority.reply(to: $0, publicKey: stranger.key.publicKey) }),
      ("names gas/a1", exchange { try authority.reply(to: $0, uri: "lianxin://gas/a1") }),
      ("not the one in", exchange { try stranger.reply(to: $0) }),
      (
        "not signed by",
        exchange { body in
          guard case .object(let members) = try stranger.reply(to: body) else { return .null }
          return .object(try members.map { $0.key == "ca" ? JSON.Member("ca", .string(try authority.pem)) : $0 })
        }
      ),
      ("missing field (field platform)", exchange { _ in ["agent": "a1"] }),
    ]
    for (words, exchange) in wrong {
      let refusal = #expect(throws: EnrolmentError.self) { try self.enrol(exchange) }
      #expect(refusal?.description.contains(words) == true, "\(words): \(refusal?.description ?? "")")
    }
    #expect(!FileManager.default.fileExists(atPath: files.identity))
  }

  @Test(arguments: ["http://hub:1", "hub:1", "https://", "https://hub:1/path", ""])
  func onlyAnHTTPSAddressIsAHubs(_ address: String) {
    #expect(throws: EnrolmentError.badAddress(address)) {
      _ = try Enroller(files: self.files, hub: address, caFile: self.caFile)
    }
  }
}
