// A world as data: its size, its length, and which faults it has. Everything else follows from the seed. Shrinking works on it.

/// Faults that a world can have; each can be switched off and is counted.
enum Fault: String, CaseIterable, Comparable, Sendable {
  case lostRequest, lostReply, delay, duplicate, lateDuplicate
  case cut, oneWayCut, flapping, longPartition
  case portal, truncatedReply, staleReply, serverError
  case agentCrash, hubCrash, agentStop, hubStop, storeCrash
  case diskFullAgent, diskFullHub, writeErrorAgent, syncErrorHub, slowHub
  case clockJump, clockDrift, hubClockJump, suspend
  case agentRollback, agentEmptied
  case byzantine, certificateExpired, revoked
  case hubRollback
  case liveClone
  case purge, expelled, joined, bitFlip
  case feedCut

  static func < (left: Fault, right: Fault) -> Bool { left.rawValue < right.rawValue }

  /// True for what takes away what a disk had not synced.
  var isCrash: Bool {
    switch self {
    case .agentCrash, .hubCrash, .storeCrash: true
    default: false
    }
  }
}

struct Plan: Sendable {
  var seed: UInt64
  var hubs: Int
  /// Agents of each platform: 1 or 2.
  var platforms: [Int]
  var days: Int
  var bursts: Int
  var edits: Int
  var faults: Set<Fault>
  /// How often faults strike, relative to a usual world.
  var intensity: Double

  var agents: Int { platforms.reduce(0, +) }

  /// The world of a seed.
  init(seed: UInt64) {
    self.seed = seed
    var random = SimRandom(seed: seed)
    hubs = [1, 1, 1, 2, 3][random.below(5)]
    let wanted = 3 + random.below(random.chance(0.2) ? 13 : 5)
    platforms = []
    while platforms.reduce(0, +) < wanted { platforms.append(random.chance(0.35) ? 2 : 1) }
    if platforms.reduce(0, +) > 15 { platforms[platforms.count - 1] = 1 }
    days = [1, 1, 2, 3, 7, 14, 30, 90][random.below(8)]
    bursts = 3 + random.below(5)
    edits = 300 + random.below(120)
    intensity = [0.3, 1, 1, 2, 3][random.below(5)]
    // Swarm testing (Groce et al. 2012): each world has a random half of the faults, so that none always hides another.
    faults = []
    let share = [0.0, 0.3, 0.5, 0.7, 1.0][random.below(5)]
    for fault in Fault.allCases where random.chance(share) { faults.insert(fault) }
  }

  func has(_ fault: Fault) -> Bool { faults.contains(fault) }
}
