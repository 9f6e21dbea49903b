// A page as the one that makes it hands it over, and the other answers that a call can have. How it becomes HTML is Layout's.

/// The parts of the console that the navigation leads to.
enum ConsoleSection: String, Sendable, CaseIterable {
  case overview, orders, requests, conflicts, quarantine, platforms, supervision, callbacks, indicators, privacy,
    health, audit, users

  var path: String { self == .overview ? "/" : "/" + rawValue }

  /// Who may open it.
  var right: Right {
    switch self {
    case .privacy, .audit: .readAudit
    case .users: .manageAccounts
    case .health: .inspect
    default: .see
    }
  }

  /// The key after `g` that leads there.
  var key: String {
    switch self {
    case .overview: "v"
    case .orders: "o"
    case .requests: "r"
    case .conflicts: "c"
    case .quarantine: "q"
    case .platforms: "p"
    case .supervision: "s"
    case .callbacks: "b"
    case .indicators: "i"
    case .privacy: "d"
    case .health: "h"
    case .audit: "a"
    case .users: "u"
    }
  }

  var phrase: FramePhrase {
    switch self {
    case .overview: .overview
    case .orders: .orders
    case .requests: .requests
    case .conflicts: .conflicts
    case .quarantine: .quarantine
    case .platforms: .platforms
    case .supervision: .supervision
    case .callbacks: .callbacks
    case .indicators: .indicators
    case .privacy: .privacy
    case .health: .health
    case .audit: .audit
    case .users: .users
    }
  }
}

/// The content of a page.
struct ConsolePage: Sendable {
  var title: String
  /// Which part of the console it belongs to, marked in the navigation.
  var section: ConsoleSection?
  /// What it shows anew when it changes.
  var topics: Set<Topic> = []
  var template: Template
  var view: ViewModel
}

/// The answer of a call.
enum PageAnswer: Sendable {
  case page(ConsolePage, status: Int)
  /// Go on to this path of ours, where the sentence stands on top.
  case goTo(String, saying: (any PhraseSet)?)
  /// To be kept as a file by the browser.
  case file(name: String, type: String, bytes: [UInt8])
  /// The same, made piece by piece while it is sent: `next` blocks, and gives nil after the last one.
  case stream(name: String, type: String, next: @Sendable () throws -> [UInt8]?)

  static func page(_ page: ConsolePage) -> PageAnswer { .page(page, status: 200) }
  static func goTo(_ path: String) -> PageAnswer { .goTo(path, saying: nil) }
}

/// How a mark looks. Its word says what it means; colour only helps.
enum BadgeTone: String, Sendable {
  case plain, good, info, warning, bad
}
