// Every error as a page in words: what happened, what to do, and that nothing is lost by it.

import Core
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Shell

extension Console {
  /// The answer to what a route threw.
  func answer(to error: any Error, _ request: Request, _ context: ConsoleContext) async throws -> Response {
    // The server itself answers what is no HTTP.
    if error is HTTPParserError { throw error }
    let browser = BrowserRequest(request, context)
    let problem: Problem
    switch error {
    case ConsoleRefusal.signInFirst(let next):
      if browser.isLive { return Response(status: .unauthorized) }
      guard browser.isPost else { return Self.goTo(Self.signInPath(next), saying: nil) }
      problem = Problem(.signInRequired)
    case ConsoleRefusal.dutyFirst(let duty): return Self.goTo(Self.path(of: duty), saying: nil)
    case ConsoleRefusal.staleForm, ConsoleRefusal.fromElsewhere: problem = Problem(.forbidden)
    default: problem = Self.problem(error)
    }
    if problem.code == .internalError {
      // The route, not the path: what a caller writes there may be anything.
      context.logger.error(
        "console.failed",
        metadata: [
          "call": "\(request.method) \(context.endpointPath ?? "")", "error": "\(type(of: error)): \(problem.detail)",
        ])
    }
    if browser.path.hasPrefix("/api/") { return DoorAnswer.problem(problem).response }
    // Whoever is signed in keeps the navigation; that this cannot be read is no reason to say less.
    let session = try? await session(of: browser)
    let words = ErrorWords(error, problem, isPost: browser.isPost)
    let page = ConsolePage(
      title: words.title.said(in: browser.language), template: Self.errorTemplate,
      view: [
        "title": .text(words.title.said(in: browser.language)), "todo": .text(words.remedy.said(in: browser.language)),
        "nothingLost": .text(browser.isPost ? ProblemPhrase.nothingLost.said(in: browser.language) : ""),
        "detail": .optional(
          // The title of a code says no more than the page does.
          words.showsDetail && problem.detail != problem.code.title
            ? RefusalWords.said(problem.detail, in: browser.language) : nil),
        "code": .text(problem.code.rawValue),
        "allowed": .list(problem.allowed.map { .text(RefusalWords.step($0, in: browser.language)) }),
        "isSomethingAllowed": .flag(!problem.allowed.isEmpty), "isSignedOut": .flag(session == nil),
      ])
    var response = try response(
      try rendered(page, browser.language), status: .init(code: problem.code.status), to: browser, session)
    if let seconds = problem.retryAfterSeconds { response.headers[.retryAfter] = "\(seconds)" }
    return response
  }

  /// The page on which it is done.
  static func path(of duty: Duty) -> String {
    switch duty {
    case .newPassword: "/password"
    case .secondFactor: "/second-factor"
    }
  }

  static func signInPath(_ next: String?) -> String {
    guard let next, next != "/" else { return "/sign-in" }
    return "/sign-in?next=" + next.inPath
  }

  /// The problem that an error means.
  private static func problem(_ error: any Error) -> Problem {
    switch error {
    case let fault as any HTTPResponseError:
      switch fault.status {
      case .notFound: Problem(.notFound)
      case .contentTooLarge: Problem(.tooLarge)
      default: Problem(.badBody, "the request cannot be read (HTTP \(fault.status.code))")
      }
    case let fault as TemplateFault: Problem(.internalError, fault.description)
    default: HubFailure.problem(error)
    }
  }

  private static let errorTemplate = Template(
    "error",
    #"""
    <h1>{{title}}</h1>
    <p>{{todo}}</p>
    {{#nothingLost}}<p>{{nothingLost}}</p>{{/nothingLost}}
    {{#detail}}<dl class="facts"><dt>{{t.problem.detail}}</dt>
    <dd><bdi>{{detail}}</bdi> <small class="mono">{{code}}</small></dd>
    {{#isSomethingAllowed}}<dt>{{t.problem.allowed}}</dt>{{/isSomethingAllowed}}{{#allowed}}<dd>{{.}}</dd>{{/allowed}}</dl>{{/detail}}
    <p class="bar">{{#isSignedOut}}<a class="button" href="/sign-in">{{t.signIn.title}}</a>{{/isSignedOut}}
    {{^isSignedOut}}<a class="button" href="/">{{t.problem.toOverview}}</a>{{/isSignedOut}}</p>
    """#)
}

/// The sentences for a problem.
private struct ErrorWords {
  let title: ProblemPhrase
  let remedy: ProblemPhrase
  let showsDetail: Bool

  init(_ error: any Error, _ problem: Problem, isPost: Bool) {
    switch (error, problem.code) {
    case (ConsoleRefusal.staleForm, _), (ConsoleRefusal.fromElsewhere, _):
      (title, remedy, showsDetail) = (.staleTitle, .staleDo, false)
    case (_, .signInRequired): (title, remedy, showsDetail) = (.signInTitle, .signInDo, false)
    case (_, .forbidden), (_, .notPermitted): (title, remedy, showsDetail) = (.forbiddenTitle, .forbiddenDo, true)
    // A form is sent from a page that is there: what it is about is not.
    case (_, .notFound) where isPost: (title, remedy, showsDetail) = (.goneTitle, .goneDo, true)
    case (_, .notFound): (title, remedy, showsDetail) = (.notFoundTitle, .notFoundDo, true)
    case (_, .tooLarge): (title, remedy, showsDetail) = (.tooLargeTitle, .tooLargeDo, true)
    case (_, .exists): (title, remedy, showsDetail) = (.existsTitle, .existsDo, true)
    case (_, .illegalStep), (_, .unseen), (_, .notAssigned), (_, .ambiguous), (_, .limit):
      (title, remedy, showsDetail) = (.stepTitle, .stepDo, true)
    case (_, .busy), (_, .shuttingDown): (title, remedy, showsDetail) = (.busyTitle, .busyDo, false)
    case (_, .diskFull): (title, remedy, showsDetail) = (.diskTitle, .diskDo, false)
    case (_, .tooManyAttempts): (title, remedy, showsDetail) = (.attemptsTitle, .attemptsDo, true)
    case (_, .internalError): (title, remedy, showsDetail) = (.failedTitle, .failedDo, false)
    default: (title, remedy, showsDetail) = (.refusedTitle, .refusedDo, true)
    }
  }
}
