// The console over a real HTTPS socket and a real database, asked by curl as a browser asks it: with cookies, forms and their tokens.

import Core
import Foundation
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell
import Synchronization
import Testing

@testable import Hub

/// A hub with its console. Suites of it are serialized: each hub holds some dozens of descriptors, and Foundation's `Process` does not get
/// along with more than 1,300 in one process (it reads past the listing of its own).
final class ConsoleFixture: Sendable {
  let directory: String
  let parts: HubParts
  let console: Console
  let url = Mutex("")
  let clock = TestClock()
  let times = RequestTimes()
  private let keys: KeyDirectory
  private let pool = NIOThreadPool(numberOfThreads: 2)
  /// Names that templates had and models had not: always a mistake.
  private let unknownNames: UnknownNames

  private final class UnknownNames: Sendable {
    let all = Mutex<Set<String>>([])
  }

  /// Long enough for the rules, and short to hash in tests.
  static let password = "correct horse battery"

  /// What citizens, crews and agents may write: everything here must be inert on every page.
  static let hostile = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)", "{{csrf}} {{{title}}} {{#rows}}", "\"\u{301} onmouseover=\"alert(1)", "<\u{301}script>",
    "\u{202E}gnp.exe", "\u{0}\u{1}c\u{1}r", "=cmd()", "</title></textarea></style>-->", "&lt;script&gt;",
  ]

  init(secondFactor: SecondFactorRule = .off) throws {
    directory = NSTemporaryDirectory() + "lx-console-" + UUID().uuidString
    keys = KeyDirectory(path: directory + "/keys")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    var generator = SystemRandomNumberGenerator()
    let authority = try CertificateAuthority.create(in: keys, name: "test", now: Date(), using: &generator)
    try authority.ensureServerCertificate(in: keys, names: [], now: Date(), using: &generator)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let clock = clock
    let environment = HubEnvironment(
      wall: { clock.now },
      random: { count in
        var generator = SystemRandomNumberGenerator()
        return generator.bytes(count)
      }, day: { _ in "20261125" })
    parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: directory + "/hub.db"), authority: authority,
      receiptKey: HubWorld.receiptKey, ledger: try Ledger(path: keys.ledger), environment: environment, queue: 64,
      group: 16, certificateLifeSeconds: 86_400, certificateGraceSeconds: 3_600,
      passwordCost: PasswordCost(logN: 4, blockSize: 8, parallelism: 1), secondFactor: secondFactor, logger: logger)
    let unknownNames = UnknownNames()
    self.unknownNames = unknownNames
    console = Console(
      hotline: parts.hotline, signals: parts.changes, pool: pool, logger: logger, sections: ConsolePages.sections,
      onUnknownNames: { names in unknownNames.all.withLock { $0.formUnion(names) } })
  }

  var hotline: Hotline { parts.hotline }

  /// Runs the console while `body` talks to it; afterwards no template may have named what no model has.
  func serving(_ body: (ConsoleFixture) async throws -> Void) async throws {
    parts.writer.start()
    pool.start()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, port) = AsyncStream<Int>.makeStream()
    let application = try makeConsoleApplication(
      router: ConsoleService.router(console, times: times),
      listener: TLSListener(
        name: "the console", host: "127.0.0.1", port: 0, certificateFile: keys.serverCertificate,
        keyFile: keys.serverKey, limits: .console), logger: logger
    ) { bound in
      port.yield(bound)
      port.finish()
    }
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { port.finish() }
        try await group.run()
      }
      var iterator = ports.makeAsyncIterator()
      let bound = try #require(await iterator.next(), "the console did not start")
      url.withLock { $0 = "https://localhost:\(bound)" }
      let result: Result<Void, any Error>
      do { result = .success(try await body(self)) } catch { result = .failure(error) }
      parts.changes.close()
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
    parts.writer.stop()
    try await pool.shutdownGracefully()
    try parts.database.close()
    try FileManager.default.removeItem(atPath: directory)
    #expect(unknownNames.all.withLock { $0 } == [])
  }

  /// A browser without cookies.
  func browser(language: Language = .zh) throws -> TestBrowser {
    try TestBrowser(
      url: url.withLock { $0 }, directory: directory + "/browser-" + UUID().uuidString,
      authority: keys.authorityCertificate, language: language)
  }

  /// Makes an account with ``password``.
  func addUser(_ name: String, _ role: Role) async throws {
    _ = try await hotline.accounts.add(
      name: name, displayName: name, role: role, isProgram: false, password: Self.password, by: .socket)
  }

  /// A browser in which somebody of this role is signed in.
  func signedIn(as role: Role, language: Language = .zh) async throws -> TestBrowser {
    if try hotline.accounts.account(role.rawValue) == nil { try await addUser(role.rawValue, role) }
    let browser = try browser(language: language)
    let answer = try await browser.signIn(role.rawValue, Self.password)
    try #require(answer.status == 303, "\(role) is signed in: \(answer.body.prefix(2_000))")
    return browser
  }

  /// A new order of the hotline.
  func order(_ registers: [JSON.Member], to platform: String? = nil) throws -> String {
    try hotline.create(
      registers: registers, dispatchTo: platform, author: Author(name: "op", role: "operator"), request: nil
    ).text("order")
  }

  /// An agent as the registry knows it after its enrolment.
  func enrol(_ platform: String, _ agent: String) throws {
    _ = try parts.writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ($1, $2, $3, 0)",
        [.text(platform), .text(agent), .integer(transaction.now)])
    }
  }

  func heard(
    _ platform: String, _ agent: String, outbox: Int = 0, oldest: Int? = nil, quarantined: Int = 0, skew: Int = 0,
    version: String = "0.1.0"
  ) throws {
    parts.contacts.note(
      Contacts.Name(platform: try PlatformName(platform), agent: agent),
      health: Health(
        outbox: outbox, oldest: oldest, waiting: 0, quarantined: quarantined, clock: clock.now + skew, version: version),
      cursorPosition: nil, now: clock.now)
  }
}

