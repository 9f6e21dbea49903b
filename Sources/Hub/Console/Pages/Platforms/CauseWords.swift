// What needs a person, in words: what happened, and what to do.

struct CauseWords: Sendable {
  let what: String
  let todo: String
  /// Where what is to be done stands.
  var link: (href: String, text: String)?

  init(_ cause: AttentionCause, _ call: PageCall) {
    func day(_ time: Int) -> String { ConsoleTimes.short(time) }
    switch cause {
    case .clone(let since):
      what = call.say(PlatformPhrase.causeClone, day(since))
      todo = call.say(PlatformPhrase.causeCloneDo)
    case .updateNeeded:
      what = call.say(PlatformPhrase.causeUpdate)
      todo = call.say(PlatformPhrase.causeUpdateDo)
    case .certificateEnded(let end):
      what = call.say(PlatformPhrase.causeEnded, day(end))
      todo = call.say(PlatformPhrase.causeEndedDo)
    case .certificateEnding(let end):
      what = call.say(PlatformPhrase.causeEnding, day(end))
      todo = call.say(PlatformPhrase.causeEndingDo)
    case .clock(let skew):
      what = call.say(PlatformPhrase.causeClock, call.duration(skew))
      todo = call.say(PlatformPhrase.causeClockDo)
    case .stuck(let count, let oldest):
      what = call.say(PlatformPhrase.causeStuck, "\(count)", day(oldest))
      todo = call.say(PlatformPhrase.causeStuckDo)
    case .quarantined(let count):
      what = call.say(PlatformPhrase.causeQuarantined, "\(count)")
      todo = call.say(PlatformPhrase.causeQuarantinedDo)
    case .unresolved(let count):
      what = call.say(PlatformPhrase.causeUnresolved, "\(count)")
      todo = call.say(PlatformPhrase.causeUnresolvedDo)
    case .notApplying(let since, let count):
      what = call.say(PlatformPhrase.causeNotApplying, day(since), "\(count)")
      todo = call.say(PlatformPhrase.causeNotApplyingDo)
    case .waitsForLost(let since, let count):
      what = call.say(PlatformPhrase.causeWaits, day(since), "\(count)")
      todo = call.say(PlatformPhrase.causeWaitsDo)
      link = ("#resync", call.say(PlatformPhrase.comparisons))
    case .refused(let refusal):
      let words = RefusedCallWords(refusal, call)
      (what, todo) = (words.what, words.todo)
    case .neverSeen:
      what = call.say(PlatformPhrase.causeNever)
      todo = call.say(PlatformPhrase.causeNeverDo)
    case .noAgent:
      what = call.say(PlatformPhrase.causeNoAgent)
      todo = call.say(PlatformPhrase.causeNoAgentDo)
    }
  }

  var view: ViewModel {
    [
      "what": .text(what), "todo": .text(todo), "href": .optional(link?.href), "link": .optional(link?.text),
    ]
  }
}

/// A call of an agent that was refused, in words: which and when, and what to do.
struct RefusedCallWords: Sendable {
  let what: String
  let todo: String

  init(_ refusal: Contacts.Refusal, _ call: PageCall) {
    let name: PlatformPhrase =
      switch refusal.call {
      case .renew: .callRenew
      case .hello: .callHello
      case .push: .callPush
      case .pull: .callPull
      case .reconcile: .callReconcile
      }
    let (reason, remedy): (PlatformPhrase, PlatformPhrase) =
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
    what = call.say(
      PlatformPhrase.refusedCall, call.say(name), ConsoleTimes.short(refusal.at), call.say(reason))
    todo = call.say(remedy)
  }
}
