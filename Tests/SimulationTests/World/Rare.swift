// The rare states that the promise is about. A soak that never reached one has proven nothing of it, and fails.

enum Rare: String, CaseIterable, Comparable, Sendable {
  case twoConcurrentWrites = "two concurrent writes of one register"
  case threeConcurrentWrites = "three concurrent writes of one register"
  case threeSettled = "three siblings settled"
  case settledWhileAnotherIsInFlight = "a conflict settled while another write of the register is on its way"
  case contradiction = "a contradiction between registers"
  case void = "a void in an order"
  case voidAfterDependants = "a void that arrives after changes that build on its target"
  case reinstated = "a change reinstated"
  case workOnVoidedAssignment = "work on an assignment that was voided meanwhile"
  case handOverWhileCut = "an order handed over to a platform that cannot be reached"
  case recalledWhileDone = "recalled on one side, done on the other"
  case emergencyLane = "an entry by the emergency lane"
  case batch = "a push of several changes"
  case severalRunsUnsent = "unsent changes of several runs"
  case repeatedCommand = "a command repeated"
  case repeatedAfterLostAnswer = "a command repeated after its answer was lost"
  case repeatedByOperator = "an operator's command repeated"
  case clockFarAhead = "an agent's clock far ahead"
  case reTimed = "a change re-timed by the hub"
  case backup = "an agent goes back to a backup"
  case emptied = "an agent starts from nothing"
  case contradictedDot = "a dot pushed with another content"
  case honestBesideHostile = "an honest push in one group with a hostile one"
  case changeWaits = "a change waits at an agent"
  case hubBackup = "the hub goes back to a backup"
  case gaveBack = "an agent gives back what the hub forgot"
  case grewPastCursors = "a hub that went back grew past an agent's cursor"
  case pushBeforeReconcile = "a push reaches a hub that went back before it was compared"

  /// Waiting happens only while a hub heals and around a fork, which come with recovery.
  static let required = allCases.filter { $0 != .changeWaits }

  static func < (left: Rare, right: Rare) -> Bool { left.rawValue < right.rawValue }
}
