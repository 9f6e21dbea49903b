// How an agent and a platform stand, in the four plain states, and what needs a person, for the console and for programs. Judged from what
// the hub knows; nothing is "healthy" beside "offline". What is said of it is the console's and the commands'.

import Core
import Shell

/// The four states, from best to worst.
enum SyncStanding: String, Sendable, Comparable, CaseIterable {
  case inStep, catchingUp, offline, attention

  private var rank: Int {
    switch self {
    case .inStep: 0
    case .catchingUp: 1
    case .offline: 2
    case .attention: 3
    }
  }

  static func < (left: SyncStanding, right: SyncStanding) -> Bool { left.rank < right.rank }
}

/// What needs a person, and why.
enum AttentionCause: Sendable, Equatable {
  case clone(since: Int)
  case updateNeeded
  case certificateEnded(Int)
  case certificateEnding(Int)
  case clock(Int)
  case stuck(count: Int, oldest: Int)
  case quarantined(Int)
  case unresolved(Int)
  case notApplying(since: Int, count: Int)
  case waitsForLost(since: Int, count: Int)
  case refused(Contacts.Refusal)
  case neverSeen
  case noAgent

  /// What each is called in documents.
  enum Word: String, CaseIterable {
    case clone, updateNeeded, certificateEnded, certificateEnding, clock, stuck, quarantined, unresolved
    case notApplying, waitsForLost, refused, neverSeen, noAgent
  }

  var word: Word {
    switch self {
    case .clone: .clone
    case .updateNeeded: .updateNeeded
    case .certificateEnded: .certificateEnded
    case .certificateEnding: .certificateEnding
    case .clock: .clock
    case .stuck: .stuck
    case .quarantined: .quarantined
    case .unresolved: .unresolved
    case .notApplying: .notApplying
    case .waitsForLost: .waitsForLost
    case .refused: .refused
    case .neverSeen: .neverSeen
    case .noAgent: .noAgent
    }
  }

  /// `{"cause","agent"?}` and what it is judged by: a `count`, since when, until when.
  func document(of agent: String? = nil) -> JSON {
    let facts: [(String, JSON?)] =
      switch self {
      case .clone(let since): [("since", .int(since))]
      case .certificateEnded(let end), .certificateEnding(let end): [("at", .int(end))]
      case .clock(let skew): [("skew", .int(skew))]
      case .stuck(let count, let oldest): [("count", .int(count)), ("oldest", .int(oldest))]
      case .quarantined(let count), .unresolved(let count): [("count", .int(count))]
      case .notApplying(let since, let count), .waitsForLost(let since, let count):
        [("since", .int(since)), ("count", .int(count))]
      case .refused(let refusal):
        [
          ("call", .string(refusal.call.rawValue)), ("code", .string(refusal.code.rawValue)),
          ("at", .int(refusal.at)), ("since", .int(refusal.since)),
        ]
      case .updateNeeded, .neverSeen, .noAgent: []
      }
    return .compact([("cause", .string(word.rawValue)), ("agent", agent.map(JSON.string))] + facts)
  }
}

struct AgentStanding: Sendable {
  /// The row that it is judged by.
  let row: JSON
  let platform: String
  let name: String
  let isRevoked: Bool
  let isOnline: Bool
  /// Since when it is in contact; nil where it is not.
  let onlineSince: Int?
  let lastContact: Int?
  /// The newest of its calls that was refused, where none of its kind was taken since.
  let refusal: Contacts.Refusal?
  let outbox: Int
  let oldest: Int?
  let lag: Int
  let skew: Int?
  let certificateEnd: Int?
  let version: String?
  let waiting: Int
  let quarantined: Int
  /// It compares what it holds with the hub, or is asked to.
  let isComparing: Bool
  let causes: [AttentionCause]
  let standing: SyncStanding

  /// From this difference on a clock needs a person; the hub corrects what it must far before.
  private static let noteworthySkew = 60_000
  /// An agent renews well before; later than this something keeps it from it.
  private static let certificateWarning = 7 * 86_400_000
  /// An agent that takes nothing of what is there for it, or whose changes wait, for so long while it is in contact does not help itself.
  private static let stillAfter = 1_800_000
  /// What agents settle by themselves, as a push that was too large or a hub that is busy, is settled within so long as a rule.
  private static let passesWithin = 600_000
  /// An agent tries again what was refused every quarter of an hour at least; a refusal older than this before its last contact is over.
  private static let refusalStands = 1_200_000

