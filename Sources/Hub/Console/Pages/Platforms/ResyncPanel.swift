// Comparisons with the button that asks for one: on a platform's and on an agent's page.

import Core
import Shell

enum ResyncPanel {
  /// The newest that are shown.
  private static let maxRows = 12

  /// - Parameters:
  ///   - rows: as the hotline lists them, oldest first.
  ///   - namesAgents: whether each row says whose it is.
  static func view(
    _ call: PageCall, action: String, rows: [JSON], namesAgents: Bool, isPossible: Bool
  ) -> ViewModel {
    .view(
      template,
      [
        "action": .text(action), "mayCompare": .flag(call.may(.compare) && isPossible),
        "mayNot": .optional(
          isPossible && !call.may(.compare)
            ? call.say(StepPhrase.mayNot, call.word(.accountRole, RoleTable.least(.compare).rawValue)) : nil),
        "namesAgents": .flag(namesAgents),
        "rows": .list(rows.suffix(maxRows).reversed().map { row($0, call) }),
      ])
  }

  private static func row(_ row: JSON, _ call: PageCall) -> ViewModel {
    let report = row["report"]
    let progress = row["progress"]
    let differing = report?["differing"]?.asInt ?? 0
    let left = (report?["unresolved"]?.asInt ?? 0) + (report?["refused"]?.asInt ?? 0)
    let badge: ViewModel =
      switch row.text("state") {
      case "rebuilding": call.badge(.info, PlatformPhrase.resyncRebuilding, progress?.text("orders") ?? "0")
      case "pending": call.badge(.info, PlatformPhrase.resyncPending)
      case "running" where !row.isTrue("online"): call.badge(.warning, PlatformPhrase.resyncStopped)
      case "running":
        call.badge(
          .info, PlatformPhrase.resyncRunning, call.duration(call.now - (row["started"]?.asInt ?? call.now)))
      default:
        call.badge(
          left > 0 ? .bad : differing > 0 ? .warning : .good,
          differing + left > 0 ? PlatformPhrase.resyncDone : .resyncDoneSame)
      }
    let counts: [(PlatformPhrase, String)] = [
      (.checked, "checked"), (.differing, "differing"), (.sent, "sent"), (.received, "received"),
      (.repaired, "repaired"), (.unresolved, "unresolved"),
      (.refused, "refused"),
    ]
    let soFar: [(PlatformPhrase, String)] = [
      (.bucketsCompared, "buckets"), (.checked, "orders"), (.sent, "sent"), (.received, "received"),
    ]
    return [
      "agent": .text(row.text("agent")), "requested": call.ago(row["requested"]?.asInt), "badge": badge,
      "reason": .text(call.word(.resyncReason, row.text("reason"))), "isFull": .flag(row.isTrue("full")),
      "isDryRun": .flag(row.isTrue("dryRun")),
      "counts": .list(
        counts.compactMap { phrase, key in
          guard let count = report?[key]?.asInt, count > 0 || key == "checked" else { return nil }
          return ["word": .text(call.say(phrase)), "count": .int(count)]
        }
          + soFar.compactMap { phrase, key in
            (row["state"] == "running" ? progress?[key]?.asInt : nil).map {
              ["word": .text(call.say(phrase)), "count": .int($0)]
            }
          }),
      "refusals": .list(
        (report?.list("refusals") ?? []).map { refusal in
          [
            "dot": .text(refusal.text("dot")),
            "reason": .text(RefusalWords.said(refusal.text("reason"), in: call.language)),
          ]
        }),
      "isRefused": .flag((report?["refused"]?.asInt ?? 0) > 0),
      "took": .optional((report?["milliseconds"]?.asInt).map(call.duration)),
    ]
  }

  private static let template = Template(
    "resync",
    #"""
    <h2 id="resync">{{t.platforms.comparisons}}</h2>
    {{#mayCompare}}<p>{{t.platforms.resyncWhat}}</p>
    <form method="post" action="{{action}}" class="bar">{{csrf}}
    <label class="inline" for="resync-full">
    <input type="checkbox" id="resync-full" name="full" value="1"> {{t.platforms.resyncFull}}</label>
    <label class="inline" for="resync-dry">
    <input type="checkbox" id="resync-dry" name="dryRun" value="1"> {{t.platforms.resyncDry}}</label>
    <button>{{t.platforms.resync}}</button></form>{{/mayCompare}}
    {{#mayNot}}<p>{{t.platforms.resync}}: {{mayNot}}</p>{{/mayNot}}
    {{^rows}}<p class="empty">{{t.platforms.resyncNone}}</p>{{/rows}}
    {{#rows}}<div class="card"><p>{{#namesAgents}}<strong><bdi>{{agent}}</bdi></strong> {{/namesAgents}}{{badge}}
    {{#isFull}}<span class="badge">{{t.platforms.fullWord}}</span>{{/isFull}}{{#isDryRun}} <span class="badge">{{t.platforms.dryWord}}</span>{{/isDryRun}}</p>
    <p>
    <small>{{requested}} · {{reason}}{{#took}} · {{t.platforms.took}} {{took}}{{/took}}{{#counts}} · {{word}} {{count}}{{/counts}}</small></p>
    {{#refusals}}<p class="notice bad"><span class="mono">{{dot}}</span> {{reason}}</p>{{/refusals}}{{#isRefused}}
    <p>{{t.platforms.resyncRefused}} {{t.platforms.causeUnresolvedDo}} {{t.platforms.nothingLost}}</p>{{/isRefused}}</div>{{/rows}}
    """#)
}
