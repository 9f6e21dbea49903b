// Why a request got no HTTP answer, and how libcurl's codes map to that. An answer with an error status is not a
// failure of the transport: it is an HTTPAnswer.

import CCurl
import Foundation

/// Why a request got no HTTP answer. Each has a sentence for people in ``description``.
public enum TransportFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The host's name has no address now.
  case couldNotResolve(String)
  /// Nobody listens, or the network does not reach it; `errno` is the system's reason, 0 when it gave none.
  case couldNotConnect(String, errno: Int32)
  /// The peer could not be verified against the given CA, or no TLS session came about.
  case tls(String)
  /// Our own certificate or key cannot be read, or the peer refused it (expired, revoked, of another CA, missing).
  case clientCertificateProblem(String)
  /// The time limit of the connect, of the silence or of the whole request ran out.
  case timedOut(String)
  /// ``CurlClient/abort()`` was called.
  case aborted
  /// The answer is longer than the limit, in bytes.
  case responseTooLarge(limit: Int)
  /// The connection broke, or what came is not HTTP.
  case brokenReply(String)
  /// Any other libcurl error.
  case other(code: Int32, message: String)

  public var description: String {
    switch self {
    case .couldNotResolve(let reason): "the host's name could not be resolved: \(reason)"
    case .couldNotConnect(let reason, _): "no connection: \(reason)"
    case .tls(let reason): "the peer's TLS identity could not be verified: \(reason)"
    case .clientCertificateProblem(let reason): "our client certificate was not accepted: \(reason)"
    case .timedOut(let reason): "timed out: \(reason)"
    case .aborted: "the request was aborted"
    case .responseTooLarge(let limit): "the answer is longer than the limit of \(limit) bytes"
    case .brokenReply(let reason): "the connection broke before a whole HTTP answer arrived: \(reason)"
    case .other(let code, let message): "libcurl error \(code): \(message)"
    }
  }

  /// The failure that a libcurl result means; `message` is what libcurl wrote about it.
  init(_ code: CURLcode, message: String, errno: Int32) {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .couldNotResolve(message)
    case CURLE_COULDNT_CONNECT: self = .couldNotConnect(message, errno: errno)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: self = .tls(message)
    case CURLE_SSL_CERTPROBLEM: self = .clientCertificateProblem(message)
    // With TLS 1.3 the peer's verdict on our certificate comes after the handshake, as an alert on the first read.
    case CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
      if Self.speaksOfOurCertificate(message) {
        self = .clientCertificateProblem(message)
      } else if code == CURLE_SSL_CONNECT_ERROR, !Self.speaksOfABrokenConnection(message) {
        self = .tls(message)
      } else {
        self = .brokenReply(message)
      }
    case CURLE_OPERATION_TIMEDOUT: self = .timedOut(message)
    case CURLE_ABORTED_BY_CALLBACK: self = .aborted
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY,
      CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2, CURLE_WRITE_ERROR:
      self = .brokenReply(message)
    default: self = .other(code: Int32(bitPattern: code.rawValue), message: message)
    }
  }

  /// The connection went away during the handshake: the network's doing, not the peer's identity.
  private static func speaksOfABrokenConnection(_ message: String) -> Bool {
    ["Recv failure", "Send failure", "Connection reset", "unexpected eof", "SSL_ERROR_SYSCALL"].contains {
      message.range(of: $0, options: .caseInsensitive) != nil
    }
  }

  private static func speaksOfOurCertificate(_ message: String) -> Bool {
    message.contains("alert") && (message.contains("certificate") || message.contains("unknown ca"))
  }
}
