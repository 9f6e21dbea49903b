// The hub's certificate authority: makes itself, the sync listener's certificate and those of the agents (RFC 5280).
// It remembers nothing: who has which certificate is in the store and in the ledger.

import Core
import Crypto
import Foundation
import X509

/// Why the authority could not be made, loaded or used.
enum AuthorityError: Error, Equatable, CustomStringConvertible {
  case file(PrivateFileError)
  case request(RequestError)
  case badAgentName(String)
  /// No certificate is made for an agent of the hotline itself: it would be one that may do everything.
  case hubItself
  case expired(since: Date)
  /// The files are there, but are not a certificate and its key.
  case unusable(path: String, reason: String)
  case failed(doing: String, reason: String)

  var description: String {
    switch self {
    case .file(let error): error.description
    case .request(let error): error.description
    case .badAgentName(let name):
      "\(String(reflecting: name)) is no name for an agent: use 1 to 63 of a-z, 0-9 and inner hyphens"
    case .hubItself:
      "agents enrol for a platform, and `hub` is the hotline; name the platform"
    case .expired(let since):
      "the authority's certificate expired at \(since.formatted(.iso8601)); check the clock, or set up a new authority"
    case .unusable(let path, let reason):
      "\(path): \(reason); restore it from the copy of the keys"
    case .failed(let doing, let reason):
      "cannot \(doing): \(reason)"
    }
  }
}

/// A certificate as it goes to an agent and into the ledger.
struct IssuedCertificate: Sendable, Equatable {
  let pem: String
  /// Lower-case hexadecimal, always 32 digits.
  let serialHex: String
  /// Whole seconds.
  let notAfter: Date
  /// Of its key's SubjectPublicKeyInfo.
  let publicKeyHash: Hash
}

/// The authority with its key. Time and serial numbers come from outside; private keys come from the system's generator.
struct CertificateAuthority: Sendable {
  /// Certificates begin an hour before they are made, for agents whose clock is slow.
  static let backdating: TimeInterval = 3600
  /// Agents pin this certificate, and a new one means visiting them all; so it lives long.
  static let life: TimeInterval = 30 * 365.25 * 86_400
  /// The listener's certificate is renewed by the hub itself when it starts in the last third of this.
  static let serverLife: TimeInterval = 3 * 365.25 * 86_400
  private static let serialBytes = 16

  let certificate: Certificate
  /// What agents pin.
  let certificatePEM: String
  private let key: Certificate.PrivateKey

  // MARK: making and loading

