// One call of someone who is signed in, as a page sees it: who asks, what was filled in, and how things are said to that reader.

import Core
import Foundation
import Shell

struct PageCall: Sendable {
  /// What this person may do, and does.
  let seat: Seat
  let session: Session
  let request: BrowserRequest
  /// What each platform is called, by the name that stands in addresses.
  let platformNames: [String: String]
  /// Wall time, milliseconds.
  let now: Int

  var who: Operator { seat.who }
  var language: Language { request.language }

  /// A part of the path, as in `:order`.
  func part(_ name: String) throws(Problem) -> String {
    guard let text = request.parts[name], !text.isEmpty else { throw Problem(.notFound) }
    return text
  }

  /// A value of the query without the space around it; nil where it is empty.
  func query(_ name: String) -> String? { request.query[name] }
  func queries(_ name: String) -> [String] { request.query.all(name) }

  /// A field of the form without the space around it; nil where it is empty.
  func form(_ name: String) -> String? { request.form[name] }
  func forms(_ name: String) -> [String] { request.form.all(name) }

  /// A field that must be filled in.
  func demanded(_ name: String) throws(Problem) -> String {
    guard let text = form(name) else { throw Problem(.badCommand, "'\(name)' is empty") }
    return text
  }

  /// The form's own id: a form that is sent twice is done once.
  var requestID: String? { request.form["request"] }

  func may(_ right: Right) -> Bool { seat.may(right) }

  // MARK: Saying

  func say(_ phrase: some PhraseSet, _ arguments: String...) -> String { phrase.said(in: language, arguments) }

  /// A word of the domain; one that is not known stands for itself.
  func word(_ vocabulary: Vocabulary, _ word: String) -> String { vocabulary.texts(word)?[language] ?? word }
  func word(_ vocabulary: Vocabulary, _ word: String?) -> ViewModel {
    word.map { .text(self.word(vocabulary, $0)) } ?? .none
  }

  /// What people call a platform; the hub is the hotline, and one that is not known goes by its address.
  func platform(_ name: String) -> String {
    name == PlatformName.hub.text ? say(FramePhrase.hub) : platformNames[name] ?? name
  }

  func badge(_ tone: BadgeTone, _ text: String) -> ViewModel {
    .html("<span class=\"badge \(tone.rawValue)\">\(text)</span>")
  }
  func badge(_ tone: BadgeTone, _ phrase: some PhraseSet, _ arguments: String...) -> ViewModel {
    badge(tone, phrase.said(in: language, arguments))
  }

  /// The point in time by the hub's clock and zone, for `2026-11-25 14:03`; nothing for nil.
  func time(_ milliseconds: Int?) -> ViewModel { times.time(milliseconds) }

  /// How long ago, or in how long; pointing at it shows when.
  func ago(_ milliseconds: Int?) -> ViewModel { times.ago(milliseconds) }

  /// `3 分钟`, the largest unit that fits.
  func duration(_ milliseconds: Int) -> String { times.duration(milliseconds) }

  private var times: ConsoleTimes { ConsoleTimes(language: language, now: now) }
}

/// Times as the console says them.
struct ConsoleTimes: Sendable {
  let language: Language
  let now: Int

  func time(_ milliseconds: Int?) -> ViewModel {
    guard let milliseconds else { return .none }
    return .html("<time datetime=\"\(Self.machine(milliseconds))\">\(Self.short(milliseconds))</time>")
  }

  func ago(_ milliseconds: Int?) -> ViewModel {
    guard let milliseconds else { return .none }
    return .html(
      """
      <time datetime="\(Self.machine(milliseconds))" title="\(Self.short(milliseconds, seconds: true))">\
      \(words(milliseconds))</time>
      """)
  }

  private func words(_ milliseconds: Int) -> String {
    let (difference, overflow) = now.subtractingReportingOverflow(milliseconds)
    if overflow || difference.magnitude < 1_000 { return FramePhrase.now.said(in: language) }
    let length = duration(Int(clamping: difference.magnitude))
    return (difference > 0 ? FramePhrase.ago : .ahead).said(in: language, [length])
  }

  func duration(_ milliseconds: Int) -> String {
    let length = Int(clamping: milliseconds.magnitude)
    let (phrase, count): (FramePhrase, Int) =
      switch length {
      case ..<1_000: (.milliseconds, length)
      case ..<60_000: (.seconds, length / 1_000)
      case ..<3_600_000: (.minutes, length / 60_000)
      case ..<172_800_000: (.hours, length / 3_600_000)
      default: (.days, length / 86_400_000)
      }
    return phrase.said(in: language, ["\(count)"])
  }

  static func short(_ milliseconds: Int, seconds: Bool = false) -> String {
    let text = TimeText.local(Int64(milliseconds))
    return seconds ? text : String(text.dropLast(3))
  }

  /// RFC 3339 in UTC, for programs.
  private static func machine(_ milliseconds: Int) -> String {
    String(decoding: TimeText.local(Int64(milliseconds), in: .gmt).utf8.map { $0 == 0x20 ? 0x54 : $0 }, as: UTF8.self)
      + "Z"
  }
}
