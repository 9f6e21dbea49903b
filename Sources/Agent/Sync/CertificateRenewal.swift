// Renews the certificate in time: from two thirds of its life, with jitter, under the same key. The exchange is the transport's.

import Core
import Foundation
import Logging
import Synchronization

/// When the certificate is due, and its exchange. A failure is tried again an hour later; the certificate goes on until its end.
final class CertificateRenewal: Sendable {
  private static let pauseMilliseconds = 3_600_000

  private struct Plan {
    var dueAt: Int?
  }

  private let files: AgentFiles
  private let logger: Logger
  private let plan = Mutex(Plan())

  init(files: AgentFiles, logger: Logger) {
    self.files = files
    self.logger = logger
  }

  /// When a certificate should be renewed: at two thirds of its life and up to a twelfth later. `random` lies in 0..<1.
  static func due(notBefore: Int, notAfter: Int, random: Double) -> Int {
    let life = Double(notAfter - notBefore)
    return notBefore + Int(life * 2 / 3 + life / 12 * random)
  }

  /// Renews the certificate if it is due. Returns true where a new one was written.
  func renewIfDue(over transport: SyncTransport, lane: SyncLane, now: Int) -> Bool {
    do {
      guard let dueAt = try dueAt(), dueAt <= now else { return false }
      plan.withLock { $0.dueAt = now + CertificateRenewal.pauseMilliseconds }
      let credentials = try KeyAndRequest.loadOrMake(keyFile: files.key)
      let pem = try transport.renew(csr: credentials.requestPEM, lane: lane)
      guard let info = CertificateInfo(pem: pem), info.publicKeyHash == credentials.publicKeyHash else {
        logger.warning("certificate.renewal.failed", metadata: ["reason": "the answer is not a certificate of our key"])
        return false
      }
      try CredentialFile.write(pem, to: files.certificate)
      plan.withLock { $0 = Plan() }
      transport.dropClients()
      logger.info("certificate.renewed", metadata: ["notAfter": "\(info.notAfter.ISO8601Format())"])
      return true
    } catch SyncFailure.stopped {
      return false
    } catch {
      logger.warning("certificate.renewal.failed", metadata: ["reason": "\(error)"])
      return false
    }
  }

  /// When the present certificate is due; drawn once a certificate.
  private func dueAt() throws -> Int? {
    if let dueAt = plan.withLock({ $0.dueAt }) { return dueAt }
    let info = try CertificateInfo.load(pemFile: files.certificate)
    let due = CertificateRenewal.due(
      notBefore: Wall.milliseconds(info.notBefore), notAfter: Wall.milliseconds(info.notAfter),
      random: Double.random(in: 0..<1))
    plan.withLock { $0 = Plan(dueAt: due) }
    return due
  }
}
