// When an order's steps were taken, and what else only its log tells: a register keeps its last write alone, and entries are not in the
// state (docs/decisions/0004). A pure function of the changes that count; what the times mean for deadlines is the hub's business.

/// What deadlines and figures need of an order's log.
///
/// It is the same whatever order the changes came in: of what happens often the first few are kept, of call-backs the last.
public struct Milestones: Sendable, Hashable {
  /// A step of an assignment's progress.
  public struct Step: Sendable, Hashable, Comparable {
    /// Milliseconds, by its author's clock as it counts in ties.
    public let at: Int
    /// Its place in `RegisterTable.progressSteps`.
    public let index: Int

    public static func < (left: Step, right: Step) -> Bool {
      left.at == right.at ? left.index < right.index : left.at < right.at
    }
  }

  /// An attempt to call the citizen back.
  public struct CallBack: Sendable, Hashable, Comparable {
    public let at: Int
    public let reached: Bool
    /// By the hotline; else by a platform.
    public let isByHub: Bool

    public static func < (left: CallBack, right: CallBack) -> Bool {
      func rank(_ one: CallBack) -> Int { (one.reached ? 2 : 0) + (one.isByHub ? 1 : 0) }
      return left.at == right.at ? rank(left) < rank(right) : left.at < right.at
    }
  }

  /// Of each thing that happens again and again so many are kept.
  static let most = 64

  /// By assignment, in order of time.
  public private(set) var steps: [String: [Step]] = [:]
  /// By platform, `hub` included: when it rang the citizen.
  public private(set) var contacts: [String: [Int]] = [:]
  public private(set) var urges: [Int] = []
  public private(set) var supervisions: [Int] = []
  public private(set) var callBacks: [CallBack] = []
  /// When the hub urged or supervised by itself, by `assignment/stage/urge` or `…/supervise`.
  public private(set) var reminders: [String: Int] = [:]
  /// When the hub learnt that the platform has it, by assignment.
  public private(set) var delivered: [String: Int] = [:]

  public init() {}

  /// Of a whole log.
  public init(log: some Sequence<Change>, in state: OrderState) {
    for change in log where state.counts(change) { take(change, at: state.time(of: change)) }
  }

  /// True if a change can move anything here.
  public static func moved(by change: Change) -> Bool {
    change.edits.contains { edit in
      switch edit {
      case .set(let register, _): register.hasSuffix("/progress")
      case .append(let kind, _):
        kind == "contact" || kind == "urge" || kind == "supervise" || kind == "callback"
          || kind == "delivered"
      }
    }
  }

  /// Takes one more change that counts.
  public mutating func take(_ change: Change, at: Int) {
    for edit in change.edits {
      switch edit {
      case .set(let register, let value):
        let parts = register.split(separator: "/")
        guard parts.count == 3, parts[0] == "assignment", parts[2] == "progress",
          let step = value.json.asString, let index = RegisterTable.progressSteps.firstIndex(of: step)
        else { continue }
        Milestones.keep(Step(at: at, index: index), in: &steps[String(parts[1]), default: []])
      case .append("contact", _):
        Milestones.keep(at, in: &contacts[change.dot.replica.platform.text, default: []])
      case .append("urge", let value):
        Milestones.keep(at, in: &urges)
        remind(value.json, "urge", at)
      case .append("supervise", let value):
        Milestones.keep(at, in: &supervisions)
        remind(value.json, "supervise", at)
      case .append("delivered", let value):
        guard let assignment = value.json["assignment"]?.asString, PlatformName.isSlug(assignment) else { continue }
        // It is written a little later than it was learnt.
        let learnt = min(value.json["at"]?.asInt ?? at, at)
        delivered[assignment] = min(learnt, delivered[assignment] ?? learnt)
      case .append("callback", let value):
        let callBack = CallBack(
          at: at, reached: value.json["reached"] == .bool(true), isByHub: change.dot.replica.isHub)
        callBacks.insert(callBack, at: callBacks.firstIndex { callBack < $0 } ?? callBacks.count)
        if callBacks.count > Milestones.most { callBacks.removeFirst() }
      case .append: break
      }
    }
  }

