// Who is at the other end: from the bytes of a client certificate to a platform and an agent, proven by our authority.
// Whether the certificate has expired or was revoked is asked on every request, by whoever holds the clock and the store.

import Core
import Crypto
import Foundation
import Shell
import Synchronization
import X509

/// What an agent may be called, and what a DNS name is made of (RFC 1123 §2.1, lower case).
enum DNSLabel {
  /// Below X.520's 64 for a common name.
  static let maxBytes = 63

  /// Whether `name` is 1 to 63 of a–z, 0–9 and inner hyphens. So it needs no escaping in a URI, a path or a log.
  static func isValid(_ name: some StringProtocol) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= maxBytes else { return false }
    let hyphen = UInt8(ascii: "-")
    return first != hyphen && last != hyphen
      && bytes.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == hyphen
      }
  }
}

/// Why a client certificate names nobody. Any of these refuses the handshake.
enum PeerError: Error, Equatable, CustomStringConvertible {
  case malformed
  case tooLarge(bytes: Int)
  case foreignAuthority
  case notForClients
  case noName

  var description: String {
    switch self {
    case .malformed: "the client certificate cannot be read"
    case .tooLarge(let bytes): "the client certificate has \(bytes) bytes, more than \(PeerIdentity.maxBytes)"
    case .foreignAuthority: "the client certificate was not made by this hub's authority; enrol the agent here"
    case .notForClients: "the certificate was not made for an agent"
    case .noName: "the client certificate names no platform and agent"
    }
  }
}

/// An agent as its certificate names it. All authorization starts here, never from a header or a body.
struct PeerIdentity: Sendable, Equatable {
  /// Where a certificate stands in its life.
  enum Phase: Equatable, Sendable {
    case notYetValid
    case valid
    case expired
  }

  /// Larger than any certificate of ours several times over.
  static let maxBytes = 16 << 10
  /// Scheme of the URI in the subject alternative names: `lianxin://<platform>/<agent>`.
  static let scheme = "lianxin://"

  let platform: PlatformName
  let agent: String
  /// Lower-case hexadecimal, two digits a byte.
  let serialHex: String
  let notBefore: Date
  let notAfter: Date
  /// Of the key's SubjectPublicKeyInfo.
  let publicKeyHash: Hash

  /// Where `now` lies in the certificate's life, both ends included (RFC 5280 §4.1.2.5).
  func phase(at now: Date) -> Phase {
    if now < notBefore { return .notYetValid }
    return now > notAfter ? .expired : .valid
  }

  init(
    platform: PlatformName, agent: String, serialHex: String, notBefore: Date, notAfter: Date, publicKeyHash: Hash
  ) {
    self.platform = platform
    self.agent = agent
    self.serialHex = serialHex
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.publicKeyHash = publicKeyHash
  }

  /// Reads what the certificate says. It proves nothing: `PeerVerifier` checks who signed it.
  init(certificate: Certificate) throws(PeerError) {
    do {
      guard let names = try certificate.extensions.subjectAlternativeNames else { throw PeerError.noName }
      let uris = names.compactMap { name in
        if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
      }
      guard uris.count == 1, names.count == 1, uris[0].hasPrefix(Self.scheme) else { throw PeerError.noName }
      let parts = uris[0].dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, DNSLabel.isValid(parts[1]) else { throw PeerError.noName }
      // No agent is the hotline, whatever a certificate says.
      guard let platform = try? PlatformName(String(parts[0])), !platform.isHub else { throw PeerError.noName }
      guard let life = certificate.life else { throw PeerError.malformed }
      self.init(
        platform: platform, agent: String(parts[1]), serialHex: certificate.serialNumber.hex,
        notBefore: life.notBefore, notAfter: life.notAfter,
        publicKeyHash: try certificate.publicKey.infoHash)
    } catch let error as PeerError {
      throw error
    } catch {
      throw .malformed
    }
  }
}

extension Certificate.PublicKey {
  /// Hash of the DER SubjectPublicKeyInfo, as `openssl pkey -pubout -outform DER | sha256sum` gives it.
  var infoHash: Hash {
    get throws { Hash.of(try serializeAsPEM().derBytes) }
  }
}

extension Certificate.SerialNumber {
  /// Lower-case hexadecimal, two digits a byte, as `openssl x509 -serial` has it in capitals.
  var hex: String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}

/// Turns certificates into identities, if one of our authorities signed them. Remembers the proven ones, so that a request
/// on a known certificate costs a hash and no parsing.
final class PeerVerifier: Sendable {
  /// Certificates remembered at most; twice the agents of the largest hub, so that renewals do not push others out.
  static let defaultCapacity = 10_000

  private struct Memory {
    // Two generations: when the young one is full it becomes the old one, and the old one is forgotten. What is in use moves back.
    var young: [SHA256.Digest: PeerIdentity] = [:]
    var old: [SHA256.Digest: PeerIdentity] = [:]
  }

  private let authorities: [Certificate]
  private let generationSize: Int
  private let memory = Mutex(Memory())

  /// - Parameters:
  ///   - authorities: certificates of the authorities whose agents are let in; more than one while they are being replaced.
  ///   - capacity: identities remembered at most.
  init(authorities: [Certificate], capacity: Int = PeerVerifier.defaultCapacity) {
    self.authorities = authorities
    self.generationSize = max(1, capacity / 2)
  }

  /// Identities remembered now.
  var remembered: Int {
    memory.withLock { $0.young.count + $0.old.count }
  }

  /// The agent that `der` proves: signed by one of our authorities, for a client, with one name. Its dates are not judged.
  func identity(der: [UInt8]) throws(PeerError) -> PeerIdentity {
    guard der.count <= PeerIdentity.maxBytes else { throw .tooLarge(bytes: der.count) }
    let digest = SHA256.hash(data: der)
    if let known = memory.withLock({ recall(digest, in: &$0) }) { return known }
    let identity = try verify(der)
    memory.withLock { remember(identity, as: digest, in: &$0) }
    return identity
  }

  private func recall(_ digest: SHA256.Digest, in memory: inout Memory) -> PeerIdentity? {
    if let identity = memory.young[digest] { return identity }
    guard let identity = memory.old.removeValue(forKey: digest) else { return nil }
    remember(identity, as: digest, in: &memory)
    return identity
  }

  private func remember(_ identity: PeerIdentity, as digest: SHA256.Digest, in memory: inout Memory) {
    if memory.young.count >= generationSize {
      memory.old = memory.young
      memory.young = [:]
    }
    memory.young[digest] = identity
  }

  private func verify(_ der: [UInt8]) throws(PeerError) -> PeerIdentity {
    do {
      let certificate = try Certificate(derEncoded: der)
      guard
        authorities.contains(where: { authority in
          authority.subject == certificate.issuer
            && authority.publicKey.isValidSignature(certificate.signature, for: certificate)
        })
      else { throw PeerError.foreignAuthority }
      guard
        try certificate.extensions.extendedKeyUsage?.contains(.clientAuth) == true,
        case .notCertificateAuthority? = try certificate.extensions.basicConstraints
      else { throw PeerError.notForClients }
      return try PeerIdentity(certificate: certificate)
    } catch let error as PeerError {
      throw error
    } catch {
      throw .malformed
    }
  }
}
