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
  @Option(help: ArgumentHelp("The whole story.", valueName: "text"))
  var description: String?
  @Option(help: ArgumentHelp("The trade, as in water.", valueName: "sector"))
  var sector: String?
  @Option(help: ArgumentHelp("One of \(RegisterTable.priorities.joined(separator: ", ")).", valueName: "priority"))
  var priority: String?
  @Option(help: ArgumentHelp("From where it came, as in call, web or media.", valueName: "word"))
  var source = "call"
  @OptionGroup(title: "Where") var place: PlaceOfOrder
  @OptionGroup(title: "Who called") var caller: CallerOfOrder
  @Option(
    name: .customLong("register"),
    help: ArgumentHelp("Any descriptive register, its value in JSON; may be repeated.", valueName: "name=json"),
    transform: parseRegister)
  var registers: [JSON.Member] = []
  @Option(help: ArgumentHelp("Dispatch it to this platform at once.", valueName: "platform"))
  var dispatch: String?
  @OptionGroup var by: OperatorOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    try checkWord(kind, among: RegisterTable.kinds, as: "kind")
    try checkWord(priority, among: RegisterTable.priorities, as: "priority")
  }

  func call() throws -> HubCall {
    var all: [(String, JSON?)] = [
      ("kind", .string(kind)), ("title", .string(title)), ("description", description.map(JSON.string)),
      ("sector", sector.map(JSON.string)), ("priority", priority.map(JSON.string)), ("source", .string(source)),
      ("location", place.location), ("location/private", place.inside), ("caller", caller.caller),
      ("confidential", caller.confidential ? .some(true) : .none),
    ]
    for member in registers {
      // The general way wins over the particular one, and the last over the first.
      all.removeAll { $0.0 == member.key }
      all.append((member.key, member.value))
    }
    return .post(
      "/v1/orders",
      [("registers", .compact(all)), ("dispatch", dispatch.map(JSON.string))] + by.members)
  }

  func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.recorded(answer, on: page) }
}

/// Options that become `location` and `location/private`.
struct PlaceOfOrder: ParsableArguments {
  @Option(help: ArgumentHelp("The address.", valueName: "text")) var address: String?
  @Option(help: ArgumentHelp("The district.", valueName: "text")) var district: String?
  @Option(help: ArgumentHelp("Latitude.", valueName: "degrees"), transform: parseDegrees) var lat: JSON?
  @Option(help: ArgumentHelp("Longitude.", valueName: "degrees"), transform: parseDegrees) var lon: JSON?
  @Option(help: ArgumentHelp("Of which system: wgs84, gcj02, bd09.", valueName: "crs")) var crs: String?
  @Option(help: ArgumentHelp("How to find it.", valueName: "text")) var placeNote: String?
  @Option(help: ArgumentHelp("The flat; only the lead platform sees it.", valueName: "text")) var flat: String?
  @Option(help: ArgumentHelp("The entry code; only the lead platform sees it.", valueName: "text")) var entry: String?

  func validate() throws {
    guard (lat == nil) == (lon == nil), (lat == nil) == (crs == nil) else {
      throw ValidationError("--lat, --lon and --crs belong together: coordinates without their system mislead a crew.")
    }
  }

  var location: JSON? {
    let value = JSON.compact([
      ("district", district.map(JSON.string)), ("address", address.map(JSON.string)), ("lat", lat), ("lon", lon),
      ("crs", crs.map(JSON.string)), ("note", placeNote.map(JSON.string)),
    ])
    return value == .object([]) ? nil : value
  }

  var inside: JSON? {
    let value = JSON.compact([("flat", flat.map(JSON.string)), ("entry", entry.map(JSON.string))])
    return value == .object([]) ? nil : value
  }
}

/// Options that become `caller` and `confidential`.
struct CallerOfOrder: ParsableArguments {
  @Option(help: ArgumentHelp("The caller's name.", valueName: "name")) var callerName: String?
  @Option(help: ArgumentHelp("The caller's telephone number.", valueName: "number")) var callerPhone: String?
  @Option(help: ArgumentHelp("The caller's language, as in zh.", valueName: "language")) var callerLanguage: String?
  @Flag(help: "The caller gave no name.") var anonymous = false
  @Flag(help: "Who called stays at the hotline.") var confidential = false

  var caller: JSON? {
    let value = JSON.compact([
      ("name", callerName.map(JSON.string)), ("phone", callerPhone.map(JSON.string)),
      ("language", callerLanguage.map(JSON.string)), ("anonymous", anonymous ? .some(true) : .none),
    ])
    return value == .object([]) ? nil : value
  }
}

/// A number exactly as it was typed.
private func parseDegrees(_ text: String) throws -> JSON {
  let value = try parseJSON(text)
  guard value.asInt != nil || Double(text).map({ $0.isFinite && abs($0) <= 180 }) == true else {
    throw ValidationError("'\(Sanitize.line(text))' is no number of degrees.")
  }
  return value
}
