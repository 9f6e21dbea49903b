// What the authority's tests share: a directory of keys that goes away, fixed times, and the openssl and curl commands.

import Core
import Crypto
import Foundation
import X509

@testable import Hub

/// A fresh authority in a directory of its own.
final class AuthorityFixture {
  static let year: TimeInterval = 365 * 86_400

  let directory: KeyDirectory
  let authority: CertificateAuthority
  /// Real time, since openssl and curl compare with their own clock.
  let now = Date()
  var random = SystemRandomNumberGenerator()

  init(name: String = "Tianjin 12319") throws {
    let path = NSTemporaryDirectory() + "lianxin-authority-" + UUID().uuidString
    directory = KeyDirectory(path: path)
    authority = try CertificateAuthority.create(in: directory, name: name, now: now, using: &random)
  }

  deinit {
    // The system's own cleaning of the temporary directory is the second chance.
    try? FileManager.default.removeItem(atPath: directory.path)
  }

  func file(_ name: String) -> String { directory.path + "/" + name }

  /// Writes a P-256 key and its certificate, and gives their paths.
  func enrolled(
    platform: String = "water", agent: String = "depot-1", life: TimeInterval = year, now: Date? = nil
  ) throws -> (certificate: String, key: String, issued: IssuedCertificate) {
    let key = P256.Signing.PrivateKey()
    let issued = try authority.issue(
      csrPEM: request(key: .init(key)), platform: PlatformName(platform), agent: agent, now: now ?? self.now,
      life: life, using: &random)
    let base = file(UUID().uuidString)
    try PrivateFile.write(issued.pem.utf8, to: base + ".pem", mode: 0o644)
    try PrivateFile.write(key.pemRepresentation.utf8, to: base + ".key")
    return (base + ".pem", base + ".key", issued)
  }
}

/// A PEM request for `key`, asking for what `extensions` hold.
func request(
  key: Certificate.PrivateKey, extensions: Certificate.Extensions? = nil
) throws -> String {
  let attributes = try extensions.map { try [CertificateSigningRequest.Attribute(ExtensionRequest(extensions: $0))] }
  return try CertificateSigningRequest(
    version: .v1, subject: DistinguishedName { CommonName("whatever") }, privateKey: key,
    attributes: CertificateSigningRequest.Attributes(attributes ?? [])
  ).serializeAsPEM().pemString
}

struct ToolResult: Sendable {
  let status: Int32
  let output: String
  let errors: String
}

/// Runs a command found on PATH, without blocking the thread that other tests need.
func runTool(_ name: String, _ arguments: String..., timeoutSeconds: Int = 30) async throws -> ToolResult {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  // `timeout` so that a hanging command is a failed test and not a hanging one.
  process.arguments = ["timeout", "\(timeoutSeconds)", name] + arguments
  let output = Pipe()
  let errors = Pipe()
  process.standardOutput = output
  process.standardError = errors
  process.standardInput = FileHandle.nullDevice
  try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
    process.terminationHandler = { _ in done.resume() }
    do {
      try process.run()
    } catch {
      process.terminationHandler = nil
      done.resume(throwing: error)
    }
  }
  return ToolResult(
    status: process.terminationStatus,
    output: String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
    errors: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
}

/// A repeatable generator (SplitMix64), so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
