// The certificate with which a listener of the hub shows itself.

import NIOSSL

enum ServerTLS {
  /// Why a certificate or its key cannot be used.
  struct Fault: Error {
    let file: String
    let reason: String
  }

  /// TLS with the certificate chain and the key of two PEM files, HTTP/1.1 inside.
  static func configuration(certificateFile: String, keyFile: String) throws(Fault) -> TLSConfiguration {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    do {
      chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
    } catch {
      throw Fault(file: certificateFile, reason: "\(error)")
    }
    do {
      key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
    } catch {
      throw Fault(file: keyFile, reason: "\(error)")
    }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.applicationProtocols = ["http/1.1"]
    return tls
  }
}
