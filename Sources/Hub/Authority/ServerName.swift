// A name or address under which agents reach the sync listener, as it stands in the server's certificate.

import Foundation
import SwiftASN1
import X509

/// A DNS name or IP address of the hub.
enum ServerName: Hashable, Sendable, CustomStringConvertible {
  case dns(String)
  /// 4 or 16 bytes in network order.
  case address([UInt8], text: String)

  /// Every hub answers under these, for its own machine and for tests.
  static let loopback: [ServerName] = [.dns("localhost"), .address([127, 0, 0, 1], text: "127.0.0.1")]

  var description: String {
    switch self {
    case .dns(let name): name
    case .address(_, let text): text
    }
  }

  /// Nil if `text` is neither an IP address nor a DNS name (one leading `*.` allowed).
  init?(_ text: String) {
    if let bytes = Self.address(text, family: AF_INET, bytes: 4) ?? Self.address(text, family: AF_INET6, bytes: 16) {
      self = .address(bytes, text: text)
      return
    }
    let name = text.lowercased()
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let checked = labels.first == "*" && labels.count > 1 ? labels.dropFirst() : labels[...]
    // A last label of digits alone would be a broken IPv4 address, not a name (RFC 1123 §2.1).
    guard
      name.utf8.count <= 253, checked.allSatisfy(DNSLabel.isValid), checked.last?.allSatisfy(\.isNumber) == false
    else { return nil }
    self = .dns(name)
  }

  var generalName: GeneralName {
    switch self {
    case .dns(let name): .dnsName(name)
    case .address(let bytes, _): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
    }
  }

  private static func address(_ text: String, family: Int32, bytes: Int) -> [UInt8]? {
    var address = [UInt8](repeating: 0, count: bytes)
    return inet_pton(family, text, &address) == 1 ? address : nil
  }
}
