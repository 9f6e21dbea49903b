// Writes log events as single logfmt lines to stderr. Which events there are, and that none holds personal data, is
// up to those who log.

import Foundation
import Logging
import Synchronization

/// `time=2026-11-25T03:05:40.123Z level=info event=sync.pushed count=3`: one line an event, sanitised and quoted.
///
/// The message is the event's stable name; everything else belongs into the metadata.
public struct LogfmtHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  private let now: @Sendable () -> Date
  private let output: @Sendable (String) -> Void

  /// One writer at a time, so that lines longer than a pipe's atomic write do not mix.
  private static let turn = Mutex<Void>(())

  /// Makes this the process's logging, on stderr. Call once, at the start.
  public static func bootstrap(level: Logger.Level) {
    LoggingSystem.bootstrap { _ in LogfmtHandler(level: level) }
  }

  /// The level of a configuration value, as in `info`.
  public static let levels = Logger.Level.allCases.map(\.rawValue)

  public init(level: Logger.Level) {
    self.init(
      level: level, now: { Date() },
      output: { line in Self.turn.withLock { _ in Terminal.write(line, to: STDERR_FILENO) } })
  }

  init(level: Logger.Level, now: @escaping @Sendable () -> Date, output: @escaping @Sendable (String) -> Void) {
    logLevel = level
    self.now = now
    self.output = output
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var line = "time=\(now().formatted(Self.timeFormat)) level=\(event.level.rawValue)"
    line += " event=\(Self.quoted(event.message.description))"
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      line += " \(Self.keyText(key))=\(Self.quoted("\(value)"))"
    }
    if let error = event.error { line += " error=\(Self.quoted("\(error)"))" }
    output(line + "\n")
  }

  private static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  /// A key must not look like a value or a second pair.
  private static func keyText(_ key: String) -> String {
    String(key.unicodeScalars.map { $0.value > 0x20 && $0 != "=" && $0 != "\"" ? Character($0) : "_" })
  }

  static func quoted(_ text: String) -> String {
    let clean = Sanitize.line(text)
    let needsQuotes = clean.isEmpty || clean.unicodeScalars.contains { $0 == " " || $0 == "\"" || $0 == "=" }
    guard needsQuotes else { return clean }
    return "\"" + clean.replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }
}
