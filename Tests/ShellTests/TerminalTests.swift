// What people see: widths, tables, escapes, progress and times.

import Foundation
import Synchronization
import Testing

@testable import Shell

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("中山路", 6), ("爆管 pipe", 9), ("e\u{301}", 1), ("ｱ", 1), ("Ａ", 2), ("한글", 4),
    ("\u{1112}\u{1161}\u{11AB}", 2), ("👍", 2), ("👨‍👩‍👧", 2), ("🇨🇳", 2), ("❤️", 2), ("é", 1), ("a\u{200D}b", 2), ("。", 2),
  ])
  func widthIsThatOfATerminal(_ text: String, _ width: Int) {
    #expect(text.displayWidth == width)
  }

  @Test func truncationNeverGoesOverTheWidthAndNeverSplitsAWideCharacter() {
    #expect("中山路爆管".truncated(to: 6) == "中山…")
    #expect("中山路爆管".truncated(to: 5) == "中山…")
    #expect("中山路爆管".truncated(to: 10) == "中山路爆管")
    #expect("abc".truncated(to: 0) == "")
    for width in 0...12 { #expect("a中b山c路".truncated(to: width).displayWidth <= width) }
  }
}

@Suite struct SanitizeTests {
  @Test(arguments: [
    ("\u{1B}[2J", "\\u{1B}[2J"), ("a\u{7F}", "a\\u{7F}"), ("\u{9B}1m", "\\u{9B}1m"), ("a\u{202E}b", "a\\u{202E}b"),
    ("\u{2066}", "\\u{2066}"), ("a\nb\tc\r\n", "a\\nb\\tc\\r\\n"), ("\u{2028}", "\\u{2028}"), ("\u{0}", "\\u{0}"),
    ("\u{FEFF}x", "\\u{FEFF}x"), ("抢修 ok 👨‍👩‍👧", "抢修 ok 👨‍👩‍👧"),
  ])
  func whatSteersATerminalIsShownInstead(_ text: String, _ shown: String) {
    #expect(Sanitize.line(text) == shown)
  }

  @Test func aParagraphKeepsItsLineFeedsOnly() {
    #expect(Sanitize.block("a\nb\r\n\u{1B}c") == "a\nb\\r\n\\u{1B}c")
  }
}

@Suite struct TableTests {
  private var table: TextTable {
    var table = TextTable([.init("ORDER"), .init("TITLE", canShrink: true), .init("AGE", .right)])
    table.append(["water-1", "中山路水管爆裂", "3 m"])
    table.append(["gas-22", "smell of gas", .init("12 m", .red)])
    table.append(["x"])
    return table
  }

  @Test func chineseAndLatinTextAlign() {
    #expect(
      table.lines(width: nil, style: Style(isEnabled: false)) == [
        "ORDER    TITLE            AGE",
        "water-1  中山路水管爆裂   3 m",
        "gas-22   smell of gas    12 m",
        "x",
      ])
  }

  @Test func onlyWhatMayShrinkIsCutToTheTerminal() {
    let lines = table.lines(width: 24, style: Style(isEnabled: false))
    #expect(lines[1] == "water-1  中山路水…   3 m")
    #expect(lines.allSatisfy { $0.displayWidth <= 24 })
    #expect(table.lines(width: 5, style: Style(isEnabled: false))[1].hasPrefix("water-1  "))
  }

  @Test func colourDoesNotMoveAColumn() {
    let plain = table.lines(width: nil, style: Style(isEnabled: false))
    let coloured = table.lines(width: nil, style: Style(isEnabled: true))
    #expect(coloured[2].contains("\u{1B}[31m12 m\u{1B}[0m"))
    #expect(coloured.map { $0.replacing(#/\u{1B}\[\d+m/#, with: "") } == plain)
  }

  @Test func aCellCannotSteerTheTerminal() {
    var table = TextTable([.init("A"), .init("B")])
    table.append([.init("\u{1B}[31m\nx"), "y"])
    #expect(table.lines(width: nil, style: Style(isEnabled: false))[1] == "\\u{1B}[31m\\nx  y")
  }
}

@Suite struct StyleTests {
  @Test func thereIsNoColourWithoutATerminal() throws {
    let file = open("/dev/null", O_WRONLY)
    defer { close(file) }
    #expect(!Style(for: file, environment: [:]).isEnabled)
  }

