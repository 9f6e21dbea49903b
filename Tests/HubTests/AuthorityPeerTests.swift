// From a certificate's bytes to an agent: who is proven, who is not, and that hostile bytes are an error and never a trap.

import Core
import Crypto
import Foundation
import Shell
import Testing
import X509

@testable import Hub

@Suite struct AuthorityPeerTests {
  private func der(_ pem: String) throws -> [UInt8] {
    try [UInt8](Certificate(pemEncoded: pem).serializeAsPEM().derBytes)
  }

  @Test func anAgentIsProvenByItsAuthorityAndRememberedOnce() throws {
    let fixture = try AuthorityFixture()
    let verifier = PeerVerifier(authorities: [fixture.authority.certificate])
    let bytes = try der(fixture.enrolled(platform: "heat", agent: "a1").issued.pem)
    let first = try verifier.identity(der: bytes)
    #expect(first.platform.text == "heat")
    #expect(try verifier.identity(der: bytes) == first)
    #expect(verifier.remembered == 1)
  }

  @Test func anAgentOfAnotherAuthorityOfTheSameNameIsNobody() throws {
    let ours = try AuthorityFixture(name: "same")
    let theirs = try AuthorityFixture(name: "same")
    let verifier = PeerVerifier(authorities: [ours.authority.certificate])
    let bytes = try der(theirs.enrolled().issued.pem)
    #expect(throws: PeerError.foreignAuthority) { try verifier.identity(der: bytes) }
    #expect(verifier.remembered == 0)
  }

  @Test func whileAnAuthorityIsReplacedAgentsOfBothAreKnown() throws {
    let old = try AuthorityFixture(name: "old")
    let new = try AuthorityFixture(name: "new")
    let verifier = PeerVerifier(authorities: [old.authority.certificate, new.authority.certificate])
    _ = try verifier.identity(der: der(old.enrolled().issued.pem))
    _ = try verifier.identity(der: der(new.enrolled().issued.pem))
  }

  @Test func theListenersAndTheAuthoritysOwnCertificatesAreNoAgents() throws {
    let fixture = try AuthorityFixture()
    let verifier = PeerVerifier(authorities: [fixture.authority.certificate])
    try fixture.authority.ensureServerCertificate(
      in: fixture.directory, names: [], now: fixture.now, using: &fixture.random)
    let server = try der(String(contentsOfFile: fixture.directory.serverCertificate, encoding: .utf8))
    #expect(throws: PeerError.notForClients) { try verifier.identity(der: server) }
    let root = try der(fixture.authority.certificatePEM)
    #expect(throws: PeerError.notForClients) { try verifier.identity(der: root) }
  }

  @Test func anExpiredCertificateIsStillKnownSoThatTheAnswerCanSaySo() throws {
    let fixture = try AuthorityFixture()
    let verifier = PeerVerifier(authorities: [fixture.authority.certificate])
    let agent = try fixture.enrolled(life: 3600, now: fixture.now - 86_400)
    let identity = try verifier.identity(der: der(agent.issued.pem))
    #expect(identity.phase(at: fixture.now) == .expired)
  }

  @Test func rememberingIsBoundedAndKeepsWhatIsInUse() throws {
    let fixture = try AuthorityFixture()
    let verifier = PeerVerifier(authorities: [fixture.authority.certificate], capacity: 8)
    let busy = try der(fixture.enrolled().issued.pem)
    for _ in 0..<30 {
      _ = try verifier.identity(der: der(fixture.enrolled().issued.pem))
      _ = try verifier.identity(der: busy)
      #expect(verifier.remembered <= 8)
    }
  }

  @Test(arguments: [
    "lianxin://water", "lianxin://water/a/b", "lianxin:///a", "lianxin://water/", "lianxin://Water/a", "http://water/a",
    "lianxin://hub/a", "lianxin://water/a%2Fb",
  ])
  func aNameThatIsNotExactlyPlatformAndAgentIsNobody(uri: String) throws {
    let fixture = try AuthorityFixture()
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let name = try DistinguishedName { CommonName("x") }
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: fixture.now,
      notValidAfter: fixture.now + 60, issuer: name, subject: name,
      extensions: Certificate.Extensions { SubjectAlternativeNames([.uniformResourceIdentifier(uri)]) },
      issuerPrivateKey: key)
    #expect(throws: PeerError.noName) { try PeerIdentity(certificate: certificate) }
  }

  /// ASN.1 has seconds up to 61 and the library's dates up to 60, in debug builds with a trap.
  @Test(arguments: [0, 1], ["59", "60", "61"])
  func aSecondThatNoMinuteHasMakesACertificateUnreadable(time: Int, second: String) throws {
    let fixture = try AuthorityFixture()
    var bytes = try der(fixture.enrolled().issued.pem)
    // A UTCTime of 13 bytes: YYMMDDHHMMSSZ.
    let starts = bytes.indices.dropLast(15).filter {
      bytes[$0] == 0x17 && bytes[$0 + 1] == 13 && bytes[$0 + 14] == UInt8(ascii: "Z")
    }
    try #require(starts.count == 2)
    bytes.replaceSubrange(starts[time] + 12..<starts[time] + 14, with: second.utf8)
    let certificate = try Certificate(derEncoded: bytes)
    if second == "59" {
      #expect(certificate.life != nil)
      _ = try PeerIdentity(certificate: certificate)
    } else {
      #expect(certificate.life == nil)
      #expect(throws: PeerError.malformed) { try PeerIdentity(certificate: certificate) }
    }
  }

  @Test func randomAndDamagedBytesAreErrorsAndNeverTrap() throws {
    let fixture = try AuthorityFixture()
    let verifier = PeerVerifier(authorities: [fixture.authority.certificate])
    let good = try der(fixture.enrolled().issued.pem)
    var random = SeededGenerator(state: 12_319)
    for _ in 0..<3_000 {
      let noise = random.bytes(Int.random(in: 0...64, using: &random))
      #expect(throws: PeerError.self) { try verifier.identity(der: noise) }
      var damaged = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
      }
      guard damaged != good else { continue }
      #expect(throws: PeerError.self) { try verifier.identity(der: damaged) }
      // The same bytes past the signature check, so that the reader of names and dates is reached too.
      if let certificate = try? Certificate(derEncoded: damaged) { _ = try? PeerIdentity(certificate: certificate) }
    }
    #expect(throws: PeerError.tooLarge(bytes: 20_000)) {
      try verifier.identity(der: [UInt8](repeating: 0x30, count: 20_000))
    }
    let nested = [[UInt8]](repeating: [0x30, 0x80], count: PeerIdentity.maxBytes / 2).flatMap { $0 }
    #expect(throws: PeerError.malformed) { try verifier.identity(der: nested) }
  }
}