  /// - Parameters:
  ///   - agent: a row of the hotline's `agentRows`.
  ///   - unresolved: what the newest comparison left.
  init(_ agent: JSON, platform: String, unresolved: Int, isComparing: Bool, now: Int) {
    row = agent
    self.platform = platform
    name = agent.text("name")
    isRevoked = agent.isTrue("revoked")
    isOnline = agent.isTrue("online")
    onlineSince = agent["onlineSince"]?.asInt
    lastContact = agent["lastContact"]?.asInt
    refusal = agent["refusal"].flatMap(Contacts.Refusal.init)
    outbox = agent["outbox"]?.asInt ?? 0
    oldest = agent["oldest"]?.asInt
    lag = agent["lag"]?.asInt ?? 0
    skew = agent["skew"]?.asInt
    certificateEnd = agent["certificateNotAfter"]?.asInt
    version = agent["version"]?.asString
    waiting = agent["waiting"]?.asInt ?? 0
    quarantined = agent["quarantined"]?.asInt ?? 0
    self.isComparing = isComparing
    var causes: [AttentionCause] = []
    if let since = agent["clone"]?["since"]?.asInt { causes.append(.clone(since: since)) }
    if agent.isTrue("updateNeeded") { causes.append(.updateNeeded) }
    if let certificateEnd {
      if certificateEnd <= now {
        causes.append(.certificateEnded(certificateEnd))
      } else if certificateEnd - now < Self.certificateWarning {
        causes.append(.certificateEnding(certificateEnd))
      }
    }
    if let skew, skew.magnitude >= UInt(Self.noteworthySkew) { causes.append(.clock(skew)) }
    if isOnline, outbox > 0, let oldest, now - oldest > PlatformReach.unheardAfter {
      causes.append(.stuck(count: outbox, oldest: oldest))
    }
    if quarantined > 0 { causes.append(.quarantined(quarantined)) }
    if unresolved > 0 { causes.append(.unresolved(unresolved)) }
    if isOnline, !isComparing, let since = agent["behindSince"]?.asInt, now - since > Self.stillAfter {
      causes.append(.notApplying(since: since, count: lag))
    }
    if isOnline, let since = agent["waitingSince"]?.asInt, now - since > Self.stillAfter {
      causes.append(.waitsForLost(since: since, count: waiting))
    }
    if let refusal, Self.needsAPerson(refusal, lastContact: lastContact) { causes.append(.refused(refusal)) }
    if lastContact == nil { causes.append(.neverSeen) }
    self.causes = isRevoked ? [] : causes
    standing =
      !self.causes.isEmpty
      ? .attention : !isOnline ? .offline : outbox > 0 || lag > 0 || waiting > 0 || isComparing ? .catchingUp : .inStep
  }
}

extension AgentStanding {
  /// The row with `comparing`, its `causes`, and its `standing` unless it is revoked.
  var document: JSON {
    let judged: [JSON.Member] = [
      JSON.Member("comparing", .bool(isComparing)), JSON.Member("causes", .array(causes.map { $0.document() })),
    ]
    let stands = isRevoked ? [] : [JSON.Member("standing", .string(standing.rawValue))]
    return .object((row.asObject ?? []) + stands + judged)
  }

  /// Whether a refusal does not pass by itself: its code says so, or it goes on for longer than those do that pass.
  private static func needsAPerson(_ refusal: Contacts.Refusal, lastContact: Int?) -> Bool {
    guard refusal.at >= (lastContact ?? refusal.at) - refusalStands else { return false }
    return refusal.code.retry == .operator || refusal.at - refusal.since > passesWithin
  }
}

/// A platform by its agents that are not revoked: as the worst of them stands.
struct PlatformStanding: Sendable {
  let name: String
  let displayName: String
  let sectors: [String]
  let agents: [AgentStanding]
  /// Entries in its feed.
  let head: Int

  var active: [AgentStanding] { agents.filter { !$0.isRevoked } }
  var standing: SyncStanding { active.map(\.standing).max() ?? .attention }
  var causes: [AttentionCause] { active.isEmpty ? [.noAgent] : active.flatMap(\.causes) }
  /// The causes with the agent that each is of.
  var causeDocuments: [JSON] {
    active.isEmpty
      ? [AttentionCause.noAgent.document()]
      : active.flatMap { agent in agent.causes.map { $0.document(of: agent.name) } }
  }
  var offline: [AgentStanding] { active.filter { !$0.isOnline } }
  /// No agent is in contact; none at all is another matter.
  var isUnreachable: Bool { !active.isEmpty && offline.count == active.count }
  /// Since when nobody there is in contact, or, where somebody is, since when one of the others is not.
  var offlineSince: Int? { isUnreachable ? lastContact : offline.compactMap(\.lastContact).min() }
  /// Since when one of its agents is in contact without a break.
  var onlineSince: Int? { active.compactMap(\.onlineSince).min() }
  var lastContact: Int? { active.compactMap(\.lastContact).max() }
  var outbox: Int { active.map(\.outbox).reduce(0, +) }
  var oldest: Int? { active.compactMap(\.oldest).min() }
  /// What the one that has read furthest still lacks.
  var lag: Int { active.map(\.lag).min() ?? head }
}
