// The receiving end of one libcurl transfer: collects header lines and body within limits. CurlClient makes one per
// request and keeps it alive until libcurl has let go of it.

import CCurl
import Foundation

/// Collects one answer. libcurl's callbacks hold an unretained pointer to it.
final class Reception {
  /// What the header lines of an answer may take together; ours take a few hundred bytes.
  static let maxHeaderBytes = 64 * 1024

  private let maxBodyBytes: Int
  private var headerBytes = 0
  private(set) var headers: [String: String] = [:]
  private(set) var body: [UInt8] = []
  /// The limit that the answer went over.
  private(set) var exceeded: Int?
  /// Where libcurl writes its sentence about an error.
  let errorBuffer: UnsafeMutablePointer<CChar>

  init(maxBodyBytes: Int) {
    self.maxBodyBytes = maxBodyBytes
    errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit { errorBuffer.deallocate() }

  static let bodyCallback: ccurl_write_callback = { bytes, size, count, context in
    Reception.receive(bytes, size * count, context) { $0.append($1) }
  }

  static let headerCallback: ccurl_write_callback = { bytes, size, count, context in
    Reception.receive(bytes, size * count, context) { $0.readHeaderLine($1) }
  }

  /// The answer's bytes taken so far, or 0 to make libcurl end the transfer.
  private static func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ length: Int, _ context: UnsafeMutableRawPointer?,
    _ take: (Reception, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let context, let bytes else { return 0 }
    let reception = Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
    return take(reception, UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
  }

  private func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= maxBodyBytes - body.count else {
      exceeded = maxBodyBytes
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  private func readHeaderLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.maxHeaderBytes else {
      exceeded = Self.maxHeaderBytes
      return false
    }
    let line = String(decoding: bytes, as: UTF8.self)
    // A status line opens a new header block: what an interim answer (1xx) said is not the answer's.
    if line.hasPrefix("HTTP/") {
      headers = [:]
      return true
    }
    guard let colon = line.firstIndex(of: ":") else { return true }
    let name = line[..<colon].lowercased()
    let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    headers[name] = headers[name].map { "\($0), \(value)" } ?? value
    return true
  }
}
