// The decoders of what strangers send to the hub's authority: signing requests and certificates.

import Foundation
import X509

@testable import Core
@testable import Hub

extension FuzzTarget {
  static let authorityTargets: [FuzzTarget] = [request, requestPEM, certificate]

  /// The authority that made the certificates of the corpus.
  private static let authority: Result<Certificate, any Error> = Result {
    try Certificate(pemEncoded: try FuzzCorpus.text("authority.pem"))
  }

  private static func read(_ pem: String, _ trail: inout FuzzTrail) throws {
    guard pem.utf8.count <= RequestedKey.maxBytes else { return }
    trail.pass("bounded")
    do throws(RequestError) {
      _ = try RequestedKey(requestPEM: pem).hash
      for stage in ["request", "strong", "signed"] { trail.pass(stage) }
    } catch {
      switch error {
      case .tooLarge, .malformed: break
      case .keyRefused: trail.pass("request")
      case .notSignedByItsKey: for stage in ["request", "strong"] { trail.pass(stage) }
      }
      throw error
    }
  }

  private static let request = FuzzTarget(
    "csr", .der, weight: 8, ["bounded", "request", "strong", "signed"]
  ) { bytes, trail in
    let text = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    try read("-----BEGIN CERTIFICATE REQUEST-----\n\(text)\n-----END CERTIFICATE REQUEST-----\n", &trail)
  }

  private static let requestPEM = FuzzTarget(
    "csr-pem", .text, weight: 4, ["bounded", "request", "strong", "signed"]
  ) { bytes, trail in try read(String(decoding: bytes, as: UTF8.self), &trail) }

  private static let certificate = FuzzTarget(
    "certificate", .der, weight: 8, ["bounded", "certificate", "named", "proven"]
  ) { bytes, trail in
    guard bytes.count <= PeerIdentity.maxBytes else { return }
    trail.pass("bounded")
    let verifier = PeerVerifier(authorities: [try authority.get()], capacity: 4)
    let proven = try? verifier.identity(der: bytes)
    let certificate = try Certificate(derEncoded: bytes)
    trail.pass("certificate")
    let named = try PeerIdentity(certificate: certificate)
    trail.pass("named")
    _ = (named.phase(at: Date(timeIntervalSince1970: 0)), named.serialHex)
    guard let proven else { return }
    trail.require(proven == named, "two readings of one certificate")
    trail.pass("proven")
  }
}
