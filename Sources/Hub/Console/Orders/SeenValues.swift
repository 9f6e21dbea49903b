// What a form that settles carries of what its reader had on the screen, so that nothing is overruled unread.

import Core

enum SeenValues {
  /// The values at stake in a register, as the hidden field of a form has them.
  static func field(_ register: String, of view: OrderView) -> String { field(view.atStake(in: register)) }
  static func field(_ atStake: Set<Dot>) -> String { atStake.sorted().map(\.description).joined(separator: " ") }

  /// What the form says; nil where it says nothing.
  static func read(_ call: PageCall) throws(Problem) -> Set<Dot>? {
    guard let texts = call.form("seen")?.split(separator: " ") else { return nil }
    var seen: Set<Dot> = []
    for text in texts {
      guard let dot = try? Dot(String(text)) else { throw Problem(.badCommand, "'\(text.prefix(80))' is not a dot") }
      seen.insert(dot)
    }
    return seen
  }

  /// Another value came, or one is gone, since the page was made.
  static func isStale(_ error: any Error) -> Bool {
    (error as? CommandRefusal)?.code == ProblemCode.unseen.rawValue
  }

  /// The refusal for a form whose chosen value is no longer there.
  static func gone(_ register: String) -> CommandRefusal {
    CommandRefusal(ProblemCode.unseen.rawValue, "the value of \(register) that was chosen is gone: nothing was written")
  }
}
