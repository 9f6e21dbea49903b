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

  func drawing(_ call: PageCall, label: String) -> SafeHTML {
    func x(_ time: Int) -> Double {
      Double(min(max(time, from), to) - from) / Double(max(1, to - from)) * Self.width
    }
    let parts = spans.filter { $0.until >= from }.map { span -> SafeHTML in
      let title = call.say(
        PlatformPhrase.online, ConsoleTimes.short(span.since), ConsoleTimes.short(span.until))
      return """
        <rect class="good" x="\(x(span.since))" y="0" width="\(max(1, x(span.until) - x(span.since)))" \
        height="\(Self.height)"><title>\(title)</title></rect>
        """
    }
    return """
      <svg class="timeline" viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
      aria-label="\(label)"><rect class="sunken" width="\(Self.width)" height="\(Self.height)"/>\(parts)</svg>
      """
  }
}
