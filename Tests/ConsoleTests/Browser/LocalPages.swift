// A few pages over HTTPS under a certificate that nobody vouches for, so that the browser's client can be proved without the console.

import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Testing
import X509

@testable import TestSite

/// The public key of a certificate file's first certificate as browsers are told to trust it: base64 of its SHA-256.
func keyToTrust(ofCertificate path: String) throws -> String {
  let certificate = try Certificate(pemEncoded: String(contentsOfFile: path, encoding: .utf8))
  return Data(SHA256.hash(data: Data(try certificate.publicKey.serializeAsPEM().derBytes))).base64EncodedString()
}

/// A server of fixed pages on a free port of loopback, until it goes away.
final class LocalPages {
  /// A policy as strict as the console's.
  static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  private let channel: any Channel
  private let folder: String
  let key: String

  /// - Parameter pages: by path: media type and body.
  init(_ pages: [String: (type: String, body: String)]) throws {
    folder = NSTemporaryDirectory() + "lxp-" + String(UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let made = try ChildProcess(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem",
      ], scratch: folder
    ).finish()
    try #require(made.status == 0, "\(made.all)")
    key = try keyToTrust(ofCertificate: folder + "/cert.pem")
    let tls = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: NIOSSLCertificate.fromPEMFile(folder + "/cert.pem").map { .certificate($0) },
        privateKey: .privateKey(NIOSSLPrivateKey(file: folder + "/key.pem", format: .pem))))
    channel = try ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(PageHandler(pages: pages))
        }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
  }

  deinit {
    channel.close(promise: nil)
    try? FileManager.default.removeItem(atPath: folder)  // a leftover of a test harms nobody
  }

  func address(_ path: String) throws -> String {
    "https://localhost:\(try #require(channel.localAddress?.port))\(path)"
  }
}

/// Answers each request with the page of its path.
private final class PageHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let pages: [String: (type: String, body: String)]

  init(pages: [String: (type: String, body: String)]) { self.pages = pages }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let request) = unwrapInboundIn(data) else { return }
    let page = pages[String(request.uri.prefix { $0 != "?" })]
    let body = page?.body ?? "not here"
    let headers: HTTPHeaders = [
      "Content-Type": page?.type ?? "text/plain", "Content-Length": "\(body.utf8.count)",
      "Content-Security-Policy": LocalPages.policy,
    ]
    let head = HTTPResponseHead(version: .http1_1, status: page == nil ? .notFound : .ok, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
