// The listener that agents connect to: HTTP/1.1 over TLS with client certificates, limits and time-outs.
// What the calls do is in the other files of this folder; the console has a listener of its own, so that no browser is asked
// for a certificate.

import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Shell

/// What one listener allows. Each limit keeps a slow or hostile client from costing the others.
struct SyncListenerLimits: Sendable {
  /// Closes a connection on which nothing is asked, a handshake or a header is not finished, or a body stands still. Longer
  /// than the pause between two long polls.
  var idleTimeout: TimeAmount = .seconds(75)
  /// From a request's head to the end of its body, however steadily it drips.
  var bodyDeadline: TimeAmount = .seconds(120)
  /// From a response's head to its last byte, so that who does not read does not hold it in memory.
  var responseDeadline: TimeAmount = .seconds(120)
  /// Open connections; further ones wait in the backlog. Two for each of 5,000 agents, and room for reconnecting ones.
  var maxConnections = 12_000
  /// Connections that wait to be accepted, as when all agents come back at once.
  var backlog = 1_024
  /// A request's whole header block in bytes; ours have below 1 kB.
  var maxHeaderBytes = 16 << 10
  var maxHeaderCount = 64
}

/// Where to listen, and as whom.
struct SyncListenerConfiguration: Sendable {
  var host: String
  /// 0 lets the system choose; `onServerRunning` tells which.
  var port: Int
  /// PEM files of the server's certificate and key.
  var certificateFile: String
  var keyFile: String
  /// PEM of the authorities whose names are sent to agents that ask which certificate to show.
  var authoritiesPEM: [String]
  /// TLS 1.2 for agents behind old middleboxes; 1.3 is the lowest otherwise.
  var allowsTLS12 = false
  var limits = SyncListenerLimits()
}

/// Why the listener cannot be set up.
enum SyncListenerError: Error, Equatable, CustomStringConvertible {
  case certificate(file: String, reason: String)
  case tls(reason: String)

  var description: String {
    switch self {
    case .certificate(let file, let reason): "\(file) cannot be used for the sync listener: \(reason)"
    case .tls(let reason): "the sync listener's TLS cannot be set up: \(reason)"
    }
  }
}

/// What every handler of the sync API knows about its request.
struct SyncRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The agent whose certificate was shown and proven; nil if none was shown. Its dates and revocation are still to be asked.
  var peer: PeerIdentity?
  /// Address of the other end, for rate limits and the log; a balancer's if there is one.
  let remoteAddress: String?
  fileprivate let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
    remoteAddress = source.channel.remoteAddress?.ipAddress
  }
}

/// Makes the server; run it as a service. A certificate is asked for and, if shown, must be of our authority, else the
/// handshake fails; without one `peer` is nil. Expired ones pass the handshake, so that the answer can be a 403 that says so,
/// and the call that renews can be made.
///
/// - Parameters:
///   - router: the routes; the peer is in the context before any of their middleware runs.
///   - verifier: proves client certificates.
///   - onServerRunning: called with the bound port once connections are accepted.
func makeSyncApplication(
  router: Router<SyncRequestContext>, configuration: SyncListenerConfiguration, verifier: PeerVerifier, logger: Logger,
  onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) throws(SyncListenerError) -> some ApplicationProtocol {
  let limits = configuration.limits
  let http1 = HTTP1Channel.Configuration(
    additionalChannelHandlers: [
      StallGuard(bodyDeadline: limits.bodyDeadline, responseDeadline: limits.responseDeadline)
    ],
    idleTimeout: limits.idleTimeout,
    httpDecoderConfiguration: .init(
      maxHeaderFieldSize: limits.maxHeaderBytes, maxHeaderListSize: limits.maxHeaderBytes,
      maxHeaderFieldCount: limits.maxHeaderCount))
  let tls = HummingbirdTLS.TLSChannelConfiguration(
    tlsConfiguration: try makeTLSConfiguration(configuration),
    customVerificationCallback: { chain, promise in
      // Replaces the library's check, which would refuse an expired certificate. The leaf alone counts: our authority signs
      // agents itself (path length 0). That the peer holds the key is proven by the handshake in any case.
      do {
        guard let leaf = chain.first else { throw PeerError.malformed }
        _ = try verifier.identity(der: leaf.toDERBytes())
        promise.succeed(.certificateVerified)
      } catch {
        logger.debug("sync.handshake.refused", metadata: ["reason": "\(error)"])
        promise.succeed(.failed)
      }
    })
  let server: HTTPServerBuilder
  do {
    server = try .tls(.http1(configuration: http1), configuration: tls)
  } catch {
    throw .tls(reason: "\(error)")
  }
  return Application(
    responder: IdentifyingResponder(inner: router.buildResponder(), verifier: verifier, logger: logger),
    server: server,
    configuration: ApplicationConfiguration(
      address: .hostname(configuration.host, port: configuration.port), backlog: limits.backlog,
      availableConnectionsDelegate: MaximumAvailableConnections(limits.maxConnections, logger: logger.ofServer)),
    onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? configuration.port) },
    logger: logger.ofServer)
}

private func makeTLSConfiguration(
  _ configuration: SyncListenerConfiguration
) throws(SyncListenerError) -> TLSConfiguration {
  var tls: TLSConfiguration
  do {
    tls = try ServerTLS.configuration(
      certificateFile: configuration.certificateFile, keyFile: configuration.keyFile)
  } catch {
    throw .certificate(file: error.file, reason: error.reason)
  }
  tls.minimumTLSVersion = configuration.allowsTLS12 ? .tlsv12 : .tlsv13
  tls.applicationProtocols = ["http/1.1"]
  tls.certificateVerification = .optionalVerification
  do {
    tls.trustRoots = .certificates(
      try configuration.authoritiesPEM.flatMap { try NIOSSLCertificate.fromPEMBytes(Array($0.utf8)) })
  } catch {
    throw .tls(reason: "an authority's certificate cannot be read: \(error)")
  }
  tls.sendCANameList = true
  return tls
}

/// Puts the proven peer into the context, then answers as the routes do.
private struct IdentifyingResponder<Inner: HTTPResponder>: HTTPResponder where Inner.Context == SyncRequestContext {
  let inner: Inner
  let verifier: PeerVerifier
  let logger: Logger

  func respond(to request: Request, context: SyncRequestContext) async throws -> Response {
    var context = context
    if let certificate = try await context.channel.nioSSL_peerCertificate().get() {
      do {
        context.peer = try verifier.identity(der: certificate.toDERBytes())
      } catch {
        // A resumed session may carry a certificate of an authority that is trusted no more: it names nobody now.
        logger.debug("sync.peer.refused", metadata: ["reason": "\(error)"])
      }
    }
    return try await inner.respond(to: request, context: context)
  }
}
