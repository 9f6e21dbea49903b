// What the console's pages share, and how a call becomes an answer: who asks is found, what changes something is proved to come from a form
// of ours, the page is read on a pool of the console's own, and put into its frame.

import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Shell
import Synchronization

/// Why the console turns a call away before any page is asked.
enum ConsoleRefusal: Error, Sendable, Equatable {
  /// Nobody is signed in, or no longer. Where to go on afterwards.
  case signInFirst(next: String?)
  /// Something about the account comes first.
  case dutyFirst(Duty)
  /// The form's token is not this session's.
  case staleForm
  /// A page of another site sent this.
  case fromElsewhere
}

struct Console: Sendable {
  let hotline: Hotline
  let signals: ConsoleSignals
  /// Where pages are read. Not the pool of the agents' calls: whoever looks must not hold up what arrives.
  let pool: NIOThreadPool
  let logger: Logger
  let streams = EventStreams()
  let shared: SharedPages
  let assets = Assets()
  let reports = PolicyReports()
  /// The parts of the console that have pages; all are known before the first call.
  let sections: Set<ConsoleSection>
  /// Told of names that a template has and its model has not.
  let onUnknownNames: @Sendable (Set<String>) -> Void

  init(
    hotline: Hotline, signals: ConsoleSignals, pool: NIOThreadPool, logger: Logger, sections: Set<ConsoleSection>,
    onUnknownNames: (@Sendable (Set<String>) -> Void)? = nil
  ) {
    self.hotline = hotline
    self.signals = signals
    self.pool = pool
    self.logger = logger
    self.sections = sections
    self.onUnknownNames =
      onUnknownNames
      ?? { names in
        logger.error("console.template.unknown", metadata: ["names": "\(names.sorted().joined(separator: ", "))"])
      }
    shared = SharedPages(signals: signals)
  }

  var accounts: Accounts { hotline.accounts }
  var now: Int { hotline.environment.wall() }

  /// Text that nobody can guess.
  func freshToken() -> String { Base64URL.encode(hotline.environment.random(24)) }

