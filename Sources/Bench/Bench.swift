// The command tree of lianxin-bench: the demonstration, and measurements over the real binaries.

import ArgumentParser
import Shell

@main struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lianxin-bench",
    abstract: "Runs hub and agents as real processes: to show the handling loop, and to measure it.",
    discussion: """
      EXAMPLES:
        lianxin-bench demo
        lianxin-bench demo --orders 300 --keep

      \(CommandStatus.help)
      """,
    subcommands: [DemoCommand.self, IngestCommand.self, DrainCommand.self, LatencyCommand.self, AllBenchmarks.self])

  static func main() async {
    await runToExit()
  }
}
