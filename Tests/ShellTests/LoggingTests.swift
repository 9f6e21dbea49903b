// Log lines: one event a line, whatever the values hold.

import Foundation
import Logging
import Synchronization
import Testing

@testable import Shell

@Suite struct LoggingTests {
  private func lines(_ level: Logger.Level = .info, _ log: (inout Logger) -> Void) -> [String] {
    let written = Box()
    var logger = Logger(label: "test") { _ in
      LogfmtHandler(
        level: level, now: { Date(timeIntervalSince1970: 1_800_000_000.25) },
        output: { line in written.lines.withLock { $0.append(line) } })
    }
    log(&logger)
    return written.lines.withLock { $0 }
  }

  private final class Box: Sendable { let lines = Mutex<[String]>([]) }

  @Test func anEventIsOneLineWithSortedKeys() {
    let lines = lines { logger in
      logger[metadataKey: "lane"] = "push"
      logger.info("sync.pushed", metadata: ["count": "3", "a": "b c"])
    }
    #expect(
      lines == ["time=2027-01-15T08:00:00.250Z level=info event=sync.pushed a=\"b c\" count=3 lane=push\n"])
  }

  @Test func aValueCannotForgeASecondLineOrAPair() {
    let lines = lines { logger in
      logger.error("x", metadata: ["reason": "a\nlevel=info event=y \"q\"", "k=\n": "\u{1B}[2J", "empty": ""])
    }
    #expect(lines.count == 1)
    #expect(
      lines[0].hasSuffix(
        "event=x empty=\"\" k__=\\u{1B}[2J reason=\"a\\nlevel=info event=y \\\"q\\\"\"\n"))
  }

  @Test func belowTheLevelNothingIsWritten() {
    #expect(lines(.warning) { $0.info("x") }.isEmpty)
  }
}

@Suite struct CommandStatusTests {
  @Test func everyStatusIsInTheHelp() {
    for status in CommandStatus.allCases {
      #expect(CommandStatus.help.contains("\(status.rawValue)  \(status.meaning)"))
    }
  }
}