  /// Runs what blocks.
  func onPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await pool.runIfActive(body)
  }

  // MARK: Who asks

  /// The session of a browser, if it has one that holds.
  func session(of browser: BrowserRequest) async throws -> Session? {
    guard let id = browser.sessionID else { return nil }
    return try await onPool { [accounts] in
      guard browser.isLive else { return try accounts.sessions.find(id) }
      // What a page does by itself is no sign of a person. But on the wall nobody ever presses anything, and a viewer's page can do
      // nothing either: there the page itself is what is used.
      guard let session = try accounts.sessions.find(id, isActivity: false) else { return nil }
      return session.who.role == .viewer ? try accounts.sessions.find(id) : session
    }
  }

  /// The call of someone who is signed in; one that changes something is proved to be theirs.
  ///
  /// - Parameter duties: what may still be to do first: the pages on which it is done say so.
  func call(_ request: Request, _ context: ConsoleContext, despite duties: Set<Duty> = []) async throws -> PageCall {
    var browser = BrowserRequest(request, context)
    guard let session = try await session(of: browser) else {
      throw ConsoleRefusal.signInFirst(next: browser.isPost ? nil : browser.place)
    }
    if browser.isPost {
      guard !request.comesFromElsewhere else { throw ConsoleRefusal.fromElsewhere }
      try await browser.readForm(request)
      guard Sessions.csrfMatches(browser.scriptToken ?? browser.form["csrf"], session) else {
        throw ConsoleRefusal.staleForm
      }
    }
    if let duty = session.who.duty, !duties.contains(duty) { throw ConsoleRefusal.dutyFirst(duty) }
    let names = try await onPool { [hotline] in try hotline.platformNames() }
    return PageCall(
      seat: Seat(hotline, session.who), session: session, request: browser, platformNames: names, now: now)
  }

  // MARK: Answers

  /// The content of a page, rendered.
  func rendered(_ page: ConsolePage, _ language: Language) throws -> RenderedPage {
    let layout = Layout(assets: assets, sections: sections)
    let content = try layout.content(page, language)
    if !content.unknown.isEmpty { onUnknownNames(content.unknown) }
    return RenderedPage(page, content.html)
  }

  /// A page in its frame; where our own script asked for it, its content alone, or nothing where it has that already.
  func response(
    _ page: RenderedPage, status: HTTPResponse.Status = .ok, to browser: BrowserRequest, _ session: Session?
  ) throws -> Response {
    let token = session?.csrf ?? browser.formToken ?? freshToken()
    if browser.isLive {
      let headers: HTTPFields = [.eTag: page.tag, .contentType: "text/html; charset=utf-8"]
      if browser.knownTag == page.tag { return Response(status: .notModified, headers: headers) }
      return Response(status: status, headers: headers, body: body(page.parts, token))
    }
    let layout = Layout(assets: assets, sections: sections)
    let viewer = Layout.Viewer(
      language: browser.language, theme: browser.theme, hasKeys: browser.hasKeys,
      path: browser.isPost ? "/" : browser.place,
      who: session.map { ($0.displayName, $0.who) })
    let document = try layout.document(page, notice: notice(browser), for: viewer)
    if !document.unknown.isEmpty { onUnknownNames(document.unknown) }
    var response = Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: body(MarkedBytes(document.markup), token))
    if session == nil && browser.formToken == nil {
      response.headers[.setCookie] = Self.cookie(BrowserRequest.formCookie, token)
    }
    return response
  }

  func response(_ answer: PageAnswer, to call: PageCall) throws -> Response {
    switch answer {
    case .page(let page, let status):
      return try response(
        try rendered(page, call.language), status: .init(code: status), to: call.request, call.session)
    case .goTo(let path, let phrase):
      return Self.goTo(path, saying: phrase)
    case .file(let name, let type, let bytes):
      return Response(
        status: .ok,
        headers: [.contentType: type, .contentDisposition: "attachment; filename=\"\(Self.fileName(name))\""],
        body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    case .stream(let name, let type, let next):
      let body = ResponseBody { [self] writer in
        while let bytes = try await onPool(next) { try await writer.write(ByteBuffer(bytes: bytes)) }
        try await writer.finish(nil)
      }
      return Response(
        status: .ok,
        headers: [.contentType: type, .contentDisposition: "attachment; filename=\"\(Self.fileName(name))\""],
        body: body)
    }
  }

  /// The sentence on top of a page, which the address names: one of our own phrases.
  private func notice(_ browser: BrowserRequest) -> String? {
    guard let parts = browser.query["done"]?.split(separator: "."), parts.count == 2 else { return nil }
    return PhraseBook.text(String(parts[0]), String(parts[1]), browser.language)
  }

  static func goTo(_ path: String, saying phrase: (any PhraseSet)?) -> Response {
    func named(_ phrase: some PhraseSet) -> String { "\(type(of: phrase).area).\(phrase.rawValue)" }
    let said = phrase.map { (path.contains("?") ? "&" : "?") + "done=" + named($0) } ?? ""
    let (place, fragment) = path.firstIndex(of: "#").map { (path[..<$0], path[$0...]) } ?? (path[...], "")
    return Response(status: .seeOther, headers: [.location: place + said + fragment])
  }

  private func body(_ parts: MarkedBytes, _ token: String) -> ResponseBody {
    .init(byteBuffer: parts.filled(token: token, request: freshToken()))
  }

  /// What may stand in quotes in a header.
  private static func fileName(_ name: String) -> String {
    String(
      decoding: name.utf8.map { (0x30...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E ? $0 : 0x5F }, as: UTF8.self
    )
    .replacing("\\", with: "_")
  }

  /// A cookie for this host alone, which no script reads; without a life it ends with the browser.
  static func cookie(_ name: String, _ value: String, seconds: Int? = nil) -> String {
    "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Strict" + (seconds.map { "; Max-Age=\($0)" } ?? "")
  }
}

extension Response {
  /// The cookies of a session that has just begun; a sign-in that waited for its code is over.
  mutating func add(cookiesOf success: SignIn.Success) {
    add(cookie: Console.cookie(Sessions.cookie, success.session))
    add(
      cookie: Console.cookie(SignIn.deviceCookie, success.device, seconds: SignIn.deviceMilliseconds / 1_000))
    add(cookie: Console.cookie(SignIn.halfCookie, "", seconds: 0))
  }

  mutating func add(cookie: String) { headers.append(HTTPField(name: .setCookie, value: cookie)) }
}
