// The exchange that makes an agent of a platform out of a one-time token: key, request, reply, checks, files.
// The key and what a certificate says are KeyAndRequest's; renewal is not here.

import Core
import Foundation
import Shell
import X509

/// Why an agent is not enrolled.
enum EnrolmentError: Error, Equatable, CustomStringConvertible {
  case alreadyEnrolled(path: String, as: String)
  case badAddress(String)
  case credentials(CredentialError)
  case file(path: String, doing: String, code: Int32)
  case unreachable(hub: String, reason: String)
  /// Whoever answers there is not vouched for by the given authority.
  case notVouchedFor(hub: String, caFile: String, reason: String)
  /// What came is no answer of a hub, as from a captive portal.
  case notAHub(hub: String, status: Int)
  case refused(Problem)
  /// The hub's answer contradicts itself or what was asked.
  case badReply(String)

  var description: String {
    switch self {
    case .alreadyEnrolled(let path, let who): "\(path) holds an identity already (\(who))"
    case .badAddress(let text): "'\(text)' is not a hub's address"
    case .credentials(let error): error.description
    case .file(let path, let doing, let code): "cannot \(doing) \(path): \(String(cString: strerror(code)))"
    case .unreachable(let hub, let reason): "the hub \(hub) is not reached: \(reason)"
    case .notVouchedFor(let hub, let caFile, let reason):
      "what answers at \(hub) is not vouched for by the authority in \(caFile): \(reason)"
    case .notAHub(let hub, let status): "what answers at \(hub) is not a hub (HTTP \(status))"
    case .refused(let problem): "the hub refused: \(problem.detail)"
    case .badReply(let reason): "the hub's answer cannot be used: \(reason)"
    }
  }

  /// As the command says it: with what to do about it, and the exit status.
  var asCommandFailure: CommandFailure {
    switch self {
    case .alreadyEnrolled:
      CommandFailure(description, remedy: "nothing is to be done; --force replaces it by a new one", status: .conflict)
    case .badAddress:
      CommandFailure(description, remedy: "give it as in https://hub.example.org:7443", status: .usage)
    case .credentials, .file: CommandFailure(description)
    case .unreachable:
      CommandFailure(
        description, remedy: "check address and network, then run the same command again; the token stays good",
        status: .daemonUnreachable)
    case .notVouchedFor:
      CommandFailure(
        description, remedy: "check the address, and fetch the hub's ca.pem again from its operator",
        status: .notAuthorised)
    case .notAHub:
      CommandFailure(
        description, remedy: "check the address; a proxy or log-in page may stand in between",
        status: .daemonUnreachable)
    case .refused(let problem): CommandFailure(description, remedy: remedy(problem), status: status(problem))
    case .badReply:
      CommandFailure(
        description, remedy: "check that agent and hub fit together, and report it", status: .internalError)
    }
  }

  private func remedy(_ problem: Problem) -> String {
    switch problem.code {
    case .tokenInvalid: "check that the token is whole and for this hub, or ask the hotline for a new one"
    case .tokenUsed, .tokenExpired: "ask the hotline for a new token (`lianxin-hub token create`)"
    default: problem.code.retry == .later ? "try again in a while" : "ask the hotline"
    }
  }

  private func status(_ problem: Problem) -> CommandStatus {
    problem.code.retry == .later ? .daemonUnreachable : CommandStatus(httpStatus: problem.code.status)
  }
}

/// Enrols the agent of one data directory.
///
/// The identity is made in a directory of its own and put in place whole at the end. The key is there, durably, before anything
/// is sent: a repeat after a lost reply shows the hub the same key and gets the same answer.
struct Enroller: Sendable {
  /// Sends the body to `POST /sync/v1/enroll`.
  typealias Exchange = @Sendable ([UInt8]) throws(TransportFailure) -> HTTPAnswer

  /// Where the identity is to be.
  let files: AgentFiles
  /// The hub's base address.
  let hub: String
  /// PEM of the authority that vouches for the hub, from its operator.
  let caFile: String
  private let exchange: Exchange

  /// Over TLS, trusting `caFile` alone.
  init(files: AgentFiles, hub: String, caFile: String) throws(EnrolmentError) {
    let address = hub.hasSuffix("/") ? String(hub.dropLast()) : hub
    guard let parts = URLComponents(string: address), parts.scheme == "https", parts.host?.isEmpty == false,
      parts.path.isEmpty, parts.query == nil
    else { throw .badAddress(Sanitize.line(hub)) }
    self.init(files: files, hub: address, caFile: caFile) { body throws(TransportFailure) in
      let client = try CurlClient(
        .https(baseURL: address, caFile: caFile, certificateFile: nil, keyFile: nil))
      return try client.send(
        "POST", "/sync/v1/enroll", headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
        body: body, maxResponseBytes: Limits.maxMessageBytes)
    }
  }

  init(files: AgentFiles, hub: String, caFile: String, exchange: @escaping Exchange) {
    self.files = files
    self.hub = hub
    self.caFile = caFile
    self.exchange = exchange
  }

  /// Where the identity is until it is complete.
  private var staging: AgentFiles { AgentFiles(data: files.data + "/enrolling") }

