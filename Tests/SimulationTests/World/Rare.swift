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
  case forkSettled = "a copied machine's fork settled"
  case forkByPush = "a fork found by a push"
  case forkByPull = "a fork found by a pull"
  case forkByHello = "a fork found by a greeting"
  case copiesInConflict = "a conflict between two copies' writes of one register"
  case laterRunSettled = "a fork settled with changes of a later run"
  case writtenAgainTwice = "one change written again by two copies"
  case twoOrders = "a copied run's dot held as changes of two orders"
  case lostDeclared = "a change said to be lost"
  case falseOrigin = "a hostile change that says it replaces another"
  case purge = "a purge"
  case purgedUnsent = "a purge while an agent holds the number unsent"
  case purgedOnArrival = "a value that arrives after the purge of its number"
  case purgedOffered = "a purged value sent to the hub"
  case calledAgain = "a citizen calls again after a purge"
  case purgeForgotten = "a hub goes back behind a purge"
  case agentBehindPurge = "an agent goes back behind a purge"
  case revocationForgotten = "a hub goes back behind a revocation"
  case enrolmentForgotten = "a hub goes back behind an enrolment"
  case platformForgotten = "a hub goes back behind a platform's first day"

  /// Waiting happens only while a hub heals and around a fork, which come with recovery. A machine is copied in one world of ten, and
  /// few of these copies do all that copies can do.
  static let required = allCases.filter {
    ![.changeWaits, .forkByHello, .laterRunSettled, .writtenAgainTwice, .twoOrders, .lostDeclared].contains($0)
  }

  static func < (left: Rare, right: Rare) -> Bool { left.rawValue < right.rawValue }
}
