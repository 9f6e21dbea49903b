// Orders by their coordinates on a plane: which of them can stand together, where, and how long a kilometre is. How it looks is
// PointDrawing's. There are no tiles and no map from outside: nobody learns from this page where something happened.

import Core
import Foundation

/// An order's place as its register has it.
struct Place: Sendable {
  let order: OrderID
  /// What it is called: number and title.
  let name: String
  let isEmergency: Bool
  /// Degrees and the reference system in which they are meant; nil where there are none that can be.
  let position: OrderPosition?
}

/// Orders of one reference system on a plane. Systems differ by hundreds of metres, so they are never drawn together: the others are
/// counted and named.
struct PointMap: Sendable {
  /// One mark: the orders that would lie on each other there.
  struct Mark: Sendable {
    /// Picture units from the left and the top.
    let x: Int
    let y: Int
    /// Indexes in the places that were given.
    fileprivate(set) var places: [Int]
    fileprivate(set) var isEmergency: Bool
  }

  /// The system that is drawn; nil where no order has coordinates.
  let system: String?
  /// How many orders each system has, most first.
  let systems: [(name: String, orders: Int)]
  /// Top to bottom, then left to right.
  let marks: [Mark]
  /// Orders without coordinates, by index.
  let unplaced: [Int]
  /// Orders so far away from all others that the rest would shrink to a dot: listed, not drawn.
  let far: [Int]
  /// A length for the bar: metres, and how long that is in the picture.
  let scale: (metres: Int, length: Int)

  static let size = (width: 960, height: 600)
  private static let margin = 40
  /// Marks closer than this are one.
  private static let cell = 16
  /// What the picture shows at least, metres: one order alone has surroundings.
  private static let minSpan = 400.0
  /// Metres of one degree of latitude.
  private static let degree = 111_320.0

  /// - Parameter system: the one to draw; nil for the most frequent.
  init(_ places: [Place], system wanted: String? = nil) {
    var counts: [String: Int] = [:]
    for place in places { if let position = place.position { counts[position.system, default: 0] += 1 } }
    systems = counts.map { ($0.key, $0.value) }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
    unplaced = places.indices.filter { places[$0].position == nil }
    let chosen = wanted.flatMap { counts[$0] == nil ? nil : $0 } ?? systems.first?.name
    system = chosen
    let drawn = places.indices.filter { places[$0].position?.system == chosen && chosen != nil }
    let plane = Plane(drawn.compactMap { places[$0].position })
    var near: [(index: Int, at: Plane.Point)] = []
    var far: [Int] = []
    for index in drawn {
      guard let position = places[index].position else { continue }
      let point = plane.point(position)
      if plane.isNear(point) { near.append((index, point)) } else { far.append(index) }
    }
    self.far = far
    let frame = Frame(near.map(\.at))
    var cells: [Cell: Mark] = [:]
    for (index, point) in near {
      let (x, y) = frame.place(point)
      cells[
        Cell(column: x / PointMap.cell, row: y / PointMap.cell),
        default: Mark(x: x, y: y, places: [], isEmergency: false)
      ].add(index, isEmergency: places[index].isEmergency)
    }
    marks = cells.sorted { ($0.key.row, $0.key.column) < ($1.key.row, $1.key.column) }.map(\.value)
    scale = frame.scale
  }

  private struct Cell: Hashable {
    let column: Int
    let row: Int
  }

  /// Metres east and north of the middle one, good enough for a city.
  private struct Plane {
    struct Point {
      let east: Double
      let north: Double
      func distance(to other: Point) -> Double { hypot(east - other.east, north - other.north) }
    }

    private let origin: OrderPosition?
    private var reach = Double.infinity

    init(_ positions: [OrderPosition]) {
      guard !positions.isEmpty else {
        origin = nil
        return
      }
      let latitudes = positions.map(\.latitude).sorted()
      let longitudes = positions.map(\.longitude).sorted()
      origin = OrderPosition(
        latitude: latitudes[latitudes.count / 2], longitude: longitudes[longitudes.count / 2], system: "")
      let distances = positions.map { hypot(point($0).east, point($0).north) }.sorted()
      // Eight times as far as nine in ten lie: a figure mistyped, not a suburb.
      reach = max(8 * distances[(distances.count * 9 + 9) / 10 - 1], 5_000)
    }

    func point(_ position: OrderPosition) -> Point {
      guard let origin else { return Point(east: 0, north: 0) }
      return Point(
        east: (position.longitude - origin.longitude) * PointMap.degree * cos(origin.latitude * .pi / 180),
        north: (position.latitude - origin.latitude) * PointMap.degree)
    }

    func isNear(_ point: Point) -> Bool { hypot(point.east, point.north) <= reach }
  }

  /// What of the plane the picture shows.
  private struct Frame {
    private let west: Double
    private let north: Double
    /// Picture units a metre.
    private let unit: Double

    init(_ points: [Plane.Point]) {
      let east = points.map(\.east)
      let up = points.map(\.north)
      let (left, right) = (east.min() ?? 0, east.max() ?? 0)
      let (bottom, top) = (up.min() ?? 0, up.max() ?? 0)
      let room = (
        width: Double(PointMap.size.width - 2 * PointMap.margin),
        height: Double(PointMap.size.height - 2 * PointMap.margin)
      )
      unit = min(room.width / max(right - left, PointMap.minSpan), room.height / max(top - bottom, PointMap.minSpan))
      // What is narrower than the picture stands in its middle.
      west = (left + right) / 2 - room.width / 2 / unit
      north = (bottom + top) / 2 + room.height / 2 / unit
    }

    func place(_ point: Plane.Point) -> (x: Int, y: Int) {
      (
        PointMap.margin + Int(((point.east - west) * unit).rounded()),
        PointMap.margin + Int(((north - point.north) * unit).rounded())
      )
    }

    /// The longest of 1, 2, 5, 10 … metres that takes no more than a quarter of the picture.
    var scale: (metres: Int, length: Int) {
      let room = Double(PointMap.size.width) / 4 / unit
      var best = 1
      var power = 1
      while Double(power) <= room {
        for step in [1, 2, 5] where Double(step * power) <= room { best = step * power }
        power *= 10
      }
      return (best, Int((Double(best) * unit).rounded()))
    }
  }
}

extension PointMap.Mark {
  fileprivate mutating func add(_ index: Int, isEmergency: Bool) {
    places.append(index)
    self.isEmergency = self.isEmergency || isEmergency
  }
}
