// The agent's key pair, the request for a certificate, and what a certificate file says.
// The private key is made here and never leaves this machine: what is sent is the request. The exchange itself is elsewhere.

import Core
import Crypto
import Foundation
import Shell
import X509

/// Why a key or certificate file cannot be made or used.
enum CredentialError: Error, Equatable, CustomStringConvertible {
  case missing(path: String)
  /// Others than the owner may read it; `mode` is its permission bits.
  case exposed(path: String, mode: UInt32)
  case unreadable(path: String, what: String)
  case failed(path: String, doing: String, code: Int32)
  case request(reason: String)

  var description: String {
    switch self {
    case .missing(let path):
      "\(path) does not exist; run `lianxin-agent enroll`"
    case .exposed(let path, let mode):
      "\(path) holds a secret, but others can read it (mode \(String(mode, radix: 8))); run `chmod 600 \(path)`"
    case .unreadable(let path, let what):
      "\(path) is not \(what); move it away and run `lianxin-agent enroll` with a new token"
    case .failed(let path, let doing, let code):
      "cannot \(doing) \(path): \(String(cString: strerror(code)))"
    case .request(let reason):
      "the certificate request cannot be made: \(reason)"
    }
  }
}

/// A P-256 key pair in a file of its own, and the request (RFC 2986) that proves it.
struct KeyAndRequest: Sendable {
  /// PKCS #10 in PEM. The hub takes only the key from it, so it names nothing.
  let requestPEM: String
  /// Of the key's SubjectPublicKeyInfo; the hub computes the same. People compare it when an enrolment is approved by hand.
  let publicKeyHash: Hash

  /// Uses the key in `keyFile`, or makes one and writes it there, for its owner only, before anything is sent. So a request
  /// that is repeated after a lost reply carries the same key and gets the same answer.
  static func loadOrMake(keyFile: String) throws(CredentialError) -> KeyAndRequest {
    if let pem = try CredentialFile.readSecret(keyFile) {
      do {
        return try KeyAndRequest(key: P256.Signing.PrivateKey(pemRepresentation: pem))
      } catch let error as CredentialError {
        throw error
      } catch {
        throw .unreadable(path: keyFile, what: "a P-256 private key in PEM form")
      }
    }
    let key = P256.Signing.PrivateKey()
    try CredentialFile.write(key.pemRepresentation + "\n", to: keyFile)
    return try KeyAndRequest(key: key)
  }

  private init(key: P256.Signing.PrivateKey) throws(CredentialError) {
    do {
      let privateKey = Certificate.PrivateKey(key)
      let request = try CertificateSigningRequest(
        version: .v1, subject: DistinguishedName { CommonName("lianxin-agent") }, privateKey: privateKey,
        attributes: CertificateSigningRequest.Attributes())
      requestPEM = try request.serializeAsPEM().pemString + "\n"
      publicKeyHash = try Hash.of(privateKey.publicKey.serializeAsPEM().derBytes)
    } catch {
      throw .request(reason: "\(error)")
    }
  }
}

/// What an agent's own certificate says. The hub decides whether it is still good.
struct CertificateInfo: Sendable, Equatable {
  let platform: PlatformName
  let agent: String
  let notBefore: Date
  let notAfter: Date
  /// Lower-case hexadecimal, two digits a byte.
  let serialHex: String
  let publicKeyHash: Hash

  /// Reads the certificate file that enrolment wrote.
  static func load(pemFile: String) throws(CredentialError) -> CertificateInfo {
    guard let pem = try CredentialFile.read(pemFile) else { throw .missing(path: pemFile) }
    guard let info = CertificateInfo(pem: pem) else {
      throw .unreadable(path: pemFile, what: "the certificate of an agent in PEM form")
    }
    return info
  }

  /// Nil if `pem` is not one certificate with one name `lianxin://<platform>/<agent>`.
  init?(pem: String) {
    let scheme = "lianxin://"
    // Whatever is wrong with the bytes, the answer is the same: no agent's certificate.
    guard
      let certificate = try? Certificate(pemEncoded: pem),
      let names = try? certificate.extensions.subjectAlternativeNames, names.count == 1,
      case .uniformResourceIdentifier(let uri)? = names.first, uri.hasPrefix(scheme),
      let publicKey = try? certificate.publicKey.serializeAsPEM().derBytes, let life = certificate.life
    else { return nil }
    let parts = uri.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, let platform = try? PlatformName(String(parts[0])) else { return nil }
    self.platform = platform
    agent = String(parts[1])
    notBefore = life.notBefore
    notAfter = life.notAfter
    serialHex = certificate.serialNumber.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    publicKeyHash = Hash.of(publicKey)
  }
}

/// The files of an agent's identity: durable before anything relies on them, and none of anyone else's business.
enum CredentialFile {
  /// Replaces the content of `path`, mode 0600, durably.
  static func write(_ text: String, to path: String) throws(CredentialError) {
    do {
      try SecretFile.write(Array(text.utf8), to: path)
    } catch {
      throw .failed(path: error.path, doing: error.action, code: error.errno)
    }
  }

  /// The text of a file; nil if there is none.
  static func read(_ path: String) throws(CredentialError) -> String? {
    try read(path, secret: false)
  }

  /// The text of a file that only its owner may read; nil if there is none.
  static func readSecret(_ path: String) throws(CredentialError) -> String? {
    try read(path, secret: true)
  }

  private static func read(_ path: String, secret: Bool) throws(CredentialError) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .failed(path: path, doing: "open", code: errno)
    }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0 else { throw .failed(path: path, doing: "examine", code: errno) }
    if secret, facts.st_mode & 0o077 != 0 { throw .exposed(path: path, mode: facts.st_mode & 0o777) }
    do {
      let bytes = try FileHandle(fileDescriptor: file, closeOnDealloc: false).read(upToCount: 1 << 20) ?? Data()
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw .failed(path: path, doing: "read", code: errno)
    }
  }
}
