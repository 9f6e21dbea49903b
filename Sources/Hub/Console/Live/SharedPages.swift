// Pages that are the same for everyone of a role and language, rendered once for all of them: a wall of viewers costs one reading of the
// database a second, and no more. Whoever follows what happens is never given a page that is older than what made them ask.

import Core
import Synchronization

/// A page's content with what the frame needs of it.
struct RenderedPage: Sendable {
  let title: String
  let section: ConsoleSection?
  let topics: Set<Topic>
  let content: SafeHTML
  /// The content as it is sent.
  let parts: MarkedBytes
  /// Names the content, so that who has it already is not sent it again.
  let tag: String

  init(_ page: ConsolePage, _ content: SafeHTML) {
    title = page.title
    section = page.section
    topics = page.topics
    self.content = content
    parts = MarkedBytes(content.markup)
    tag = "\"\(Hash.of(parts.bytes).description.prefix(22))\""
  }

  /// What it takes to keep it: as text, and as it is sent.
  var bytes: Int { 2 * parts.bytes.count }
}

final class SharedPages: Sendable {
  struct Key: Hashable, Sendable {
    let path: String
    let role: Role
    let language: Language
  }

  private struct Entry {
    let page: RenderedPage
    let moment: ConsoleSignals.Moment
    let acts: UInt64
    let made: Int
  }

  private struct State {
    var entry: Entry?
    var isBeingMade = false
    /// Who came while it is made.
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// One page. Whoever wants it while it is made waits for it, and holds no thread meanwhile.
  private final class Cell: Sendable {
    let state = Mutex(State())
  }

  private struct Cells {
    var byKey: [Key: Cell] = [:]
    var bytes = 0
  }

  private enum Turn {
    case take(RenderedPage)
    case make
    case wait
    /// So many milliseconds from now it may be made anew.
    case later(Int)
  }

  /// Not made anew within so many milliseconds, unless an operator did something.
  private static let youngest = 1_000
  /// Not shown after so many, since pages say how long ago things were.
  private static let oldest = 5_000
  private static let maxPages = 256
  private static let maxBytes = 32 << 20

  private let signals: ConsoleSignals
  private let cells = Mutex(Cells())

  init(signals: ConsoleSignals) { self.signals = signals }

  /// The page as it was made at most a moment ago. `make` is called by one of those who want it.
  ///
  /// - Parameter following: whether the caller was told that something changed, and may not be told again: the last change of a burst
  ///   has no event after it. Such a caller waits, without a thread, until a page that lacks a change may be made anew. Others are
  ///   given it as it is, at most a second old.
  func page(
    _ key: Key, now: Int, following: Bool = false, make: @Sendable () async throws -> RenderedPage
  ) async throws -> RenderedPage {
    let cell = cell(key)
    let asked = following ? signals.moment : nil
    // Goes on by what was slept, not by the clock, which may be set while somebody waits.
    var now = now
    while true {
      switch turn(cell, now, asked) {
      case .take(let page): return page
      case .wait: await waitUntilMade(cell)
      case .later(let milliseconds):
        try await Task.sleep(for: .milliseconds(milliseconds))
        now += milliseconds
      case .make:
        defer { wake(cell) }
        let moment = signals.moment
        let acts = signals.acts
        let made = now
        let page = try await make()
        let before = cell.state.withLock { state in
          defer { state.entry = Entry(page: page, moment: moment, acts: acts, made: made) }
          return state.entry?.page.bytes ?? 0
        }
        cells.withLock { $0.bytes += page.bytes - before }
        return page
      }
    }
  }

  private func cell(_ key: Key) -> Cell {
    cells.withLock { cells in
      // Filters, searches and pages of lists make keys without end; what is thrown away is made again.
      if cells.bytes >= Self.maxBytes || (cells.byKey[key] == nil && cells.byKey.count >= Self.maxPages) {
        cells = Cells()
      }
      if let cell = cells.byKey[key] { return cell }
      let cell = Cell()
      cells.byKey[key] = cell
      return cell
    }
  }

  /// - Parameter asked: what the caller was told of, if it follows what happens.
  private func turn(_ cell: Cell, _ now: Int, _ asked: ConsoleSignals.Moment?) -> Turn {
    cell.state.withLock { state in
      if let entry = state.entry, let turn = turn(with: entry, now, asked) { return turn }
      if state.isBeingMade { return .wait }
      state.isBeingMade = true
      return .make
    }
  }

  /// Nil where the page must be made anew.
  private func turn(with entry: Entry, _ now: Int, _ asked: ConsoleSignals.Moment?) -> Turn? {
    let age = now - entry.made
    let topics = entry.page.topics
    // A clock that was set back makes an entry that is not made yet; so does, by some milliseconds, a call that was overtaken.
    guard entry.acts == signals.acts, (-Self.youngest..<Self.oldest).contains(age) else { return nil }
    if signals.moment.raised(since: entry.moment, of: topics).isEmpty { return .take(entry.page) }
    guard age < Self.youngest else { return nil }
    // Where changes never stop, a page that has all that the caller was told of is new enough.
    guard let asked, !entry.moment.covers(asked, of: topics) else { return .take(entry.page) }
    return .later(min(Self.youngest, Self.youngest - age))
  }

  private func waitUntilMade(_ cell: Cell) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isMade = cell.state.withLock { state in
        if state.isBeingMade { state.waiting.append(continuation) }
        return !state.isBeingMade
      }
      if isMade { continuation.resume() }
    }
  }

  private func wake(_ cell: Cell) {
    let waiting = cell.state.withLock { state in
      state.isBeingMade = false
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
