// A server of a few lines on a Unix socket, and temporary directories, for the tests of the clients.

import Foundation
import Synchronization

/// A directory that goes away with its object.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = "/tmp/lianxin-test-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }  // a leftover in /tmp harms nobody

  func write(_ text: String, _ name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }
}

/// Answers requests on a Unix socket, one connection at a time, until it goes away.
final class TinyServer: Sendable {
  let path: String
  private let listener: Int32
  /// Connections accepted so far.
  let connections = Atomic<Int>(0)

  /// - Parameter answer: the bytes to send for a request (head and body); nil leaves it unanswered; an empty text
  ///   closes the connection.
  init(_ path: String, answer: @escaping @Sendable (String) -> String?) throws {
    self.path = path
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 8) == 0 else { throw POSIXError(.EADDRINUSE) }
    Thread.detachNewThread { [self] in
      while true {
        let peer = accept(listener, nil, nil)
        guard peer >= 0 else { break }
        connections.add(1, ordering: .relaxed)
        Self.serve(peer, answer)
        close(peer)
      }
      close(listener)
    }
  }

  /// Stops accepting. The thread closes the socket, lest it accept on the next owner of the descriptor's number.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private static func serve(_ peer: Int32, _ answer: (String) -> String?) {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(peer, &buffer, buffer.count)
      guard count > 0 else { return }
      received += buffer[..<count]
      guard let request = whole(received) else { continue }
      received = []
      guard let text = answer(request) else { continue }
      guard !text.isEmpty else { return }
      let bytes = Array(text.utf8)
      guard send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
    }
  }

  /// The request, once its head and as much body as `Content-Length` says are there.
  private static func whole(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let length = text[..<end.lowerBound].components(separatedBy: "\r\n")
      .first { $0.lowercased().hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
    return text[end.upperBound...].utf8.count >= length ?? 0 ? text : nil
  }
}

/// The bytes of an HTTP answer.
func http(_ status: String, _ headers: [String] = [], _ body: String = "") -> String {
  (["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
}