/// What a browser got.
struct WebAnswer: Sendable {
  let status: Int
  let headers: [(name: String, value: String)]
  let body: String

  subscript(name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  func all(_ name: String) -> [String] { headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) }

  /// The content of the page, without its frame.
  var main: String {
    guard let start = body.firstRange(of: "<main"), let end = body.firstRange(of: "</main>") else { return body }
    return String(body[start.lowerBound..<end.lowerBound])
  }
}

/// curl with a jar of cookies.
final class TestBrowser: Sendable {
  let url: String
  let directory: String
  let authority: String
  let language: Language

  init(url: String, directory: String, authority: String, language: Language) throws {
    self.url = url
    self.directory = directory
    self.authority = authority
    self.language = language
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  /// What every request of this browser is asked with.
  var arguments: [String] {
    [
      "-sS", "--max-time", "30", "--cacert", authority, "-b", directory + "/cookies", "-c", directory + "/cookies",
      "-H",
      "Accept-Language: \(language.rawValue)",
    ]
  }

  func request(_ path: String, _ more: [String] = []) async throws -> WebAnswer {
    let base = directory + "/" + UUID().uuidString
    let (headers, body) = (base + ".head", base + ".body")
    try Data().write(to: URL(fileURLWithPath: body))
    let result = try await Self.run(["curl"] + arguments + ["-D", headers, "-o", body] + more + [url + path])
    try #require(result == 0, "curl \(path)")
    let head = try String(contentsOfFile: headers, encoding: .utf8)
    // Of several heads (100 Continue) the last one counts.
    let lines = (head.components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }.last ?? "").components(
      separatedBy: "\r\n")
    return WebAnswer(
      status: Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0,
      headers: lines.dropFirst().compactMap { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)) : nil
      }, body: String(decoding: try Data(contentsOf: URL(fileURLWithPath: body)), as: UTF8.self))
  }

  func get(_ path: String) async throws -> WebAnswer { try await request(path) }

  /// Sends a form with the token that this browser's pages carry.
  func post(_ path: String, _ fields: [(String, String)], csrf: String? = nil, _ more: [String] = []) async throws
    -> WebAnswer
  {
    let token: String
    if let csrf { token = csrf } else { token = try await self.token() }
    let form = ([("csrf", token)] + fields).flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] }
    return try await request(path, form + ["-H", "Origin: \(url)"] + more)
  }

  /// The token of the forms: of the session, or of the page for signing in.
  func token() async throws -> String {
    var page = try await get("/password")
    if page.status != 200 { page = try await get("/sign-in") }
    return try #require(page.body.firstMatch(of: /name="csrf" value="([^"]+)"/)?.output.1).description
  }

  func signIn(_ name: String, _ password: String) async throws -> WebAnswer {
    try await post("/sign-in", [("name", name), ("password", password)])
  }

  /// Runs a tool without holding a thread. Its output goes to files, so that no pipe fills up.
  static func run(_ arguments: [String]) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "60"] + arguments
    process.standardInput = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { done in
      process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch {
        process.terminationHandler = nil
        done.resume(throwing: error)
      }
    }
  }
}
