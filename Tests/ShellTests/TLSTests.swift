// The HTTP client's TLS: it trusts one CA alone, shows its certificate, and tells the failures apart. The peer is
// `openssl s_server`.

import Foundation
import Testing

@testable import Shell

private let openssl = "/usr/bin/openssl"

@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl), "needs openssl"))
struct TLSTests {
  let directory: TemporaryDirectory

  /// A CA, a server certificate for localhost and a client certificate of it, and an unrelated CA.
  init() throws {
    directory = try TemporaryDirectory()
    let extensions = try directory.write("subjectAltName=DNS:localhost\n", "extensions")
    let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for ca in ["ca", "other"] {
      try run("req -x509 \(newKey) -subj /CN=\(ca) -keyout \(ca).key -out \(ca).pem")
    }
    for (name, ca) in [("server", "ca"), ("client", "ca"), ("stranger", "other")] {
      try run("req -new \(newKey) -subj /CN=\(name) -keyout \(name).key -out \(name).csr")
      let authority = "-CA \(ca).pem -CAkey \(ca).key -CAcreateserial"
      try run("x509 -req -in \(name).csr \(authority) -extfile \(extensions) -out \(name).pem")
    }
  }

  private func process(_ arguments: String) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: openssl)
    process.arguments = arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  private func run(_ arguments: String) throws {
    let process = process(arguments)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }

  /// The client's answer or failure against a server that demands a certificate of `ca`.
  private func attempt(host: String = "localhost", ca: String = "ca", client name: String?) throws -> Result<
    HTTPAnswer, TransportFailure
  > {
    let server = process(
      "s_server -accept localhost:0 -www -tls1_3 -cert server.pem -key server.key"
        + " -CAfile ca.pem -Verify 1 -verify_return_error")
    let output = Pipe()
    server.standardOutput = output
    try server.run()
    defer { server.terminate() }
    // It prints `ACCEPT 127.0.0.1:PORT` once it listens.
    var printed = ""
    while !printed.contains(#/ACCEPT .*:\d+\n/#) {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "the server ended: \(printed)")
      printed += String(decoding: data, as: UTF8.self)
    }
    let port = try #require(printed.firstMatch(of: #/ACCEPT .*:(\d+)\n/#)).1
    let client = try CurlClient(
      .https(
        baseURL: "https://\(host):\(port)/", caFile: directory.path + "/\(ca).pem",
        certificateFile: name.map { "\(directory.path)/\($0).pem" }, keyFile: name.map { "\(directory.path)/\($0).key" }
      ))
    return Result { () throws(TransportFailure) in try client.send("GET", "/") }
  }

  @Test func aPeerOfTheCAIsTalkedToWithOurCertificate() throws {
    let answer = try attempt(client: "client").get()
    #expect(answer.status == 200)
    #expect(String(decoding: answer.body, as: UTF8.self).contains("TLSv1.3"))
  }

  @Test func aPeerOfAnotherCAIsRefused() throws {
    #expect { try attempt(ca: "other", client: "client").get() } throws: { error in
      if case .tls = error as? TransportFailure { true } else { false }
    }
  }

  @Test func aPeerUnderAnotherNameIsRefused() throws {
    #expect { try attempt(host: "127.0.0.1", client: "client").get() } throws: { error in
      if case .tls = error as? TransportFailure { true } else { false }
    }
  }

  @Test(arguments: ["stranger", "missing", nil])
  func aCertificateThatThePeerRefusesOrThatIsNotThereIsOurProblem(_ name: String?) throws {
    #expect { try attempt(client: name).get() } throws: { error in
      if case .clientCertificateProblem = error as? TransportFailure { true } else { false }
    }
  }
}