  private mutating func remind(_ value: JSON, _ step: String, _ at: Int) {
    guard let assignment = value["assignment"]?.asString, let stage = value["stage"]?.asString,
      PlatformName.isSlug(assignment), RegisterTable.stages.contains(stage)
    else { return }
    let key = "\(assignment)/\(stage)/\(step)"
    reminders[key] = min(at, reminders[key] ?? at)
  }

  private static func keep<Value: Comparable>(_ value: Value, in list: inout [Value]) {
    list.insert(value, at: list.firstIndex { value < $0 } ?? list.count)
    if list.count > most { list.removeLast() }
  }

  /// When an assignment first reached one of these steps or a later one, nil where it has not.
  public func reached(_ step: String, by assignment: String) -> Int? {
    let least = RegisterTable.progressSteps.firstIndex(of: step) ?? 0
    return steps[assignment]?.first { $0.index >= least }?.at
  }

  /// By when at the latest the platform had an assignment: it was told, or a step was taken; nil where nobody knows yet.
  public func receipt(of assignment: String) -> Int? {
    [delivered[assignment], steps[assignment]?.first?.at].compactMap(\.self).min()
  }

  /// When a platform, or the hotline for it, first rang the citizen at or after a time.
  public func contacted(by platform: String, since: Int) -> Int? {
    ((contacts[platform] ?? []) + (contacts["hub"] ?? [])).filter { $0 >= since }.min()
  }
}

extension OrderState {
  /// The time as which a change counts: its author's, or that which the hub gave it.
  public func time(of change: Change) -> Int {
    guard hasCorrections, let corrected = value("clock/\(change.dot)")?.asInt else { return change.at.milliseconds }
    return corrected
  }
}

// MARK: Stored form

extension Milestones {
  /// As it is stored beside the order.
  public var json: JSON {
    func times(_ list: [Int]) -> JSON? { list.isEmpty ? nil : .array(list.map(JSON.int)) }
    func members<Value>(_ values: [String: Value], _ write: (Value) -> JSON?) -> JSON? {
      values.isEmpty ? nil : .compact(values.keys.sorted().map { key in (key, values[key].flatMap(write)) })
    }
    return .compact([
      ("steps", members(steps) { times($0.flatMap { [$0.at, $0.index] }) }), ("contacts", members(contacts, times)),
      ("urges", times(urges)), ("supervisions", times(supervisions)),
      (
        "callBacks",
        times(callBacks.flatMap { [$0.at, ($0.reached ? 2 : 0) + ($0.isByHub ? 1 : 0)] })
      ),
      ("reminders", members(reminders, JSON.int)), ("delivered", members(delivered, JSON.int)),
    ])
  }

  /// Reads the stored form; what is not of it is left out, for it is made anew from the log when it is found to differ.
  public init(_ json: JSON) {
    func times(_ json: JSON?) -> [Int] { (json?.asArray ?? []).compactMap(\.asInt) }
    func pairs(_ json: JSON?) -> [(Int, Int)] {
      let numbers = times(json)
      return stride(from: 0, to: numbers.count - 1, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
    }
    for member in json["steps"]?.asObject ?? [] {
      steps[member.key] = pairs(member.value).map { Step(at: $0.0, index: $0.1) }
    }
    for member in json["contacts"]?.asObject ?? [] { contacts[member.key] = times(member.value) }
    urges = times(json["urges"])
    supervisions = times(json["supervisions"])
    callBacks = pairs(json["callBacks"]).map { CallBack(at: $0.0, reached: $0.1 & 2 != 0, isByHub: $0.1 & 1 != 0) }
    for member in json["reminders"]?.asObject ?? [] { reminders[member.key] = member.value.asInt }
    for member in json["delivered"]?.asObject ?? [] { delivered[member.key] = member.value.asInt }
  }
}
