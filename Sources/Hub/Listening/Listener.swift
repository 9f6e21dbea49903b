// How the hub listens: HTTP/1.1, over TLS but for the metrics, with limits that keep a slow or hostile client from costing the others. What
// is answered is in the folders of those who listen.

import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Shell

/// What one listener allows.
struct ListenerLimits: Sendable {
  /// Closes a connection on which nothing is asked, a handshake or a header is not finished, or a body stands still.
  var idleTimeout: TimeAmount
  /// From a request's head to the end of its body, however steadily it drips.
  var bodyDeadline: TimeAmount
  /// From a response's head to its last byte, so that who does not read does not hold it in memory; of a stream of events, between two of
  /// its parts.
  var responseDeadline: TimeAmount
  /// Open connections; further ones wait in the backlog.
  var maxConnections: Int
  var backlog: Int
  /// A request's whole header block in bytes.
  var maxHeaderBytes: Int
  var maxHeaderCount: Int

  /// HTTP inside these limits.
  fileprivate var http1: HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      additionalChannelHandlers: [StallGuard(bodyDeadline: bodyDeadline, responseDeadline: responseDeadline)],
      idleTimeout: idleTimeout,
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: maxHeaderBytes, maxHeaderListSize: maxHeaderBytes, maxHeaderFieldCount: maxHeaderCount))
  }

  var plainServer: HTTPServerBuilder { .http1(configuration: http1) }

  func application(_ host: String, _ port: Int, _ logger: Logger) -> ApplicationConfiguration {
    ApplicationConfiguration(
      address: .hostname(host, port: port), backlog: backlog,
      availableConnectionsDelegate: MaximumAvailableConnections(maxConnections, logger: logger))
  }
}

/// Why a listener cannot be set up.
enum ListenerError: Error, Equatable, CustomStringConvertible {
  case certificate(listener: String, file: String, reason: String)
  case tls(listener: String, reason: String)

  var description: String {
    switch self {
    case .certificate(let listener, let file, let reason): "\(file) cannot be used for \(listener): \(reason)"
    case .tls(let listener, let reason): "the TLS of \(listener) cannot be set up: \(reason)"
    }
  }
}

/// Where a listener with TLS is, and as whom it shows itself.
struct TLSListener: Sendable {
  /// For errors.
  var name: String
  var host: String
  /// 0 lets the system choose; `onServerRunning` tells which.
  var port: Int
  /// PEM files of the certificate chain and the key.
  var certificateFile: String
  var keyFile: String
  var limits: ListenerLimits

  /// TLS with the listener's certificate, HTTP/1.1 inside.
  func tls() throws(ListenerError) -> TLSConfiguration {
    func unusable(_ file: String, _ error: any Error) -> ListenerError {
      .certificate(listener: name, file: file, reason: "\(error)")
    }
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    do { chain = try NIOSSLCertificate.fromPEMFile(certificateFile) } catch { throw unusable(certificateFile, error) }
    do { key = try NIOSSLPrivateKey(file: keyFile, format: .pem) } catch { throw unusable(keyFile, error) }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.applicationProtocols = ["http/1.1"]
    return tls
  }

  /// Makes the server; run it as a service.
  ///
  /// - Parameters:
  ///   - tls: what ``tls()`` gave, adjusted; with the callback that proves client certificates, where any are asked for.
  ///   - onServerRunning: called with the bound port once connections are accepted.
  func application<Responder: HTTPResponder>(
    _ responder: Responder, _ tls: TLSChannelConfiguration, _ logger: Logger,
    onServerRunning: @escaping @Sendable (Int) async -> Void
  ) throws(ListenerError) -> Application<Responder>
  where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let server: HTTPServerBuilder
    do { server = try .tls(limits.plainServer, configuration: tls) } catch {
      throw .tls(listener: name, reason: "\(error)")
    }
    let port = port
    return Application(
      responder: responder, server: server, configuration: limits.application(host, self.port, logger.ofServer),
      onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? port) },
      logger: logger.ofServer)
  }
}