  /// Exchanges the token for a certificate and writes the identity.
  ///
  /// - Parameters:
  ///   - agent: the name that the agent wishes for; a token may prescribe another.
  ///   - replaces: true replaces an identity that is there.
  func enrol(token: String, agent: String?, replaces: Bool) throws(EnrolmentError) -> AgentIdentity {
    if !replaces { try refuseIfEnrolled() }
    let authorities = try readAuthorities()
    try makeDirectory(files.data)
    try makeDirectory(staging.data)
    try makeDirectory(staging.identity)
    let credentials: KeyAndRequest
    do {
      credentials = try KeyAndRequest.loadOrMake(keyFile: staging.key)
    } catch {
      throw .credentials(error)
    }
    let body = JSON.compact([
      ("token", .string(token)), ("csr", .string(credentials.requestPEM)), ("agent", agent.map(JSON.string)),
    ])
    let reply = try ask(body)
    let identity = try check(reply, credentials, authorities)
    do {
      try CredentialFile.write(reply.authority, to: staging.authority)
      try CredentialFile.write(reply.certificate, to: staging.certificate)
      try identity.write(to: staging)
    } catch {
      throw .credentials(error)
    }
    try putInPlace()
    return identity
  }

  private func refuseIfEnrolled() throws(EnrolmentError) {
    guard [files.certificate, files.description].contains(where: FileManager.default.fileExists) else { return }
    var who = "it cannot be read"
    if let identity = try? AgentIdentity.load(files) {  // said as it is; --force is the way out in any case
      who = "agent \(identity.agent) of \(identity.platform) at \(identity.hub)"
    }
    throw .alreadyEnrolled(path: files.identity, as: who)
  }

  private func readAuthorities() throws(EnrolmentError) -> [Certificate] {
    let text: String?
    do {
      text = try CredentialFile.read(caFile)
    } catch {
      throw .credentials(error)
    }
    let end = "-----END CERTIFICATE-----"
    let certificates = (text ?? "").components(separatedBy: end).dropLast().compactMap { part in
      // A part that cannot be read is not taken; if none is left, that is said below.
      try? Certificate(pemEncoded: part.trimmingCharacters(in: .whitespacesAndNewlines) + "\n" + end)
    }
    guard !certificates.isEmpty else {
      throw text == nil
        ? .file(path: caFile, doing: "open", code: ENOENT)
        : .notVouchedFor(hub: hub, caFile: caFile, reason: "the file holds no certificate in PEM form")
    }
    return certificates
  }

  // MARK: The exchange

  private struct Reply {
    let platform: PlatformName
    let agent: String
    let certificate: String
    let authority: String
  }

  private func ask(_ body: JSON) throws(EnrolmentError) -> Reply {
    let answer: HTTPAnswer
    do {
      answer = try exchange(body.bytes)
    } catch .tls(let reason) {
      throw .notVouchedFor(hub: hub, caFile: caFile, reason: reason)
    } catch {
      throw .unreachable(hub: hub, reason: error.description)
    }
    let json: JSON
    do {
      json = try JSON(parsing: answer.body)
    } catch {
      throw .notAHub(hub: hub, status: answer.status)
    }
    if answer.contentType == Problem.mediaType { throw .refused(Problem(json)) }
    guard answer.status == 200 else { throw .notAHub(hub: hub, status: answer.status) }
    do {
      return Reply(
        platform: try PlatformName(try json.string("platform")), agent: try json.string("agent"),
        certificate: try json.string("certificate"), authority: try json.string("ca"))
    } catch let error as JSONError {
      throw .badReply("it has \(error)")
    } catch {
      throw .badReply("\(error)")
    }
  }

  /// The certificate must be ours (our key, the name that the reply says) and of the authority that we were told to trust.
  private func check(
    _ reply: Reply, _ credentials: KeyAndRequest, _ authorities: [Certificate]
  ) throws(EnrolmentError) -> AgentIdentity {
    guard let info = CertificateInfo(pem: reply.certificate) else {
      throw .badReply("the certificate is not that of an agent")
    }
    guard info.publicKeyHash == credentials.publicKeyHash else {
      throw .badReply("the certificate is for another key than ours")
    }
    guard info.platform == reply.platform, info.agent == reply.agent else {
      throw .badReply(
        "the certificate names \(info.platform)/\(info.agent), the answer \(reply.platform)/\(reply.agent)")
    }
    // Whatever is wrong with one that cannot be read, it is not the one that was named.
    guard let authority = try? Certificate(pemEncoded: reply.authority),
      let certificate = try? Certificate(pemEncoded: reply.certificate), authorities.contains(authority)
    else { throw .badReply("the authority in it is not the one in \(caFile)") }
    guard authority.publicKey.isValidSignature(certificate.signature, for: certificate) else {
      throw .badReply("the certificate is not signed by the authority in \(caFile)")
    }
    return AgentIdentity(platform: reply.platform, agent: reply.agent, hub: hub)
  }

  // MARK: Directories

  private func makeDirectory(_ path: String) throws(EnrolmentError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .file(path: path, doing: "make the directory", code: errno)
    }
  }

  /// Swaps the complete identity in: whoever reads the directory sees the old one, none for an instant, or the new one whole.
  private func putInPlace() throws(EnrolmentError) {
    let old = staging.data + "/replaced"
    if FileManager.default.fileExists(atPath: files.identity) {
      try remove(old)
      guard rename(files.identity, old) == 0 else { throw .file(path: files.identity, doing: "move", code: errno) }
    }
    guard rename(staging.identity, files.identity) == 0 else {
      throw .file(path: files.identity, doing: "put in place", code: errno)
    }
    let directory = open(files.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw .file(path: files.data, doing: "open", code: errno) }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw .file(path: files.data, doing: "write to disk", code: errno) }
    try remove(staging.data)
  }

  private func remove(_ path: String) throws(EnrolmentError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw .file(path: path, doing: "remove", code: errno)
    }
  }
}
