// One HTTP/1.1 request in the clear over loopback: the driver of the browser speaks nothing else, and our own client refuses to.

import Foundation

/// Why the driver of the browser could not be talked to, or what it refused.
enum BrowserError: Error, CustomStringConvertible {
  case notInstalled
  case noAnswer(to: String, String)
  /// An error of the WebDriver protocol (W3C WebDriver §6.6): its code and message.
  case refused(call: String, code: String, message: String)
  case unexpected(String)

  var description: String {
    switch self {
    case .notInstalled: "there is no browser: \(Chromium.remedy)"
    case .noAnswer(let call, let reason): "the browser's driver gave no answer to \(call): \(reason)"
    case .refused(let call, let code, let message): "the browser refused \(call): \(code): \(message)"
    case .unexpected(let what): what
    }
  }

  /// That what was asked for is not there, not there any more, or covered just now: asking again may help.
  var mayPass: Bool {
    guard case .refused(_, let code, _) = self else { return false }
    return [
      "no such element", "stale element reference", "element not interactable", "element click intercepted",
      "invalid element state", "javascript error",
    ].contains(code)
  }
}

enum LoopbackHTTP {
  /// Sends a request on a connection of its own and reads the whole answer.
  ///
  /// - Parameter patience: seconds without a byte after which it fails.
  static func send(
    _ method: String, _ path: String, port: Int, body: [UInt8], patience: Int = 60
  ) throws -> (status: Int, body: [UInt8]) {
    let call = "\(method) \(path)"
    func failure(_ what: String) -> BrowserError { .noAnswer(to: call, "\(what): \(String(cString: strerror(errno)))") }

    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard connection >= 0 else { throw failure("no socket") }
    defer { close(connection) }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw failure("no connection") }

    let head =
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    var rest = (Array(head.utf8) + body)[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { throw failure("sending") }
      rest = rest.dropFirst(sent)
    }

    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count >= 0 else { throw failure("reading") }
      received += buffer[..<count]
      if let answer = answer(in: received, isWhole: count == 0) { return answer }
      if count == 0 { throw BrowserError.noAnswer(to: call, "it ended after \(received.count) bytes") }
    }
  }

  /// The answer, once its head and as much body as `Content-Length` says are there.
  private static func answer(in bytes: [UInt8], isWhole: Bool) -> (status: Int, body: [UInt8])? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = head[0].split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else { return nil }
    let length = head.first { $0.lowercased().hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
    let body = bytes[end.upperBound...]
    guard isWhole || length.map({ body.count >= $0 }) == true else { return nil }
    return (status, Array(body))
  }
}
