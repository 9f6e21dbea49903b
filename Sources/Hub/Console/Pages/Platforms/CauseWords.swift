// What needs a person, in words: what happened, what it means for the orders, what to do and where that is done.

struct CauseWords: Sendable {
  let what: String
  let means: String
  let todo: String
  let remedy: Remedy?

  /// What can be done about it at the console.
  enum Remedy: Sendable {
    case compare, makeToken, settleClone

    var right: Right {
      switch self {
      case .compare: .compare
      case .makeToken, .settleClone: .administer
      }
    }

    /// What stands above the form.
    fileprivate var phrase: PlatformPhrase {
      switch self {
      case .compare: .comparisons
      case .makeToken: .tokens
      case .settleClone: .settle
      }
    }

    /// Where the form stands: comparisons on the page itself, of a platform as of an agent.
    fileprivate func href(_ platform: String, _ agent: String?) -> String? {
      switch self {
      case .compare: "#resync"
      case .makeToken: "/platforms/\(platform.inPath)#tokens"
      case .settleClone: agent.map { "/agents/\(platform.inPath)/\($0.inPath)#settle" }
      }
    }
  }

  init(_ cause: AttentionCause, _ call: PageCall) {
    func day(_ time: Int) -> String { ConsoleTimes.short(time) }
    let consequence: PlatformPhrase
    switch cause {
    case .clone(let since):
      what = call.say(PlatformPhrase.causeClone, day(since))
      (consequence, todo, remedy) = (.meansTwice, call.say(PlatformPhrase.causeCloneDo), .settleClone)
    case .updateNeeded:
      what = call.say(PlatformPhrase.causeUpdate)
      (consequence, todo, remedy) = (.meansApart, call.say(PlatformPhrase.causeUpdateDo), nil)
    case .certificateEnded(let end):
      what = call.say(PlatformPhrase.causeEnded, day(end))
      (consequence, todo, remedy) = (.meansApart, call.say(PlatformPhrase.causeEndedDo), .makeToken)
    case .certificateEnding(let end):
      what = call.say(PlatformPhrase.causeEnding, day(end))
      (consequence, todo, remedy) = (.meansUntilItEnds, call.say(PlatformPhrase.causeEndingDo), nil)
    case .clock(let skew):
      what = call.say(PlatformPhrase.causeClock, ClockWords.said(skew, call))
      (consequence, todo, remedy) = (.meansClock, call.say(PlatformPhrase.causeClockDo), nil)
    case .stuck(let count, let oldest):
      what = call.say(PlatformPhrase.causeStuck, "\(count)", day(oldest))
      (consequence, todo, remedy) = (.meansUnheard, call.say(PlatformPhrase.causeStuckDo), nil)
    case .quarantined(let count):
      what = call.say(PlatformPhrase.causeQuarantined, "\(count)")
      (consequence, todo, remedy) = (.meansUnread, call.say(PlatformPhrase.causeQuarantinedDo), nil)
    case .unresolved(let count):
      what = call.say(PlatformPhrase.causeUnresolved, "\(count)")
      (consequence, todo, remedy) = (.meansDiffer, call.say(PlatformPhrase.causeUnresolvedDo), .compare)
    case .notApplying(let since, let count):
      what = call.say(PlatformPhrase.causeNotApplying, day(since), "\(count)")
      (consequence, todo, remedy) = (.meansUntold, call.say(PlatformPhrase.causeNotApplyingDo), nil)
    case .waitsForLost(let since, let count):
      what = call.say(PlatformPhrase.causeWaits, day(since), "\(count)")
      (consequence, todo, remedy) = (.meansUnread, call.say(PlatformPhrase.causeWaitsDo), .compare)
    case .refused(let refusal):
      let words = RefusedCallWords(refusal, call)
      (what, consequence, todo, remedy) = (words.what, words.consequence, words.todo, words.remedy)
    case .neverSeen:
      what = call.say(PlatformPhrase.causeNever)
      (consequence, todo, remedy) = (.meansApart, call.say(PlatformPhrase.causeNeverDo), nil)
    case .noAgent:
      what = call.say(PlatformPhrase.causeNoAgent)
      (consequence, todo, remedy) = (.meansKept, call.say(PlatformPhrase.causeNoAgentDo), .makeToken)
    }
    means = call.say(consequence)
  }

