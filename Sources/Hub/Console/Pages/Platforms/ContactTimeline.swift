// An agent's contact as a band: where it was there, and where it was not, seen at a glance and read out.

import Core

struct ContactTimeline: Sendable {
  let spans: [ContactSpan]
  /// The time that is shown, milliseconds.
  let from: Int
  let to: Int
  /// When an agent that is out of contact was last heard of; nil for one that is in contact, or never was.
  var silentSince: Int?

  private static let width = 720.0
  private static let height = 26.0
  /// Where an outage begins: lower than contact is, for those who cannot tell the colours apart.
  private static let outageTop = 14.0

  /// Stretches without contact that reach into the time that is shown, oldest first; the last of them may go on.
  var outages: [ContactSpan] {
    let over = zip(spans, spans.dropFirst()).map { ContactSpan(since: $0.until, until: $1.since) }.filter {
      $0.until > from
    }
    return over + [current].compactMap(\.self)
  }

  /// The one that goes on.
  var current: ContactSpan? {
    silentSince.map { ContactSpan(since: max($0, spans.last?.until ?? $0), until: max($0, to)) }
  }

  /// An outage in words: from when to when, or since when until now.
  func said(_ outage: ContactSpan, _ call: PageCall) -> String {
    let length = call.duration(outage.until - outage.since)
    return outage == current
      ? call.say(PlatformPhrase.outageNow, ConsoleTimes.short(outage.since), length)
      : call.say(
        PlatformPhrase.outage, ConsoleTimes.short(outage.since), ConsoleTimes.short(outage.until), length)
  }

  func drawing(_ call: PageCall, label: String) -> SafeHTML {
    let online = spans.filter { $0.until >= from }.map { span in
      rectangle(
        span, "good", top: 0,
        call.say(PlatformPhrase.online, ConsoleTimes.short(span.since), ConsoleTimes.short(span.until)))
    }
    let away = outages.map { rectangle($0, "warning", top: Self.outageTop, said($0, call)) }
    // What lies before the first contact is no outage; what is left of the ground then says so.
    let nothing = call.say(PlatformPhrase.noContactKnown)
    return """
      <svg class="timeline" viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
      aria-label="\(label)"><rect class="sunken" width="\(Self.width)" height="\(Self.height)">\
      <title>\(nothing)</title></rect>\(online)\(away)</svg>
      """
  }

  private func rectangle(_ span: ContactSpan, _ look: String, top: Double, _ title: String) -> SafeHTML {
    func x(_ time: Int) -> Double {
      Double(min(max(time, from), to) - from) / Double(max(1, to - from)) * Self.width
    }
    return """
      <rect class="\(look)" x="\(x(span.since))" y="\(top)" width="\(max(1, x(span.until) - x(span.since)))" \
      height="\(Self.height - top)"><title>\(title)</title></rect>
      """
  }
}
