// The one thing that is taken from a certificate signing request (RFC 2986): a public key whose owner has signed the request.
// Everything else that a request may ask for is read by nobody.

import Core
import Crypto
import X509
import _CryptoExtras

/// Why a request gets no certificate.
enum RequestError: Error, Equatable, CustomStringConvertible {
  case tooLarge(bytes: Int)
  case malformed
  case notSignedByItsKey
  /// `kind` is the key's type and size.
  case keyRefused(kind: String)

  var description: String {
    switch self {
    case .tooLarge(let bytes):
      "the signing request has \(bytes) bytes, more than \(RequestedKey.maxBytes)"
    case .malformed:
      "the signing request is not one PEM block of PKCS #10 with a key that this hub knows"
    case .notSignedByItsKey:
      "the signing request is not signed by the key in it; make a new request"
    case .keyRefused(let kind):
      "keys of kind \(kind) are not taken; use P-256, P-384, or RSA with \(RequestedKey.rsaBits.lowerBound) bits or more"
    }
  }
}

/// A public key that a request proves to be its maker's.
struct RequestedKey: Sendable {
  /// An RSA-8192 request with a long subject stays below.
  static let maxBytes = 16 << 10
  /// Below, RSA is too weak for certificates of years; above, verifying costs the hub too much.
  static let rsaBits = 3072...8192

  let publicKey: Certificate.PublicKey
  /// Of its SubjectPublicKeyInfo.
  let hash: Hash

  /// Reads a PEM request, checks its self-signature and the strength of its key.
  init(requestPEM: String) throws(RequestError) {
    guard requestPEM.utf8.count <= Self.maxBytes else { throw .tooLarge(bytes: requestPEM.utf8.count) }
    let request: CertificateSigningRequest
    do {
      request = try CertificateSigningRequest(pemEncoded: requestPEM)
    } catch {
      throw .malformed
    }
    // The strength first: verifying under an absurd key would cost whoever sends it nothing and us much.
    guard Self.isStrong(request.publicKey) else { throw .keyRefused(kind: "\(request.publicKey)") }
    guard request.publicKey.isValidSignature(request.signature, for: request) else { throw .notSignedByItsKey }
    publicKey = request.publicKey
    do {
      hash = try request.publicKey.infoHash
    } catch {
      throw .malformed
    }
  }

  private static func isStrong(_ key: Certificate.PublicKey) -> Bool {
    if P256.Signing.PublicKey(key) != nil || P384.Signing.PublicKey(key) != nil { return true }
    return _RSA.Signing.PublicKey(key).map { rsaBits.contains($0.keySizeInBits) } ?? false
  }
}