  /// Makes a new authority and writes its two files. Refuses where there is one. A key without a certificate, left by a
  /// crash, is used.
  ///
  /// - Parameter name: of the hotline, for people who look at the certificate.
  static func create(
    in directory: KeyDirectory, name: String, now: Date, using random: inout some RandomNumberGenerator
  ) throws(AuthorityError) -> CertificateAuthority {
    guard !PrivateFile.exists(directory.authorityCertificate) else {
      throw .file(.exists(path: directory.authorityCertificate))
    }
    try filing { () throws(PrivateFileError) in try PrivateFile.makeDirectory(directory.path) }
    let key = try makeOrLoadKey(directory.authorityKey)
    let certificate = try building("make the authority's certificate") {
      let subject = try DistinguishedName {
        OrganizationName("Lianxin")
        CommonName(String(name.prefix(DNSLabel.maxBytes)))
      }
      return try Certificate(
        version: .v3, serialNumber: makeSerial(using: &random), publicKey: key.publicKey,
        notValidBefore: wholeSeconds(now - backdating), notValidAfter: wholeSeconds(now + life),
        issuer: subject, subject: subject,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
          SubjectKeyIdentifier(hash: key.publicKey)
        },
        issuerPrivateKey: key)
    }
    let pem = try building("write the authority's certificate") { try certificate.serializeAsPEM().pemString + "\n" }
    try filing { () throws(PrivateFileError) in
      try PrivateFile.write(pem.utf8, to: directory.authorityCertificate, mode: 0o644)
    }
    return CertificateAuthority(certificate: certificate, certificatePEM: pem, key: key)
  }

  /// Reads the authority's certificate and key, and checks that they belong together.
  static func load(from directory: KeyDirectory) throws(AuthorityError) -> CertificateAuthority {
    let (certificate, pem) = try loadCertificate(directory.authorityCertificate)
    let key = try loadKey(directory.authorityKey)
    guard certificate.publicKey == key.publicKey else {
      throw .unusable(path: directory.authorityKey, reason: "this is not the key of \(directory.authorityCertificate)")
    }
    return CertificateAuthority(certificate: certificate, certificatePEM: pem, key: key)
  }

  // MARK: issuing

  /// Makes an agent's certificate for the key in `csrPEM`. Subject, names, usages and dates are ours, whatever was asked.
  ///
  /// - Parameter life: seconds from `now`; never beyond the authority's own end.
  /// - Throws: `.request` for a request that is refused, `.badAgentName`, `.hubItself`, `.expired`.
  func issue(
    csrPEM: String, platform: PlatformName, agent: String, now: Date, life: TimeInterval,
    using random: inout some RandomNumberGenerator
  ) throws(AuthorityError) -> IssuedCertificate {
    guard !platform.isHub else { throw .hubItself }
    guard DNSLabel.isValid(agent) else { throw .badAgentName(agent) }
    let requested: RequestedKey
    do {
      requested = try RequestedKey(requestPEM: csrPEM)
    } catch {
      throw .request(error)
    }
    let issued = try sign(requested.publicKey, now: now, life: life, usage: .clientAuth, using: &random) {
      OrganizationName("Lianxin")
      OrganizationalUnitName(platform.text)
      CommonName(agent)
    } names: {
      SubjectAlternativeNames([.uniformResourceIdentifier("\(PeerIdentity.scheme)\(platform)/\(agent)")])
    }
    return IssuedCertificate(
      pem: try Self.building("write a certificate") { try issued.serializeAsPEM().pemString + "\n" },
      serialHex: issued.serialNumber.hex, notAfter: issued.notValidAfter,
      publicKeyHash: requested.hash)
  }

  /// Sees to it that the sync listener has a certificate for all of `names` and the loopback, with a third of its life left;
  /// keeps a good one, so that restarts do not change it. Call it when the hub starts.
  ///
  /// - Returns: true if a new one was made.
  @discardableResult
  func ensureServerCertificate(
    in directory: KeyDirectory, names: [ServerName], now: Date, using random: inout some RandomNumberGenerator
  ) throws(AuthorityError) -> Bool {
    let wanted = (ServerName.loopback + names).reduce(into: [ServerName]()) { all, name in
      if !all.contains(name) { all.append(name) }
    }
    let key = try Self.makeOrLoadKey(directory.serverKey)
    if PrivateFile.exists(directory.serverCertificate) {
      let (present, _) = try Self.loadCertificate(directory.serverCertificate)
      if isGood(present, key: key, for: wanted, now: now) { return false }
    }
    let certificate = try sign(key.publicKey, now: now, life: Self.serverLife, usage: .serverAuth, using: &random) {
      OrganizationName("Lianxin")
      CommonName(String((names.first ?? .dns("localhost")).description.prefix(DNSLabel.maxBytes)))
    } names: {
      SubjectAlternativeNames(wanted.map(\.generalName))
    }
    let pem = try Self.building("write the listener's certificate") {
      try certificate.serializeAsPEM().pemString + "\n"
    }
    try Self.filing { () throws(PrivateFileError) in
      try PrivateFile.write(pem.utf8, to: directory.serverCertificate, mode: 0o644)
    }
    return true
  }

  private func isGood(_ present: Certificate, key: Certificate.PrivateKey, for names: [ServerName], now: Date) -> Bool {
    guard
      present.publicKey == key.publicKey, present.issuer == certificate.subject,
      certificate.publicKey.isValidSignature(present.signature, for: present),
      present.notValidBefore <= now, present.notValidAfter > now + Self.serverLife / 3,
      // Names that cannot be read are as bad as names that are missing: the certificate is made anew.
      let held = try? present.extensions.subjectAlternativeNames
    else { return false }
    return names.allSatisfy { held.contains($0.generalName) }
  }

  private func sign(
    _ publicKey: Certificate.PublicKey, now: Date, life: TimeInterval, usage: ExtendedKeyUsage.Usage,
    using random: inout some RandomNumberGenerator,
    @DistinguishedNameBuilder subject: () throws -> Result<DistinguishedName, any Error>,
    names: () -> SubjectAlternativeNames
  ) throws(AuthorityError) -> Certificate {
    guard now <= certificate.notValidAfter else { throw .expired(since: certificate.notValidAfter) }
    return try Self.building("make a certificate") {
      try Certificate(
        version: .v3, serialNumber: Self.makeSerial(using: &random), publicKey: publicKey,
        notValidBefore: Self.wholeSeconds(now - Self.backdating),
        notValidAfter: min(Self.wholeSeconds(now + life), certificate.notValidAfter),
        issuer: certificate.subject, subject: DistinguishedName(builder: subject),
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          Critical(KeyUsage(digitalSignature: true))
          try ExtendedKeyUsage([usage])
          names()
          SubjectKeyIdentifier(hash: publicKey)
          AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
        },
        issuerPrivateKey: key)
    }
  }

  // MARK: parts

  /// 126 random bits. The first byte is 0x40 to 0x7f, so that the number is positive and its text always 32 digits.
  private static func makeSerial(using random: inout some RandomNumberGenerator) -> Certificate.SerialNumber {
    var bytes = random.bytes(serialBytes)
    bytes[0] = bytes[0] & 0x3f | 0x40
    return Certificate.SerialNumber(bytes: bytes)
  }

  /// Certificates hold whole seconds; cutting before comparing keeps what is returned equal to what is written.
  private static func wholeSeconds(_ date: Date) -> Date {
    Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
  }

  private static func makeOrLoadKey(_ path: String) throws(AuthorityError) -> Certificate.PrivateKey {
    if PrivateFile.exists(path) { return try loadKey(path) }
    let key = P256.Signing.PrivateKey()
    try filing { () throws(PrivateFileError) in try PrivateFile.write((key.pemRepresentation + "\n").utf8, to: path) }
    return Certificate.PrivateKey(key)
  }

  private static func loadKey(_ path: String) throws(AuthorityError) -> Certificate.PrivateKey {
    let bytes = try filing { () throws(PrivateFileError) in try PrivateFile.readSecret(path) }
    do {
      return try Certificate.PrivateKey(pemEncoded: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw .unusable(path: path, reason: "this is no private key in PEM form")
    }
  }

  /// When the certificate in this file ends; nil where it cannot be read.
  static func end(ofCertificateAt path: String) -> Date? {
    try? loadCertificate(path).0.notValidAfter  // doctor says so
  }

  private static func loadCertificate(_ path: String) throws(AuthorityError) -> (Certificate, pem: String) {
    let bytes = try filing { () throws(PrivateFileError) in try PrivateFile.readPublic(path) }
    let pem = String(decoding: bytes, as: UTF8.self)
    do {
      return (try Certificate(pemEncoded: pem), pem)
    } catch {
      throw .unusable(path: path, reason: "this is not one certificate in PEM form")
    }
  }

  private static func filing<Value>(_ body: () throws(PrivateFileError) -> Value) throws(AuthorityError) -> Value {
    do {
      return try body()
    } catch {
      throw .file(error)
    }
  }

  /// The certificate library's errors are untyped, and none of them is expected with what we pass it.
  private static func building<Value>(_ doing: String, _ body: () throws -> Value) throws(AuthorityError) -> Value {
    do {
      return try body()
    } catch {
      throw .failed(doing: doing, reason: "\(error)")
    }
  }
}
