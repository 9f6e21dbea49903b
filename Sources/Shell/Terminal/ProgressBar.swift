// Progress of long work on stderr: a bar on a terminal, a plain line now and then elsewhere.

import Foundation
import Synchronization

/// Shows how far work has come. Any thread may call it.
public final class ProgressBar: Sendable {
  private struct State {
    var total: Int
    /// What was done before this work began: it says nothing of how fast this goes.
    var before: Int
    var done: Int
    var note = ""
    var lastDrawn: Duration?
    var isFinished = false
  }

  /// Often enough for the eye; seldom enough to cost nothing.
  private static let redrawInterval: Duration = .milliseconds(100)
  /// Without a terminal, as in a log, one line is enough for this long.
  private static let lineInterval: Duration = .seconds(5)

  private let title: String
  private let width: Int?
  private let now: @Sendable () -> Duration
  private let output: @Sendable (String) -> Void
  private let state: Mutex<State>

  /// On stderr.
  ///
  /// - Parameters:
  ///   - total: how much there is to do; 0 when that is not known yet.
  ///   - before: how much of it was done when the work began, where it goes on from an earlier time.
  public convenience init(_ title: String, total: Int, before: Int = 0) {
    let clock = ContinuousClock()
    let start = clock.now
    self.init(
      title, total: total, before: before, width: Terminal.width(STDERR_FILENO), now: { start.duration(to: clock.now) },
      output: { Terminal.write($0, to: STDERR_FILENO) })
  }

  /// - Parameters:
  ///   - width: columns of the terminal; nil when there is none.
  ///   - now: time since the work began.
  init(
    _ title: String, total: Int, before: Int = 0, width: Int?, now: @escaping @Sendable () -> Duration,
    output: @escaping @Sendable (String) -> Void
  ) {
    self.title = Sanitize.line(title)
    self.width = width
    self.now = now
    self.output = output
    state = Mutex(State(total: total, before: before, done: before))
  }

  /// Sets how much is done, and draws if it is time.
  public func update(_ done: Int, total: Int? = nil, note: String? = nil) {
    change { state in
      state.done = done
      if let total { state.total = total }
      if let note { state.note = Sanitize.line(note) }
    }
  }

  /// Adds to what is done, and draws if it is time.
  public func advance(_ count: Int = 1) {
    change { $0.done += count }
  }

  /// Draws the last state and ends the line. Later calls do nothing.
  public func finish(note: String? = nil) {
    let time = now()
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      if let note { state.note = Sanitize.line(note) }
      output((width == nil ? "" : "\r\u{1B}[K") + line(state, time) + "\n")
    }
  }

  private func change(_ edit: (inout State) -> Void) {
    let time = now()
    state.withLock { state in
      guard !state.isFinished else { return }
      edit(&state)
      let interval = width == nil ? Self.lineInterval : Self.redrawInterval
      if let last = state.lastDrawn, time - last < interval { return }
      state.lastDrawn = time
      output(width == nil ? line(state, time) + "\n" : "\r\u{1B}[K" + line(state, time))
    }
  }

  private func line(_ state: State, _ time: Duration) -> String {
    let seconds = Double(time.wholeMilliseconds) / 1000
    let rate = seconds > 0 ? Double(state.done - state.before) / seconds : 0
    var text = state.total > 0 ? "\(state.done)/\(state.total)" : "\(state.done)"
    if rate > 0 { text += String(format: "  %.*f/s", rate < 10 ? 1 : 0, rate) }
    if !state.isFinished, rate > 0, state.total > state.done {
      text += "  \(TimeText.duration(.seconds(Double(state.total - state.done) / rate))) left"
    } else if state.isFinished {
      text += "  in \(TimeText.duration(time))"
    }
    if !state.note.isEmpty { text += "  \(state.note)" }
    guard let width else { return "\(title): \(text)" }
    // One column is left free: a full line would wrap on some terminals.
    let room = min(40, width - 1 - title.displayWidth - text.displayWidth - 4)
    guard room >= 10, state.total > 0 else { return "\(title)  \(text)".truncated(to: width - 1) }
    let filled = room * min(max(state.done, 0), state.total) / state.total
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled)
    return "\(title) \(bar)  \(text)"
  }
}
