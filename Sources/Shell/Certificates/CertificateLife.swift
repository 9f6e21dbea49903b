// When a certificate is valid, read from bytes that anybody may have written.

import Foundation
import SwiftASN1
import X509

extension Certificate {
  /// The first and the last moment at which the certificate is valid, both included; nil if a time in it is none (RFC 5280
  /// §4.1.2.5). ASN.1 lets second 60 and 61 through, on which `notValidBefore` and `notValidAfter` trap in debug builds.
  public var life: (notBefore: Date, notAfter: Date)? {
    guard let seconds = try? Self.seconds(in: tbsCertificateBytes), seconds.count == 2,
      seconds.allSatisfy({ $0 < 60 })
    else { return nil }
    return (notValidBefore, notValidAfter)
  }

  /// The seconds of both times of a TBSCertificate (RFC 5280 §4.1): version, serial number, algorithm and issuer stand before them.
  private static func seconds(in tbsCertificate: ArraySlice<UInt8>) throws -> [Int] {
    guard case .constructed(let fields) = try DER.parse(tbsCertificate).content else { return [] }
    // The version is left out where it is 1, and carries its own tag where not.
    let untagged = fields.drop { $0.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) }
    guard let validity = Array(untagged).dropFirst(3).first, case .constructed(let times) = validity.content else {
      return []
    }
    return try times.map { time in
      time.identifier == .utcTime
        ? try UTCTime(derEncoded: time).seconds : try GeneralizedTime(derEncoded: time).seconds
    }
  }
}
