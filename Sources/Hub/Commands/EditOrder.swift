// `orders edit`: what an order says is corrected; what is not named stays as it is.

import ArgumentParser
import Core
import Shell

struct EditOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Correct what an order says.",
    discussion: """
      What is not named stays: of place, flat and caller each part by itself. The former value stays in the history.

      EXAMPLES:
        lianxin-hub orders edit 20261125-000017 \\
          --address '120 Nanjing Road, rear gate'
        lianxin-hub orders edit 20261125-000017 --caller-phone 13800001234 \\
          --clear location.note
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Option(help: ArgumentHelp("One of \(RegisterTable.kinds.joined(separator: ", ")).", valueName: "kind"))
  var kind: String?
  @Option(help: ArgumentHelp("What it is about, in one line.", valueName: "text")) var title: String?
  @OptionGroup var said: DescriptionOfOrder
  @Option(help: ArgumentHelp("Take this part out, as in location.note; may be repeated.", valueName: "register.part"))
  var clear: [String] = []
  @OptionGroup var step: StepOptions

  func validate() throws {
    try checkWord(kind, among: RegisterTable.kinds, as: "kind")
    for part in clear where part.split(separator: ".", omittingEmptySubsequences: false).count != 2 {
      throw ValidationError("'\(Sanitize.line(part))' is not REGISTER.PART, as in location.note.")
    }
    guard !amended.isEmpty else { throw ValidationError("Say what is to be corrected, as in --address TEXT.") }
  }

  func command() -> [(String, JSON?)] { [("command", "amend"), ("registers", .object(amended))] }

  /// The registers with what was named of each.
  private var amended: [JSON.Member] {
    var all = said.registers([("kind", kind.map(JSON.string)), ("title", title.map(JSON.string))])
    for part in clear {
      let names = part.split(separator: ".").map(String.init)
      guard names.count == 2 else { continue }
      let index = all.firstIndex { $0.key == names[0] } ?? all.endIndex
      if index == all.endIndex { all.append(JSON.Member(names[0], .object([]))) }
      let parts = (all[index].value.asObject ?? []).filter { $0.key != names[1] }
      all[index] = JSON.Member(names[0], .object(parts + [JSON.Member(names[1], .null)]))
    }
    return all
  }
}
