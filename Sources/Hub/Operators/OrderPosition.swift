// Where on the globe an order is, as its location has it: for the map at the console, and for programs that draw one of their own.

import Core

/// Degrees, and the reference system in which they are meant.
struct OrderPosition: Sendable, Equatable {
  let latitude: Double
  let longitude: Double
  /// `wgs84`, `gcj02` … as written; `unknown` where nothing is.
  let system: String

  static let unknownSystem = "unknown"

  init(latitude: Double, longitude: Double, system: String) {
    self.latitude = latitude
    self.longitude = longitude
    self.system = system
  }

  /// Of a location as its register has it. Nothing on this globe, and not the point where both are 0: there is no town, and programs write
  /// it for "I do not know".
  init?(_ location: JSON?) {
    guard let latitude = Self.degrees(location?["lat"]), let longitude = Self.degrees(location?["lon"]),
      abs(latitude) <= 90, abs(longitude) <= 180, latitude != 0 || longitude != 0
    else { return nil }
    let system = location?["crs"]?.asString?.lowercased() ?? ""
    self.init(latitude: latitude, longitude: longitude, system: system.isEmpty ? Self.unknownSystem : system)
  }

  private static func degrees(_ value: JSON?) -> Double? {
    let number: Double? =
      switch value {
      case .int(let number)?: Double(number)
      case .number(let token)?: Double(token)
      default: nil
      }
    return number.flatMap { $0.isFinite ? $0 : nil }
  }

  /// `{"lat","lon","crs"}`
  var json: JSON {
    ["lat": .number("\(latitude)"), "lon": .number("\(longitude)"), "crs": .string(system)]
  }
}
