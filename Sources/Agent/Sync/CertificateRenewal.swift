// Renews the certificate in time: from two thirds of its life, with jitter, under the same key. The exchange is the transport's.

import Core
import Foundation
import Logging
import Synchronization

/// When the certificate is due, and its exchange. A failure is tried again; the certificate goes on until its end.
final class CertificateRenewal: Sendable {
  /// Until the next try after the network failed, and after the hub refused. Greetings have their own, longer pauses.
  private static let shortPause = 60_000
  private static let longPause = 600_000

  private let files: AgentFiles
  private let logger: Logger
  /// When the present certificate is due, wall milliseconds; nil before that was looked up.
  private let dueAt = Mutex<Int?>(nil)

  init(files: AgentFiles, logger: Logger) {
    self.files = files
    self.logger = logger
  }

  /// When a certificate should be renewed: at two thirds of its life and up to a twelfth later. `random` lies in 0..<1.
  static func due(notBefore: Int, notAfter: Int, random: Double) -> Int {
    let life = Double(notAfter - notBefore)
    return notBefore + Int(life * 2 / 3 + life / 12 * random)
  }

  /// Renews the certificate if it is due; after its end too, for as long as the hub takes it.
  func renewIfDue(over transport: SyncTransport, lane: SyncLane, now: Int) {
    do {
      guard try isDue(now) else { return }
      dueAt.withLock { $0 = now + CertificateRenewal.longPause }
      let credentials = try KeyAndRequest.loadOrMake(keyFile: files.key)
      let pem = try transport.renew(csr: credentials.requestPEM, lane: lane)
      guard let info = CertificateInfo(pem: pem), info.publicKeyHash == credentials.publicKeyHash else {
        return logger.warning(
          "certificate.renewal.failed", metadata: ["reason": "the answer is not a certificate of our key"])
      }
      try CredentialFile.write(pem, to: files.certificate)
      transport.dropClients()
      plan(info, from: now)
      logger.info("certificate.renewed", metadata: ["notAfter": "\(info.notAfter.ISO8601Format())"])
    } catch SyncFailure.stopped {
      return
    } catch {
      if case SyncFailure.transient = error { dueAt.withLock { $0 = now + CertificateRenewal.shortPause } }
      logger.warning("certificate.renewal.failed", metadata: ["reason": "\(error)"])
    }
  }

  /// Forgets when the certificate is due: the clock by which that was planned was wrong.
  func planAnew() { dueAt.withLock { $0 = nil } }

  private func isDue(_ now: Int) throws -> Bool {
    if dueAt.withLock({ $0 }) == nil { plan(try CertificateInfo.load(pemFile: files.certificate), from: 0) }
    return dueAt.withLock { $0 ?? Int.max } <= now
  }

  /// Draws the time, once a certificate. The hub dates a certificate back a little, so a fresh one counts from when it came.
  private func plan(_ info: CertificateInfo, from now: Int) {
    let due = CertificateRenewal.due(
      notBefore: max(Wall.milliseconds(info.notBefore), now), notAfter: Wall.milliseconds(info.notAfter),
      random: Double.random(in: 0..<1))
    dueAt.withLock { $0 = due }
  }
}