  @Test func noColorAndDumbTerminalsAreObeyed() throws {
    var (leader, follower): (Int32, Int32) = (0, 0)
    try #require(openpty(&leader, &follower, nil, nil, nil) == 0)
    defer {
      close(leader)
      close(follower)
    }
    #expect(Style(for: follower, environment: ["TERM": "xterm"]).isEnabled)
    #expect(!Style(for: follower, environment: ["NO_COLOR": "1"]).isEnabled)
    #expect(Style(for: follower, environment: ["NO_COLOR": ""]).isEnabled)
    #expect(!Style(for: follower, environment: ["TERM": "dumb"]).isEnabled)
  }
}

@Suite struct ProgressBarTests {
  /// A clock that stands still until told, and what was written.
  private final class Stage: Sendable {
    let time = Mutex<Duration>(.zero)
    let written = Mutex<[String]>([])
  }

  private func bar(_ stage: Stage, before: Int = 0, width: Int?) -> ProgressBar {
    ProgressBar(
      "import", total: 2000, before: before, width: width, now: { stage.time.withLock { $0 } },
      output: { text in stage.written.withLock { $0.append(text) } })
  }

  @Test func withoutATerminalThereIsALineEveryFiveSecondsAndALast() {
    let stage = Stage()
    let bar = bar(stage, width: nil)
    for second in 1...11 {
      stage.time.withLock { $0 = .seconds(second) }
      bar.update(second * 100)
    }
    bar.finish(note: "done")
    bar.update(5)
    #expect(
      stage.written.withLock { $0 } == [
        "import: 100/2000  100/s  19 s left\n", "import: 600/2000  100/s  14 s left\n",
        "import: 1100/2000  100/s  9 s left\n", "import: 1100/2000  100/s  in 11 s  done\n",
      ])
  }

  @Test func whatWasDoneAtAnEarlierTimeMakesNothingFaster() {
    let stage = Stage()
    let bar = bar(stage, before: 1000, width: nil)
    stage.time.withLock { $0 = .seconds(10) }
    bar.update(1500)
    #expect(stage.written.withLock { $0 } == ["import: 1500/2000  50/s  10 s left\n"])
  }

  @Test func onATerminalTheLineIsRedrawnAndNeverWraps() {
    let stage = Stage()
    let bar = bar(stage, width: 60)
    stage.time.withLock { $0 = .seconds(10) }
    bar.update(1000)
    bar.advance()
    bar.finish()
    let written = stage.written.withLock { $0 }
    #expect(written.count == 2)
    #expect(written[0].hasPrefix("\r\u{1B}[Kimport ████"))
    #expect(written[0].hasSuffix("1000/2000  100/s  10 s left"))
    #expect(written[0].dropFirst(4).description.displayWidth < 60)
    #expect(written[1].contains("1001/2000") && written[1].hasSuffix("\n"))
  }
}

@Suite struct TimeTextTests {
  @Test func agesAreInTheLargestUnitThatFits() {
    let now: Int64 = 1_800_000_000_000
    #expect(TimeText.ago(now - 999, now: now) == "now")
    #expect(TimeText.ago(now - 3_400, now: now) == "3 s ago")
    #expect(TimeText.ago(now - 7_200_000, now: now) == "2 h ago")
    #expect(TimeText.ago(now - 172_800_000, now: now) == "2 d ago")
    #expect(TimeText.ago(now + 300_000, now: now) == "in 5 m")
    #expect(TimeText.ago(.min, now: now) == "at an impossible time")
  }

  @Test func localTimeIsThatOfTheZone() throws {
    let shanghai = try #require(TimeZone(identifier: "Asia/Shanghai"))
    #expect(TimeText.local(1_296_576_000_000, in: shanghai) == "2011-02-02 00:00:00")
    #expect(TimeText.local(.max, in: .gmt) == "9999-12-31 23:59:59")
    #expect(TimeText.local(.min, in: .gmt) == "0001-01-01 00:00:00")
    #expect(TimeText.local(-1, in: .gmt) == "1969-12-31 23:59:59")
    #expect(TimeText.local(951_782_400_000, in: .gmt) == "2000-02-29 00:00:00")
    #expect(TimeText.local(951_868_799_999, in: .gmt) == "2000-02-29 23:59:59")
    #expect(TimeText.local(4_107_542_400_000, in: .gmt) == "2100-03-01 00:00:00")
    #expect(TimeText.local(1_798_761_599_000, in: shanghai) == "2027-01-01 07:59:59")
  }

  @Test func sizesAreInPowersOf1024() {
    #expect(TimeText.bytes(1023) == "1023 B")
    #expect(TimeText.bytes(1536) == "1.5 KiB")
    #expect(TimeText.bytes(25 << 20) == "25 MiB")
  }
}
