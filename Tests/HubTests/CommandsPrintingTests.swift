// What the operators' commands print for people: the status and the sheet to read out.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct CommandsPrintingTests {
  @Test func theStatusHasALineForEachAgentAndForEachPlatformWithoutOne() {
    let answer: JSON = [
      "version": "0.1.0", "time": 0, "orders": ["total": 7, "open": 3], "changes": 21, "requests": 1,
      "platforms": [
        [
          "name": "water", "orders": 5,
          "agents": [
            [
              "name": "depot", "online": true, "standing": "catchingUp", "lastContact": 0, "outbox": 4,
              "oldest": -60_000, "lag": 2,
              "skew": 240_000, "certificateNotAfter": 172_800_000, "version": "0.1.0", "waiting": 1, "revoked": false,
            ],
            [
              "name": "old", "online": false, "lag": 9, "revoked": true,
              "refusal": ["at": 0, "since": 0, "call": "push", "code": "certificate-revoked"],
            ],
          ],
        ],
        ["name": "gas", "orders": 0, "agents": []],
      ],
    ]
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    let lines = StatusPrinting.lines(answer, on: page)
    #expect(lines[1].hasPrefix("7 orders (3 open) · 21 changes · 1 requests wait"))
    func words(_ line: String) -> String { line.split(separator: " ").joined(separator: " ") }
    #expect(
      lines[4...].map(words) == [
        "water 5 depot catching up now 4 1 m ago 2 4 m in 2 d 0.1.0 1 waiting",
        "water 5 old revoked 9 push refused: certificate-revoked",
        "gas 0 (none enrolled)",
      ])
    let coloured = Page(width: nil, style: Style(isEnabled: true), zone: .gmt, now: 0)
    #expect(StatusPrinting.lines(answer, on: coloured).joined().contains("\u{1B}[32mcatching up"))
  }

  @Test func theStatusSaysHowAnAgentStandsAndWhyWhereNoOtherColumnDoes() {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    func row(_ standing: SyncStanding, online: Bool = true, _ causes: AttentionCause...) -> String {
      let agent: JSON = [
        "name": "depot", "online": .bool(online), "revoked": false, "standing": .string(standing.rawValue),
        "causes": .array(causes.map { $0.document() }),
      ]
      let answer: JSON = ["platforms": [["name": "water", "orders": 5, "agents": [agent]]]]
      let words = StatusPrinting.lines(answer, on: page).first { $0.hasPrefix("water") }?.split(separator: " ") ?? []
      return words.dropFirst(3).joined(separator: " ")
    }
    #expect(row(.inStep) == "in step")
    #expect(row(.catchingUp) == "catching up")
    #expect(row(.offline, online: false) == "offline")
    #expect(row(.attention, .stuck(count: 3, oldest: 0)) == "attention what it sends does not arrive")
    #expect(row(.attention, .unresolved(4)) == "attention 4 unresolved in its last comparison")
    #expect(row(.attention, online: false, .neverSeen) == "attention, offline never seen")
    #expect(row(.attention, .quarantined(2)) == "attention", "the number stands there already")
  }

  @Test func voidsAreListedWithWhoSaidSoAndWhatCountsAgainSaysThat() {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    #expect(VoidPrinting.lines(["voids": []], on: page) == ["No change is void."])
    let lines = VoidPrinting.lines(
      [
        "voids": [
          [
            "dot": "water.a:2", "platform": "water", "order": "hub-1", "number": "20261125-000017", "title": "t",
            "at": 0, "reason": "wrong\u{1B}[2J order", "void": true, "by": ["name": "li", "role": "supervisor"],
            "wrote": [["register": "title"], ["entry": "note"]],
          ],
          [
            "dot": "water.a:1", "platform": "water", "order": "hub-2", "number": "hub-2", "title": "", "at": 0,
            "reason": "", "void": false, "wrote": [],
          ],
        ]
      ], on: page)
    func words(_ line: String) -> String { line.split(separator: " ").joined(separator: " ") }
    #expect(lines.count == 3)
    #expect(words(lines[1]).hasPrefix("water.a:2 20261125-000017 1970-01-01 00:00"))
    #expect(lines[1].contains("void") && lines[1].contains("li") && lines[1].contains("title, note"))
    #expect(!lines[1].contains("\u{1B}"))
    #expect(lines[2].contains("counts again"))
  }

  @Test func aSheetToReadOutTellsWhatACrewMustKnowAndNotWhoCalledIfThatIsConfidential() {
    func sheet(confidential: Bool) -> String {
      let document: JSON = [
        "id": "hub-1", "number": "20261125-000001", "status": "dispatched", "title": "爆管\u{1B}[2J",
        "priority": "urgent",
        "assignments": [
          ["id": "a1", "platform": "water", "role": "lead", "round": 1, "instruction": "close the valve"],
          ["id": "a0", "platform": "gas", "role": "lead", "round": 1, "recalled": true],
        ],
        "registers": [
          "caller": ["value": ["name": "王", "phone": "13800001234"]], "confidential": ["value": .bool(confidential)],
          "location": [
            "value": ["address": "中山路 12", "lat": .number("39.10"), "lon": .number("117.20"), "crs": "gcj02"]
          ],
        ],
        "entries": [
          [
            "kind": "note", "at": 0, "author": ["name": "li"],
            "value": ["text": "water in the cellar", "visibility": "all"],
          ],
          ["kind": "note", "at": 0, "author": ["name": "li"], "value": ["text": "for us", "visibility": "own"]],
        ],
      ]
      let page = Page(width: nil, style: Style(isEnabled: true), zone: .gmt, now: 0)
      return OrderSheet.lines(document, on: page).joined(separator: "\n")
    }
    let open = sheet(confidential: false)
    for part in [
      "WORK ORDER 20261125-000001", "中山路 12", "39.10, 117.20 (gcj02)", "王, 13800001234", "water (lead, round 1)",
      "close the valve", "water in the cellar",
    ] { #expect(open.contains(part), "\(part)") }
    #expect(!open.contains("gas"))
    #expect(!open.contains("for us"))
    #expect(!open.contains("\u{1B}"))
    #expect(!sheet(confidential: true).contains("13800001234"))
  }
}
