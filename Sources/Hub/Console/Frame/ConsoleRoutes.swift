// The table of the console's pages: how a page and a form are added. What they do is in Pages.

import Core
import Hummingbird
import Shell
import Synchronization

/// For whom a page is the same.
enum Sharing: Sendable {
  case nobody
  /// For all of one role and language: it is rendered once for them.
  case role
}

struct ConsoleRoutes {
  let router: Router<ConsoleContext>
  let console: Console

  /// A page. `read` runs on the pool: it may block.
  ///
  /// - Parameters:
  ///   - query: the items of the query that the page knows; any other is refused: a filter with a typing error would be none.
  ///   - sharing: whether it is rendered once for many, in which case it may not depend on who looks.
  func page(
    _ path: String, query: String..., sharedFor sharing: Sharing = .nobody,
    _ read: @escaping @Sendable (PageCall) throws -> ConsolePage
  ) {
    router.get(RouterPath(path)) { [console] request, context in
      let call = try await console.call(request, context)
      if let stranger = call.request.query.fields.first(where: { $0.name != "done" && !query.contains($0.name) }) {
        throw Problem(.notFound, "this page has no filter '\(stranger.name.prefix(64))'")
      }
      let make: @Sendable () async throws -> RenderedPage = {
        try await console.onPool { try console.rendered(try read(call), call.language) }
      }
      let page: RenderedPage
      switch sharing {
      case .nobody: page = try await make()
      case .role:
        let key = SharedPages.Key(path: call.request.place, role: call.who.role, language: call.language)
        page = try await console.shared.page(key, now: call.now, following: call.request.isLive, make: make)
      }
      return try console.response(page, to: call.request, call.session)
    }
  }

  /// What the form at this path does. `perform` runs on the pool: it may block.
  func act(_ path: String, _ perform: @escaping @Sendable (PageCall) throws -> PageAnswer) {
    router.post(RouterPath(path)) { [console] request, context in
      let call = try await console.call(request, context)
      defer { console.signals.acted() }
      return try console.response(try await console.onPool { try perform(call) }, to: call)
    }
  }

  /// As `act`, for what is waited for: `perform` must not block.
  func actWaiting(_ path: String, _ perform: @escaping @Sendable (PageCall) async throws -> PageAnswer) {
    router.post(RouterPath(path)) { [console] request, context in
      let call = try await console.call(request, context)
      defer { console.signals.acted() }
      return try console.response(try await perform(call), to: call)
    }
  }

  /// What our own script asks while a form is filled in; changes nothing. `answer` runs on the pool: it may block.
  func data(_ path: String, _ answer: @escaping @Sendable (PageCall) throws -> JSON) {
    router.post(RouterPath(path)) { [console] request, context in
      let call = try await console.call(request, context)
      return DoorAnswer.json(try await console.onPool { try answer(call) }).response
    }
  }
}

/// All pages.
enum ConsolePages {
  /// Each part adds its own; a new one is added here, and in `sections` if the navigation leads to it.
  static func addAll(to routes: ConsoleRoutes) {
    OverviewPage.addRoutes(to: routes)
    PlatformPages.addRoutes(to: routes)
    RequestsPage.addRoutes(to: routes)
    ConflictsPage.addRoutes(to: routes)
    QuarantinePages.addRoutes(to: routes)
    PrivacyPage.addRoutes(to: routes)
    HealthPage.addRoutes(to: routes)
    AuditPage.addRoutes(to: routes)
    UserPages.addRoutes(to: routes)
    OrdersPages.addRoutes(to: routes)
    SupervisionPages.addRoutes(to: routes)
  }

  static let sections: Set<ConsoleSection> = [
    .overview, .orders, .platforms, .requests, .conflicts, .quarantine, .audit, .users, .supervision, .callbacks,
    .indicators, .privacy, .health,
  ]
}
