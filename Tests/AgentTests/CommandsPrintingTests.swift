// What people see of an order, a list and a report: Chinese text aligned, control characters shown, nothing left out.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Shell

private let page = Page(
  width: nil, style: Style(isEnabled: false), zone: TimeZone(secondsFromGMT: 8 * 3600)!, now: 1_796_000_000_000)
private let water = "water.aaaaaaaaaaaaaaaa:2"
private let hub = "hub.bbbbbbbbbbbbbbbb:9"

private let document: JSON = [
  "id": "hub-01920000-0000-7000-8000-000000000000", "number": "20261125-000001", "status": "repaired",
  "title": "中山路爆管\u{1B}[2J", "priority": "urgent", "round": 1, "allowed": ["note"],
  "assignments": [
    [
      "id": "a1", "platform": "water", "role": "lead", "round": 1, "cause": "first", "instruction": "先关阀",
      "progress": "done", "recalled": false, "returned": false, "suspended": false,
      "requests": [
        ["id": "r1", "type": "extension", "reason": "等配件", "at": 1_795_990_000_000, "open": true, "withdrawn": false]
      ],
    ]
  ],
  "registers": [
    "assignment/a1/result": [
      "value": ["outcome": "solved", "work": "第一行\n第二行", "finishedAt": 1_795_999_000_000], "dot": .string(water),
      "at": 1_795_999_000_000,
    ],
    "caller": ["value": ["sealed": "AQ"], "dot": .string(hub), "at": 1_795_990_000_000],
    "location": [
      "value": ["address": "Zhongshan Rd 12"], "dot": .string(hub), "at": 1_795_999_500_000, "rule": "latest",
      "siblings": [
        ["dot": .string(hub), "at": 1_795_999_500_000, "value": ["address": "Zhongshan Rd 12"]],
        ["dot": .string(water), "at": 1_795_999_400_000, "value": ["address": "中山路 21"]],
      ],
    ],
  ],
  "entries": [
    [
      "kind": "note", "dot": .string(water), "at": 1_795_999_000_000, "author": ["name": "李娜", "role": "crew"],
      "value": ["text": "阀门\u{202E}老化", "visibility": "all"],
    ]
  ],
  "conflicts": ["location"],
  "contradictions": [
    [
      "kind": "recalledWhileDone", "left": "assignment/a1/recalled", "right": "assignment/a1/progress", "shown": "done",
      "because": "facts beat intentions", "flagged": true, "assignment": "a1",
    ]
  ],
  "history": [
    [
      "dot": .string(hub), "at": 1_795_990_000_000, "author": ["name": "op", "role": "operator", "for": "water"],
      "edits": ["set kind", "append note"], "verdict": "accepted", "applied": true, "void": false, "request": "q-1",
    ],
    ["dot": .string(water), "applied": true, "void": true, "verdict": "void"],
    [
      "dot": "water.aaaaaaaaaaaaaaaa:3", "at": 1_795_999_000_000, "author": ["name": "李娜", "role": "crew"],
      "edits": ["set title"], "applied": true, "void": false,
    ],
  ],
]

@Suite struct CommandsPrintingTests {
  private let text = OrderPrinting.order(document, on: page).joined(separator: "\n")

  @Test func nothingThatSteersATerminalIsPrinted() {
    #expect(text.hasPrefix("20261125-000001  中山路爆管\\u{1B}[2J\n"))
    #expect(text.contains("阀门\\u{202E}老化"))
    #expect(!text.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || $0.value == 0x202E) })
  }

  @Test func valuesReadAsPeopleWriteThem() {
    #expect(text.contains("outcome: solved, work: 第一行\n"))
    #expect(text.contains("第二行, finishedAt: 2026-11-30 08:36:40"))
    #expect(text.contains("\ncaller                (sealed)\n"))
    #expect(text.contains("request extension r1 of 2026-11-30 06:06:40: 等配件; open"))
  }

  @Test func aConflictShowsAllItsValuesAndTheRuleThatDecides() {
    #expect(text.contains("in conflict; shown by the rule 'latest':"))
    #expect(text.contains("  * address: Zhongshan Rd 12  2026-11-30 08:45:00 by \(hub)"))
    #expect(text.contains("  - address: 中山路 21  2026-11-30 08:43:20 by \(water)"))
  }