  /// With the way to what is to be done, or, for who may not, who may.
  /// - Parameters:
  ///   - agent: whose cause it is; nil for one of the platform as a whole.
  ///   - namesAgent: whether it says so, where there are several.
  func view(of platform: String, agent: String?, namesAgent: Bool = false, _ call: PageCall) -> ViewModel {
    let mayNot = remedy.flatMap { remedy in
      call.may(remedy.right)
        ? nil : call.say(StepPhrase.mayNot, call.word(.accountRole, RoleTable.least(remedy.right).rawValue))
    }
    return .view(
      Self.template,
      [
        "whose": .optional(namesAgent ? agent : nil), "what": .text(what), "means": .text(means), "todo": .text(todo),
        "href": .optional(mayNot == nil ? remedy?.href(platform, agent) : nil),
        "link": .optional((remedy?.phrase).map { call.say($0) }), "mayNot": .optional(mayNot),
      ])
  }

  private static let template = Template(
    "cause",
    #"""
    <div class="notice bad"><p><strong>{{#whose}}<bdi>{{whose}}</bdi>: {{/whose}}{{what}}</strong></p>
    <p>{{means}} {{t.platforms.nothingLost}}</p>
    <p>{{todo}}{{#href}} <a href="{{href}}">{{link}}</a>{{/href}}{{#mayNot}} {{link}}: {{mayNot}}{{/mayNot}}</p></div>
    """#)
}

/// A call of an agent that was refused, in words: which and when, what it means for the orders, and what to do.
struct RefusedCallWords: Sendable {
  let what: String
  let consequence: PlatformPhrase
  let todo: String
  let remedy: CauseWords.Remedy?

  init(_ refusal: Contacts.Refusal, _ call: PageCall) {
    let (name, effect): (PlatformPhrase, PlatformPhrase) =
      switch refusal.call {
      case .renew: (.callRenew, .meansUntilItEnds)
      case .hello: (.callHello, .meansApart)
      case .push: (.callPush, .meansUnheard)
      case .pull: (.callPull, .meansUntold)
      case .reconcile: (.callReconcile, .meansDiffer)
      }
    let (reason, advice): (PlatformPhrase, PlatformPhrase) =
      switch refusal.code {
      case .certificateExpired: (.refusedExpired, .refusedExpiredDo)
      case .certificateRevoked, .certificateUnknown, .certificateRequired: (.refusedRevoked, .refusedRevokedDo)
      case .updateNeeded: (.refusedOld, .refusedOldDo)
      case .fork: (.refusedFork, .refusedForkDo)
      case .reconcileFirst: (.refusedReconcile, .refusedReconcileDo)
      case .busy, .shuttingDown, .tooManyAttempts: (.refusedBusy, .refusedBusyDo)
      case .diskFull: (.refusedDisk, .refusedDiskDo)
      case .internalError: (.refusedFailed, .refusedFailedDo)
      case .badBody, .tooLarge, .requestRefused: (.refusedUnread, .refusedUnreadDo)
      default: (.refusedOther, .refusedUnreadDo)
      }
    // What is refused for who it is, or for its version, is refused whatever it calls for.
    switch refusal.code {
    case .certificateExpired, .certificateRevoked, .certificateUnknown, .certificateRequired:
      (consequence, remedy) = (.meansApart, .makeToken)
    case .updateNeeded: (consequence, remedy) = (.meansApart, nil)
    case .fork, .reconcileFirst: (consequence, remedy) = (effect, .compare)
    default: (consequence, remedy) = (effect, nil)
    }
    what = call.say(
      PlatformPhrase.refusedCall, call.say(name), ConsoleTimes.short(refusal.at), call.say(reason))
    todo = call.say(advice)
  }
}

/// How an agent's clock goes by the hub's, in words.
enum ClockWords {
  /// - Parameter skew: milliseconds by which it is ahead; negative where it is behind.
  static func said(_ skew: Int, _ call: PageCall) -> String {
    guard skew.magnitude >= 1_000 else { return call.say(PlatformPhrase.clockRight) }
    return call.say(skew > 0 ? PlatformPhrase.clockAhead : .clockBehind, call.duration(skew))
  }
}
