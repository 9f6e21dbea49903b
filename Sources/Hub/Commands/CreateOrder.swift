// `orders create`: a citizen's matter becomes an order, dispatched at once if a platform is named.

import ArgumentParser
import Core
import Shell

struct CreateOrder: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Take a matter as a new order.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders create --kind repair --title '中山路爆管' --sector water \\
          --priority urgent --address '中山路 12' --caller-name 王 \\
          --caller-phone 13800001234 --dispatch water
        lianxin-hub orders create --kind enquiry --title 'Opening hours' \\
          --register 'category={"code":"17"}'
      """)

  @Option(help: ArgumentHelp("One of \(RegisterTable.kinds.joined(separator: ", ")).", valueName: "kind"))
  var kind: String
  @Option(help: ArgumentHelp("What it is about, in one line.", valueName: "text"))
  var title: String
  @Option(help: ArgumentHelp("From where it came, as in call, web or media.", valueName: "word"))
  var source = "call"
  @OptionGroup var said: DescriptionOfOrder
  @Option(help: ArgumentHelp("Dispatch it to this platform at once.", valueName: "platform"))
  var dispatch: String?
  @OptionGroup var by: OperatorOptions
  @OptionGroup var hub: HubOptions

  var author: String? { by.author }

  func validate() throws {
    try checkWord(kind, among: RegisterTable.kinds, as: "kind")
  }

  func call() throws -> HubCall {
    let registers = said.registers([("kind", .string(kind)), ("title", .string(title)), ("source", .string(source))])
    return .post(
      "/v1/orders", [("registers", .object(registers)), ("dispatch", dispatch.map(JSON.string))] + by.members)
  }

  func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.recorded(answer, on: page) }
}
