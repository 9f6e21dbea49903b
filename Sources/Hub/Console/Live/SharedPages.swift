// Pages that are the same for everyone of a role and language, rendered once for all of them: a wall of viewers costs one reading of the
// database a second, and no more.

import Core
import Synchronization

/// A page's content with what the frame needs of it.
struct RenderedPage: Sendable {
  let title: String
  let section: ConsoleSection?
  let topics: Set<Topic>
  let content: SafeHTML
  /// Names the content, so that who has it already is not sent it again.
  let tag: String

  init(_ page: ConsolePage, _ content: SafeHTML) {
    title = page.title
    section = page.section
    topics = page.topics
    self.content = content
    tag = "\"\(Hash.of(Array(content.markup.utf8)).description.prefix(22))\""
  }
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

  /// One page; whoever wants it while it is made waits for it.
  private final class Cell: Sendable {
    let entry = Mutex<Entry?>(nil)
  }

  /// Not made anew within so many milliseconds, unless an operator did something.
  private static let youngest = 1_000
  /// Not shown after so many, since pages say how long ago things were.
  private static let oldest = 5_000
  private static let maxPages = 256

  private let signals: ConsoleSignals
  private let cells = Mutex<[Key: Cell]>([:])

  init(signals: ConsoleSignals) { self.signals = signals }

  /// The page as it was made at most a moment ago. Blocks while it is made.
  func page(_ key: Key, now: Int, make: () throws -> RenderedPage) throws -> RenderedPage {
    let cell = cells.withLock { cells in
      if let cell = cells[key] { return cell }
      // Filters and pages of lists make keys without end; what is thrown away is made again.
      if cells.count >= Self.maxPages { cells.removeAll() }
      let cell = Cell()
      cells[key] = cell
      return cell
    }
    return try cell.entry.withLock { entry in
      if let entry, isFresh(entry, now) { return entry.page }
      let moment = signals.moment
      let acts = signals.acts
      let page = try make()
      entry = Entry(page: page, moment: moment, acts: acts, made: now)
      return page
    }
  }

  private func isFresh(_ entry: Entry, _ now: Int) -> Bool {
    // A clock that was set back makes an entry that is not made yet.
    guard entry.acts == signals.acts, (0..<Self.oldest).contains(now - entry.made) else { return false }
    return now - entry.made < Self.youngest
      || signals.moment.raised(since: entry.moment, of: entry.page.topics).isEmpty
  }
}
