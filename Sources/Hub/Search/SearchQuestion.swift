// What a person typed into the search: as a question to the index, and as the exact look at what the index gives. The index answers with
// some orders too many (it knows neighbours, not places), never with too few.

import Core

struct SearchQuestion: Sendable {
  private struct Run: Sendable {
    let scalars: [Unicode.Scalar]
    let isPaired: Bool
    /// It may be the beginning of a longer word.
    let isBeginning: Bool
  }

  /// A text has at most so many words; more are no search.
  private static let maxRuns = 16
  /// Beginnings of words by their length: for these the index has its own lists (`OrderIndex.prefixes`).
  private static let beginnings = [3, 4, 5]
  /// Digits stand for themselves up to this many: the tail of a number is one of very many that begin alike.
  private static let wholeDigits = 8

  private let runs: [Run]
  /// True where the index gives none too many: it holds all that was typed as words of its own.
  var isDecidedByIndex: Bool {
    runs.allSatisfy { run in
      if run.isPaired { return run.scalars.count <= 2 }
      return !run.isBeginning || SearchQuestion.beginning(of: run.scalars) == run.scalars.count
    }
  }
  /// What FTS5 is asked: `"爆管" AND "burst"*`.
  let match: String

  /// Nil where there is no word in it.
  init?(_ text: String) {
    var runs: [Run] = []
    var terms: [String] = []
    SearchWords.runs(of: text) { slice, isPaired in
      guard runs.count < SearchQuestion.maxRuns else { return }
      let run = Array(slice.prefix(SearchWords.maxWordLength))
      if isPaired {
        runs.append(Run(scalars: run, isPaired: true, isBeginning: true))
        if run.count == 1 { return terms.append(SearchQuestion.term(run[...], isBeginning: true)) }
        terms += run.indices.dropLast().map { SearchQuestion.term(run[$0...($0 + 1)], isBeginning: false) }
      } else {
        let length = SearchQuestion.beginning(of: run)
        runs.append(Run(scalars: run, isPaired: false, isBeginning: length != nil))
        terms.append(SearchQuestion.term(run.prefix(length ?? run.count), isBeginning: length != nil))
      }
    }
    guard !runs.isEmpty else { return nil }
    self.runs = runs
    var asked: Set<String> = []
    match = terms.filter { asked.insert($0).inserted }.joined(separator: " AND ")
  }

  /// How many characters of a word the index is asked for, nil where it must be the whole word.
  private static func beginning(of run: [Unicode.Scalar]) -> Int? {
    let isNumber = run.allSatisfy { (0x30...0x39).contains($0.value) }
    if isNumber { return run.count >= wholeDigits ? wholeDigits : nil }
    return beginnings.last { $0 <= run.count }
  }

  /// Words are letters and digits alone, so that none can end the quotation.
  private static func term(_ scalars: ArraySlice<Unicode.Scalar>, isBeginning: Bool) -> String {
    "\"\(String(String.UnicodeScalarView(scalars)))\"" + (isBeginning ? "*" : "")
  }

  /// True if each run of what was typed stands in one of the texts: of paired characters anywhere, of a word as its beginning.
  func isAnswered(by texts: [String]) -> Bool {
    var open = runs
    for text in texts where !open.isEmpty {
      SearchWords.runs(of: text) { run, isPaired in open.removeAll { SearchQuestion.stands($0, in: run, isPaired) } }
    }
    return open.isEmpty
  }

  private static func stands(_ wanted: Run, in run: ArraySlice<Unicode.Scalar>, _ isPaired: Bool) -> Bool {
    guard wanted.isPaired == isPaired, wanted.scalars.count <= run.count else { return false }
    guard isPaired else {
      return run.starts(with: wanted.scalars) && (wanted.isBeginning || run.count == wanted.scalars.count)
    }
    return run.indices.dropLast(wanted.scalars.count - 1).contains { run[$0...].starts(with: wanted.scalars) }
  }
}
