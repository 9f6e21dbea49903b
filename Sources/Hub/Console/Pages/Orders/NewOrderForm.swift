// The form for a new order as it was filled in: read once, said again where it must be corrected, and turned into registers.

import Core

struct NewOrderForm: Sendable {
  /// Fields of the form, with the register and the field of it that they fill.
  static let fields = [
    "title", "description", "kind", "sector", "priority", "source", "name", "phone", "anonymous", "confidential",
    "district", "street", "address", "lat", "lon", "crs", "placeNote", "flat", "entry", "dispatch", "instruction",
  ]

  private let values: [String: String]

  init(_ field: (String) -> String?) {
    values = Dictionary(
      NewOrderForm.fields.compactMap { name in field(name).map { (name, $0) } }, uniquingKeysWith: { first, _ in first }
    )
  }

  subscript(name: String) -> String? { values[name] }

  /// Why it cannot be taken as it stands; nil where it can.
  var fault: NewOrderPhrase? {
    if self["title"] == nil { return .empty }
    let given = ["lat", "lon", "crs"].compactMap { self[$0] }
    if self["lat"] == nil && self["lon"] == nil { return nil }
    guard given.count == 3 else { return .noCoordinates }
    guard NewOrderForm.degrees(self["lat"], 90) != nil, NewOrderForm.degrees(self["lon"], 180) != nil else {
      return .badCoordinate
    }
    return nil
  }

  /// The registers that the order begins with. What is empty is not there.
  var registers: [JSON.Member] {
    var registers: [JSON.Member] = []
    for name in ["title", "description", "kind", "sector", "priority", "source"] {
      if let text = self[name] { registers.append(.init(name, .string(text))) }
    }
    func record(_ register: String, _ members: [(String, JSON?)]) {
      let given = JSON.compact(members)
      if given.asObject?.isEmpty == false { registers.append(.init(register, given)) }
    }
    record(
      "caller",
      [
        ("name", self["name"].map(JSON.string)), ("phone", self["phone"].map(JSON.string)),
        ("anonymous", self["anonymous"] == nil ? nil : true),
      ])
    record(
      "location",
      [
        ("district", self["district"].map(JSON.string)), ("street", self["street"].map(JSON.string)),
        ("address", self["address"].map(JSON.string)), ("lat", NewOrderForm.degrees(self["lat"], 90)),
        ("lon", NewOrderForm.degrees(self["lon"], 180)),
        ("crs", self["lat"] == nil ? nil : self["crs"].map(JSON.string)), ("note", self["placeNote"].map(JSON.string)),
      ])
    record("location/private", [("flat", self["flat"].map(JSON.string)), ("entry", self["entry"].map(JSON.string))])
    if self["confidential"] != nil { registers.append(.init("confidential", true)) }
    return registers
  }

  /// Degrees as they were typed: the digits stay as they are.
  private static func degrees(_ text: String?, _ most: Double) -> JSON? {
    guard let text, let number = Double(text), number.isFinite, abs(number) <= most,
      let value = try? JSON(parsing: Array(text.utf8))
    else { return nil }
    switch value {
    case .int, .number: return value
    default: return nil
    }
  }
}