  @Test func aContradictionNamesWhatIsShownAndWhy() {
    #expect(
      text.contains(
        "recalledWhileDone: shown is 'done', because facts beat intentions; assignment/a1/recalled against"
          + " assignment/a1/progress  a person must look"))
  }

  @Test func theHistoryHasALineForEachChangeWithWhatBecameOfIt() throws {
    let lines = text.split(separator: "\n").drop { $0 != "HISTORY" }.dropFirst().map(String.init)
    #expect(lines.count == 4)
    #expect(lines[1].contains("op (operator), for water") && lines[1].contains("confirmed"))
    #expect(lines[1].hasSuffix("set kind, append note  [request q-1]"))
    #expect(lines[2].contains("void") && lines[2].hasSuffix("(cannot be read)"))
    #expect(lines[3].contains("李娜 (crew)") && lines[3].contains("not confirmed"))
  }

  @Test func listsAlignChineseAndLatinTitles() throws {
    let list: JSON = [
      "orders": [
        [
          "id": "x", "number": "20261125-000001", "title": "水管\n", "kind": "repair", "priority": "normal",
          "status": "dispatched", "round": 1, "assignment": ["id": "a", "platform": "water", "role": "lead"],
          "due": 1_795_999_000_000, "updated": 1, "conflicts": 1, "contradictions": 0, "unconfirmed": 2,
        ],
        [
          "id": "water-1", "title": "pipe", "kind": "help", "priority": "emergency", "status": "closed", "round": 1,
          "updated": 1, "conflicts": 0, "contradictions": 0, "unconfirmed": 0,
        ],
      ], "next": "water-1",
    ]
    let lines = ListPrinting.orders(list, on: page)
    #expect(lines[1].contains("16 m ago  水管\\n  1 in conflict, 2 unconfirmed"))
    #expect(lines.last == "There are more: --after water-1")
    let header = try #require(lines[0].range(of: "STATUS")).lowerBound
    #expect(lines[2].range(of: "closed")?.lowerBound.utf16Offset(in: lines[2]) == header.utf16Offset(in: lines[0]))
    #expect(ListPrinting.orders(["orders": []], on: page) == ["No orders."])
  }

  @Test func reportsAndAnswersReadAsSentences() {
    let conflicts: JSON = [
      "conflicts": [
        [
          "order": "o", "number": "20261125-000001", "title": "t", "register": "title", "rule": "hubElseLatest",
          "shown": "甲",
          "siblings": [
            ["dot": .string(hub), "at": 1_795_999_000_000, "value": "甲"],
            ["dot": .string(water), "at": 1_795_999_000_000, "value": "乙"],
          ],
        ]
      ], "contradictions": [],
    ]
    let text = ListPrinting.conflicts(conflicts, on: page).joined(separator: "\n")
    #expect(text.contains("  * 甲") && text.contains("  - 乙") && text.contains("'hubElseLatest'"))
    let quarantine: JSON = [
      "quarantine": [["id": 3, "at": 1_795_999_000_000, "dot": .string(water), "reason": "bad", "bytes": 2048]]
    ]
    #expect(ListPrinting.quarantine(quarantine, on: page)[1].contains("2.0 KiB"))
    let requests: JSON = [
      "requests": [
        [
          "order": "o", "number": "n", "title": "题", "platform": "water", "assignment": "a", "id": "r1",
          "type": "return", "reason": "不是我们的", "at": 1_795_999_000_000,
        ]
      ]
    ]
    #expect(ListPrinting.requests(requests, on: page)[1].hasPrefix("r1       return"))
    let recorded: JSON = [
      "order": "o", "dot": .string(water), "status": "accepted", "confirmed": false, "repeated": true,
    ]
    #expect(
      ListPrinting.recorded(recorded, on: page) == [
        "Recorded before, by the same request id: order o is now accepted",
        "change \(water), the hub has not confirmed it yet",
      ])
    let checks: JSON = ["checks": [["name": "clock", "ok": false, "detail": "慢 10 m"]], "ok": false]
    #expect(ListPrinting.checks(checks, on: page)[1] == "BAD  clock  慢 10 m")
  }

  @Test func jsonIsTheSameValueWithoutWhatSteersATerminal() throws {
    var options = OutputOptions()
    options.json = true
    let value: JSON = ["t": "\u{9B}2J\u{202E}\u{E0001}中\n\u{1B}"]
    let text = options.text(value, on: page) { _, _ in [] }
    #expect(text == #"{"t":"\u009b2J\u202e\udb40\udc01中\n\u001b"}"# + "\n")
    #expect(try JSON(parsing: Array(text.utf8)) == value)
  }
}

@Suite struct CommandsTimeTests {
  private let now = 1_796_000_000_000

  @Test func timesAreFromNowLocalOrMilliseconds() throws {
    #expect(try TimeArgument(parsing: "2h").milliseconds(now: now) == now + 7_200_000)
    #expect(try TimeArgument(parsing: "1d12h").milliseconds(now: now) == now + 129_600_000)
    #expect(try TimeArgument(parsing: "1796000000001").milliseconds(now: now) == 1_796_000_000_001)
    #expect(try TimeArgument(parsing: "2026-12-01T10:00Z").milliseconds(now: now) == 1_796_119_200_000)
    #expect(try TimeArgument(parsing: "2026-12-01 10:00:30+08:00").milliseconds(now: now) == 1_796_090_430_000)
    let zone = try #require(TimeZone(secondsFromGMT: -5 * 3600))
    #expect(TimeArgument.date("2026-12-01T10:00", zone: zone) == 1_796_137_200_000)
  }

  @Test(arguments: [
    "2", "soon", "2 h", "", "2026-13-01T10:00", "2026-06-31T10:00", "2026-12-01", "2026-12-01T25:00", "h",
  ])
  func whatIsNoTimeIsRefused(_ text: String) {
    #expect(throws: (any Error).self) { try TimeArgument(parsing: text) }
  }
}
