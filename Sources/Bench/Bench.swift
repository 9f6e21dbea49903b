// The command tree of lianxin-bench: the demonstration, the kill loop, and measurements over the real binaries.

import ArgumentParser
import Shell

@main struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lianxin-bench",
    abstract: "Runs hub and agents as real processes: to show the handling loop, to kill them, and to measure them.",
    discussion: """
      EXAMPLES:
        lianxin-bench demo
        lianxin-bench demo --orders 300 --keep
        lianxin-bench kills --count 200
        lianxin-bench resync --orders 2000
        lianxin-bench console --orders 50000

      \(CommandStatus.help)
      """,
    subcommands: [
      DemoCommand.self, KillsCommand.self, IngestCommand.self, DrainCommand.self, LatencyCommand.self,
      ResyncCommand.self, ConsoleCommand.self, AllBenchmarks.self,
    ])

  static func main() async {
    await runToExit()
  }
}
