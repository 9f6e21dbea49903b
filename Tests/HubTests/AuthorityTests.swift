// The authority and what it signs: only the proven key comes from a request, and what is signed leads back to one agent.

import Core
import Crypto
import Foundation
import Testing
import X509

@testable import Hub

@Suite struct AuthorityTests {
  private let water: PlatformName

  init() throws {
    water = try PlatformName("water")
  }

  // MARK: the authority itself

  @Test func theAuthorityIsItsOwnRootWithAPrivateKeyFileOfItsOwnerOnly() async throws {
    let fixture = try AuthorityFixture()
    let mode = try FileManager.default.attributesOfItem(atPath: fixture.directory.authorityKey)[.posixPermissions]
    #expect(mode as? Int == 0o600)

    let text = try await runTool("openssl", "x509", "-noout", "-text", "-in", fixture.directory.authorityCertificate)
    #expect(text.output.contains("CA:TRUE, pathlen:0"))
    #expect(text.output.contains("Certificate Sign"))
    let verified = try await runTool(
      "openssl", "verify", "-x509_strict", "-CAfile", fixture.directory.authorityCertificate,
      fixture.directory.authorityCertificate)
    #expect(verified.status == 0, "\(verified.errors)")
  }

  @Test func aSecondAuthorityIsNotMadeOverTheFirst() throws {
    let fixture = try AuthorityFixture()
    #expect(throws: AuthorityError.file(.exists(path: fixture.directory.authorityCertificate))) {
      try CertificateAuthority.create(in: fixture.directory, name: "x", now: fixture.now, using: &fixture.random)
    }
  }

  @Test func theAuthorityIsTheSameAfterARestart() throws {
    let fixture = try AuthorityFixture()
    let loaded = try CertificateAuthority.load(from: fixture.directory)
    #expect(loaded.certificatePEM == fixture.authority.certificatePEM)
    #expect(loaded.certificate == fixture.authority.certificate)
  }

  @Test func aKeyFileThatOthersCanReadIsRefusedWithTheRemedy() throws {
    let fixture = try AuthorityFixture()
    chmod(fixture.directory.authorityKey, 0o640)
    let expected = AuthorityError.file(.exposed(path: fixture.directory.authorityKey, mode: 0o640))
    #expect(throws: expected) { try CertificateAuthority.load(from: fixture.directory) }
    #expect(expected.description.contains("chmod 600"))
  }

  @Test func aKeyOfAnotherAuthorityIsRefused() throws {
    let fixture = try AuthorityFixture()
    try PrivateFile.write(P256.Signing.PrivateKey().pemRepresentation.utf8, to: fixture.directory.authorityKey)
    #expect(throws: AuthorityError.self) { try CertificateAuthority.load(from: fixture.directory) }
  }

  // MARK: issuing

  @Test func anIssuedCertificateVerifiesInOpenSSLAndNamesTheAgent() async throws {
    let fixture = try AuthorityFixture()
    let agent = try fixture.enrolled(platform: "water", agent: "depot-1")
    let verified = try await runTool(
      "openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", fixture.directory.authorityCertificate,
      agent.certificate)
    #expect(verified.status == 0, "\(verified.errors)")
    let asServer = try await runTool(
      "openssl", "verify", "-purpose", "sslserver", "-CAfile", fixture.directory.authorityCertificate, agent.certificate
    )
    #expect(asServer.status != 0)

    let text = try await runTool("openssl", "x509", "-noout", "-text", "-serial", "-in", agent.certificate)
    #expect(text.output.contains("URI:lianxin://water/depot-1"))
    #expect(text.output.contains("CA:FALSE"))
    #expect(text.output.contains("serial=\(agent.issued.serialHex.uppercased())"))
  }

  @Test func anIssuedCertificateReadsBackAsTheIdentityThatWasGiven() throws {
    let fixture = try AuthorityFixture()
    let agent = try fixture.enrolled(platform: "gas", agent: "north")
    let identity = try PeerIdentity(certificate: Certificate(pemEncoded: agent.issued.pem))
    #expect(identity.platform.text == "gas")
    #expect(identity.agent == "north")
    #expect(identity.serialHex == agent.issued.serialHex)
    #expect(identity.serialHex.count == 32)
    #expect(identity.notAfter == agent.issued.notAfter)
    #expect(identity.publicKeyHash == agent.issued.publicKeyHash)
    #expect(identity.phase(at: fixture.now) == .valid)
    #expect(identity.phase(at: fixture.now - 3700) == .notYetValid)
    #expect(identity.phase(at: identity.notAfter + 1) == .expired)
  }

  @Test func aRequestThatAsksToBeAnAuthorityOrAnotherAgentGetsNeither() throws {
    let fixture = try AuthorityFixture()
    let greedy = try request(
      key: .init(P256.Signing.PrivateKey()),
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames([.uniformResourceIdentifier("lianxin://hub/root"), .dnsName("hub.example.cn")])
      })
    let issued = try fixture.authority.issue(
      csrPEM: greedy, platform: water, agent: "depot-1", now: fixture.now, life: 86_400, using: &fixture.random)
    let certificate = try Certificate(pemEncoded: issued.pem)
    let constraints = try #require(try certificate.extensions.basicConstraints)
    #expect(constraints == .notCertificateAuthority)
    let names = try #require(try certificate.extensions.subjectAlternativeNames)
    #expect(Array(names) == [.uniformResourceIdentifier("lianxin://water/depot-1")])
    #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
    let usage = try #require(try certificate.extensions.extendedKeyUsage)
    #expect(Array(usage) == [.clientAuth])
    #expect(!"\(certificate.subject)".contains("whatever"))
  }

  @Test func aRequestSignedByAnotherKeyIsRefused() throws {
    let fixture = try AuthorityFixture()
    let honest = try CertificateSigningRequest(pemEncoded: request(key: .init(P256.Signing.PrivateKey())))
    let stolen = try CertificateSigningRequest(
      version: .v1, subject: honest.subject,
      publicKey: Certificate.PublicKey(P256.Signing.PrivateKey().publicKey), attributes: honest.attributes,
      signatureAlgorithm: honest.signatureAlgorithm, signature: honest.signature)
    let pem = try stolen.serializeAsPEM().pemString
    #expect(throws: AuthorityError.request(.notSignedByItsKey)) { try issue(pem, by: fixture) }
  }

  @Test func everyChangedByteOfARequestIsNoticed() throws {
    let fixture = try AuthorityFixture()
    let der = try [UInt8](
      CertificateSigningRequest(
        pemEncoded: request(key: .init(P256.Signing.PrivateKey()))
      ).serializeAsPEM().derBytes)
    for index in der.indices {
      var tampered = der
      tampered[index] ^= 1
      let base64 = Data(tampered).base64EncodedString()
      let pem = "-----BEGIN CERTIFICATE REQUEST-----\n\(base64)\n-----END CERTIFICATE REQUEST-----\n"
      #expect(throws: AuthorityError.self, "byte \(index)") { try issue(pem, by: fixture) }
    }
  }

  @Test(arguments: ["RSA:2048", "ED25519"])
  func aWeakOrUnknownKeyIsRefused(algorithm: String) async throws {
    let fixture = try AuthorityFixture()
    let pem = try await opensslRequest(algorithm, in: fixture)
    #expect(throws: AuthorityError.self) { try issue(pem, by: fixture) }
    do {
      _ = try issue(pem, by: fixture)
    } catch let error as AuthorityError {
      #expect(error.description.contains("P-256"), "\(error)")
    }
  }

  @Test func aP521KeyIsRefusedAndP384AndLongRSAAreTaken() async throws {
    let fixture = try AuthorityFixture()
    #expect(throws: AuthorityError.request(.keyRefused(kind: "P521.PublicKey"))) {
      try issue(request(key: .init(P521.Signing.PrivateKey())), by: fixture)
    }
    _ = try issue(request(key: .init(P384.Signing.PrivateKey())), by: fixture)
    let issued = try issue(try await opensslRequest("RSA:3072", in: fixture), by: fixture)
    try PrivateFile.write(issued.pem.utf8, to: fixture.file("rsa.pem"))
    let verified = try await runTool(
      "openssl", "verify", "-x509_strict", "-CAfile", fixture.directory.authorityCertificate, fixture.file("rsa.pem"))
    #expect(verified.status == 0, "\(verified.errors)")
  }

  @Test(arguments: ["", "Depot", "a/b", "-a", "a b", "水务", String(repeating: "a", count: 64)])
  func anAgentNameThatWouldNeedEscapingIsRefused(name: String) throws {
    let fixture = try AuthorityFixture()
    let pem = try request(key: .init(P256.Signing.PrivateKey()))
    #expect(throws: AuthorityError.badAgentName(name)) {
      try fixture.authority.issue(
        csrPEM: pem, platform: water, agent: name, now: fixture.now, life: 60, using: &fixture.random)
    }
  }

  @Test func nobodyEnrolsAsTheHotline() throws {
    let fixture = try AuthorityFixture()
    let pem = try request(key: .init(P256.Signing.PrivateKey()))
    #expect(throws: AuthorityError.hubItself) {
      try fixture.authority.issue(
        csrPEM: pem, platform: .hub, agent: "a", now: fixture.now, life: 60, using: &fixture.random)
    }
    #expect(throws: TokenError.hubItself) { try EnrolmentToken.make(platform: .hub, using: &fixture.random) }
  }

  @Test func aCertificateBeginsAnHourBackAndNeverOutlivesItsAuthority() throws {
    let fixture = try AuthorityFixture()
    let agent = try fixture.enrolled(life: 100 * AuthorityFixture.year)
    let certificate = try Certificate(pemEncoded: agent.issued.pem)
    #expect(certificate.notValidAfter == fixture.authority.certificate.notValidAfter)
    #expect(abs(certificate.notValidBefore.timeIntervalSince(fixture.now - 3600)) < 1)
    #expect(throws: AuthorityError.expired(since: fixture.authority.certificate.notValidAfter)) {
      try fixture.enrolled(now: fixture.now + 31 * AuthorityFixture.year)
    }
  }

  // MARK: the listener's certificate

  @Test func theListenersCertificateCoversLoopbackAndTheGivenNames() async throws {
    let fixture = try AuthorityFixture()
    let names = try ["hub.example.cn", "10.1.2.3", "fd00::1"].map { try #require(ServerName($0)) }
    #expect(
      try fixture.authority.ensureServerCertificate(
        in: fixture.directory, names: names, now: fixture.now, using: &fixture.random))
    for (kind, name) in [
      ("-verify_hostname", "hub.example.cn"), ("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1"),
      ("-verify_ip", "10.1.2.3"), ("-verify_ip", "fd00::1"),
    ] {
      let verified = try await runTool(
        "openssl", "verify", "-x509_strict", "-purpose", "sslserver", kind, name, "-CAfile",
        fixture.directory.authorityCertificate, fixture.directory.serverCertificate)
      #expect(verified.status == 0, "\(name): \(verified.errors)")
    }
  }

  @Test func theListenersCertificateIsKeptUntilNamesOrTimeCallForANewOne() throws {
    let fixture = try AuthorityFixture()
    func ensure(_ names: [ServerName], at now: Date) throws -> Bool {
      try fixture.authority.ensureServerCertificate(
        in: fixture.directory, names: names, now: now, using: &fixture.random)
    }
    let name = try #require(ServerName("hub.example.cn"))
    #expect(try ensure([], at: fixture.now))
    #expect(try !ensure([], at: fixture.now))
    #expect(try ensure([name], at: fixture.now))
    #expect(try !ensure([], at: fixture.now + AuthorityFixture.year))
    #expect(try ensure([], at: fixture.now + 2.1 * AuthorityFixture.year))
  }

  @Test(arguments: ["", "a..b", "-a.cn", "300.1.1.1", "hub.example.cn/x", "*", "hub example"])
  func whatIsNeitherNameNorAddressIsNoServerName(text: String) {
    #expect(ServerName(text) == nil)
  }

  private func issue(_ pem: String, by fixture: AuthorityFixture) throws -> IssuedCertificate {
    try fixture.authority.issue(
      csrPEM: pem, platform: water, agent: "depot-1", now: fixture.now, life: 86_400, using: &fixture.random)
  }

  private func opensslRequest(_ algorithm: String, in fixture: AuthorityFixture) async throws -> String {
    let made = try await runTool(
      "openssl", "req", "-new", "-newkey", algorithm, "-nodes", "-subj", "/CN=x", "-keyout", fixture.file("k"), "-out",
      fixture.file("csr"))
    try #require(made.status == 0, "\(made.errors)")
    return try String(contentsOfFile: fixture.file("csr"), encoding: .utf8)
  }
}
