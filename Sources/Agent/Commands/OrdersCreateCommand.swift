// `orders create`: the platform's own order, complete at once, offline or not.

import ArgumentParser
import Core
import Shell

/// A number with the token that was typed, so that nothing is lost to a binary fraction.
struct NumberArgument: Sendable, Equatable {
  let json: JSON

  init(parsing text: String) throws {
    let refusal = ValidationError("'\(Sanitize.line(text))' is not a number, as in 39.1234 or -77.")
    do {
      json = try JSON(parsing: Array(text.utf8))
    } catch {
      throw refusal
    }
    switch json {
    case .int, .number: break
    default: throw refusal
    }
  }
}

struct OrdersCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make an order that a citizen or the platform itself reported here.",
    discussion: """
      The order is this platform's at once. The hotline gives it a number when \
      it arrives at the hub.

      EXAMPLES:
        lianxin-agent orders create --kind repair --sector water \\
          --title "中山路爆管" --priority urgent
        lianxin-agent orders create --kind help --title "no heat" \\
          --caller-name Zhang --phone 13800000000 --address "12 Zhongshan Rd" \\
          --lat 39.1234 --lon 117.2 --crs gcj02 --ref erp=WO-77
      """)

  @Option(
    help: "One of \(Vocabulary.kinds.joined(separator: ", ")).", completion: .list(Vocabulary.kinds),
    transform: Vocabulary.oneOf(Vocabulary.kinds))
  var kind: String
  @Option(help: "What it is about, in one line.") var title: String
  @Option(help: "The whole story.") var description: String?
  @Option(help: "The trade, as in water, gas or heat.") var sector: String?
  @Option(
    help: "One of \(Vocabulary.priorities.joined(separator: ", ")).", completion: .list(Vocabulary.priorities),
    transform: Vocabulary.oneOf(Vocabulary.priorities))
  var priority: String?
  @Option(help: "How it came in, as in call or web.") var source = "platform"
  @Option(
    help: ArgumentHelp(
      "When it came in: 2026-12-01T10:00, or milliseconds since 1970 (default: now).", valueName: "time"),
    transform: TimeArgument.init(parsing:))
  var receivedAt: TimeArgument?
  @Option(
    help: ArgumentHelp("Its number in one of the platform's own systems; may be repeated.", valueName: "system=number"))
  var ref: [String] = []
  @OptionGroup(title: "Caller (sealed: only the hotline and the leading platform can read it)") var caller:
    CallerOptions
  @OptionGroup(title: "Place") var place: PlaceOptions
  @OptionGroup var action: ActionOptions

  func validate() throws {
    guard !title.isEmpty else { throw ValidationError("The title is empty.") }
    _ = try references()
  }

  func body(now: Int) throws -> JSON {
    let registers: [(String, JSON?)] =
      [
        ("kind", .string(kind)), ("title", .string(title)), ("description", description.map(JSON.string)),
        ("sector", sector.map(JSON.string)), ("priority", priority.map(JSON.string)), ("source", .string(source)),
        ("receivedAt", .int(receivedAt?.milliseconds(now: now) ?? now)), ("caller", caller.json),
        ("location", place.json), ("location/private", place.privateJSON),
      ] + (try references())
    return .compact([("registers", .compact(registers))] + action.members)
  }

  private func references() throws -> [(String, JSON?)] {
    try ref.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, RegisterName("ref/" + parts[0]) != nil else {
        throw ValidationError(
          "'\(Sanitize.line(text))' is not SYSTEM=NUMBER, as in erp=WO-77; a system is 1 to 32 of a-z, 0-9 and -.")
      }
      return ("ref/" + parts[0], ["number": .string(parts[1])])
    }
  }

  mutating func run() throws {
    let body = try body(now: Page.wallClock())
    let answer = try action.daemon.client().post(DaemonClient.path("v1", "orders"), body)
    action.daemon.output.show(answer, as: ListPrinting.recorded)
  }
}

struct CallerOptions: ParsableArguments {
  @Option(help: "The caller's name.") var callerName: String?
  @Option(help: "The caller's telephone number.") var phone: String?
  @Option(help: "The caller's language, as in zh or en.") var language: String?
  @Flag(help: "The caller does not want to be named.") var anonymous = false

  /// nil where nothing is known.
  var json: JSON? {
    guard callerName != nil || phone != nil || language != nil || anonymous else { return nil }
    return .compact([
      ("name", callerName.map(JSON.string)), ("phone", phone.map(JSON.string)), ("language", language.map(JSON.string)),
      ("anonymous", anonymous ? true : nil),
    ])
  }
}

struct PlaceOptions: ParsableArguments {
  @Option(help: "The region.") var region: String?
  @Option(help: "The district.") var district: String?
  @Option(help: "The street.") var street: String?
  @Option(help: "The neighbourhood.") var community: String?
  @Option(help: "The address.") var address: String?
  @Option(help: "The pipe, valve, lamp or other thing that it is about.") var asset: String?
  @Option(help: "Latitude; goes with --lon and --crs.", transform: NumberArgument.init(parsing:)) var lat:
    NumberArgument?
  @Option(help: "Longitude.", transform: NumberArgument.init(parsing:)) var lon: NumberArgument?
  @Option(help: "The coordinates' system, as in wgs84 or gcj02; it is never guessed.") var crs: String?
  @Option(name: .customLong("place-note"), help: "How to find it.") var note: String?
  @Option(help: "The flat (sealed).") var flat: String?
  @Option(help: "The entry code (sealed).") var entryCode: String?

  func validate() throws {
    let given = [lat != nil, lon != nil, crs != nil]
    guard given.allSatisfy({ $0 }) || given.allSatisfy({ !$0 }) else {
      throw ValidationError("--lat, --lon and --crs go together: coordinates without their system are no place.")
    }
  }

  /// nil where nothing is known.
  var json: JSON? {
    let json = JSON.compact([
      ("region", region.map(JSON.string)), ("district", district.map(JSON.string)), ("street", street.map(JSON.string)),
      ("community", community.map(JSON.string)), ("address", address.map(JSON.string)),
      ("asset", asset.map(JSON.string)),
      ("lat", lat?.json), ("lon", lon?.json), ("crs", crs.map(JSON.string)), ("note", note.map(JSON.string)),
    ])
    return json.asObject?.isEmpty == false ? json : nil
  }

  var privateJSON: JSON? {
    guard flat != nil || entryCode != nil else { return nil }
    return .compact([("flat", flat.map(JSON.string)), ("entry", entryCode.map(JSON.string))])
  }
}
