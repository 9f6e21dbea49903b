// The plane of orders as a picture: marks that lead to their orders, a bar for the scale, an arrow to the north. The page has the same
// orders as a list.

import Core

struct PointDrawing: Sendable {
  struct Words: Sendable {
    var label: String
    var north: String
    /// So many orders in one place.
    var several: @Sendable (Int) -> String
    var emergency: String
    /// A length in metres.
    var length: @Sendable (Int) -> String
  }

  let map: PointMap
  let places: [Place]
  let words: Words

  /// Orders whose names a mark's title has; the list has all.
  private static let maxNames = 5

  func draw() -> Drawing {
    var drawing = Drawing(
      width: PointMap.size.width, height: PointMap.size.height, label: words.label, className: "point-map")
    drawing.rectangle(
      x: 0, y: 0, width: PointMap.size.width, height: PointMap.size.height, corner: 8, className: "point-ground")
    // Emergencies last, so that nothing covers them.
    let numbered = map.marks.enumerated().map { (number: $0.offset, mark: $0.element) }
    for (number, mark) in numbered where !mark.isEmergency { draw(mark, number, on: &drawing) }
    for (number, mark) in numbered where mark.isEmergency { draw(mark, number, on: &drawing) }
    drawScale(on: &drawing)
    return drawing
  }

  private func draw(_ mark: PointMap.Mark, _ number: Int, on drawing: inout Drawing) {
    let names = mark.places.prefix(PointDrawing.maxNames).map { places[$0].name }
    let isAlone = mark.places.count == 1
    var title = names
    if !isAlone { title.insert(words.several(mark.places.count), at: 0) }
    if mark.places.count > names.count { title.append("…") }
    if mark.isEmergency { title.append(words.emergency) }
    drawing.link(
      to: isAlone ? .order(places[mark.places[0]].order) : .here("place", number),
      title: title.joined(separator: "\n"),
      className: mark.isEmergency ? "point point-emergency" : "point"
    ) { drawing in
      drawing.circle(x: mark.x, y: mark.y, radius: isAlone ? 7 : 11, className: "point-mark")
      guard !isAlone else { return }
      let count = mark.places.count > 99 ? "99+" : "\(mark.places.count)"
      drawing.text(count, x: mark.x, y: mark.y + 4, className: "point-count")
    }
  }

  private func drawScale(on drawing: inout Drawing) {
    let x = 24
    let y = PointMap.size.height - 20
    drawing.path(
      [
        .move(x, y - 6), .line(x, y), .line(x + map.scale.length, y), .line(x + map.scale.length, y - 6),
      ], className: "point-scale")
    drawing.text(words.length(map.scale.metres), x: x + 6, y: y - 8, className: "point-scale-text")
    let right = PointMap.size.width - 32
    drawing.path(
      [.move(right, 48), .line(right, 20), .move(right - 5, 27), .line(right, 20), .line(right + 5, 27)],
      className: "point-north")
    drawing.text(words.north, x: right, y: 62, className: "point-north-text")
  }
}
