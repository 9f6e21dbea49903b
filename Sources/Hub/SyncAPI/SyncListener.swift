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

extension ListenerLimits {
  static let sync = ListenerLimits(
    // Longer than the pause between two long polls.
    idleTimeout: .seconds(75), bodyDeadline: .seconds(120), responseDeadline: .seconds(120),
    // Two for each of 5,000 agents, and room for reconnecting ones; the backlog is for all agents that come back at once.
    maxConnections: 12_000, backlog: 1_024,
    // Ours have below 1 kB.
    maxHeaderBytes: 16 << 10, maxHeaderCount: 64)
}

/// Where to listen, as whom, and whom to believe.
struct SyncListenerConfiguration: Sendable {
  var listener: TLSListener
  /// PEM of the authorities whose names are sent to agents that ask which certificate to show.
  var authoritiesPEM: [String]
  /// TLS 1.2 for agents behind old middleboxes; 1.3 is the lowest otherwise.
  var allowsTLS12 = false
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
) throws(ListenerError) -> some ApplicationProtocol {
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
  return try configuration.listener.application(
    IdentifyingResponder(inner: router.buildResponder(), verifier: verifier, logger: logger), tls, logger,
    onServerRunning: onServerRunning)
}

private func makeTLSConfiguration(
  _ configuration: SyncListenerConfiguration
) throws(ListenerError) -> TLSConfiguration {
  var tls = try configuration.listener.tls()
  tls.minimumTLSVersion = configuration.allowsTLS12 ? .tlsv12 : .tlsv13
  tls.certificateVerification = .optionalVerification
  do {
    tls.trustRoots = .certificates(
      try configuration.authoritiesPEM.flatMap { try NIOSSLCertificate.fromPEMBytes(Array($0.utf8)) })
  } catch {
    throw .tls(
      listener: configuration.listener.name, reason: "an authority's certificate cannot be read: \(error)")
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
