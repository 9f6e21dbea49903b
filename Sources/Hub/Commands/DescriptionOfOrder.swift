// The options that say what an order is about, for whoever makes one and for whoever corrects one.

import ArgumentParser
import Core
import Shell

/// What an order says beside its kind and title.
struct DescriptionOfOrder: ParsableArguments {
  @Option(help: ArgumentHelp("The whole story.", valueName: "text")) var description: String?
  @Option(help: ArgumentHelp("The trade, as in water.", valueName: "sector")) var sector: String?
  @Option(help: ArgumentHelp("One of \(RegisterTable.priorities.joined(separator: ", ")).", valueName: "priority"))
  var priority: String?
  @OptionGroup(title: "Where") var place: PlaceOfOrder
  @OptionGroup(title: "Who called") var caller: CallerOfOrder
  @Option(
    name: .customLong("register"),
    help: ArgumentHelp("Any descriptive register, its value in JSON; may be repeated.", valueName: "name=json"),
    transform: parseRegister)
  var general: [JSON.Member] = []

  func validate() throws { try checkWord(priority, among: RegisterTable.priorities, as: "priority") }

  /// The registers that were named, behind those of `first`. The general way wins over the particular one, and the last over the first.
  func registers(_ first: [(String, JSON?)]) -> [JSON.Member] {
    let named =
      first + [
        ("description", description.map(JSON.string)), ("sector", sector.map(JSON.string)),
        ("priority", priority.map(JSON.string)), ("location", place.location), ("location/private", place.inside),
        ("caller", caller.caller), ("confidential", caller.confidential ? .some(true) : .none),
      ]
    var all = named.compactMap { name, value in value.map { JSON.Member(name, $0) } }
    for member in general {
      all.removeAll { $0.key == member.key }
      all.append(member)
    }
    return all
  }
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
