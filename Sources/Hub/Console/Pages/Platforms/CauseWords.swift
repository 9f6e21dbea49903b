// What needs a person, in words: what happened, and what to do.

struct CauseWords: Sendable {
  let what: String
  let todo: String

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
    case .neverSeen:
      what = call.say(PlatformPhrase.causeNever)
      todo = call.say(PlatformPhrase.causeNeverDo)
    case .noAgent:
      what = call.say(PlatformPhrase.causeNoAgent)
      todo = call.say(PlatformPhrase.causeNoAgentDo)
    }
  }

  var view: ViewModel { ["what": .text(what), "todo": .text(todo)] }
}
