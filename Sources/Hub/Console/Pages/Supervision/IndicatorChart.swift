// One indicator of several groups as a picture: bars beside each other for groups, a line for days and months. The table beside it has the
// same figures.

import Core

struct IndicatorChart: Sendable {
  struct Point: Sendable {
    let name: String
    let value: Int?
    /// As it is said, with its unit.
    let said: String
  }

  let label: String
  let points: [Point]
  /// Along the time: a line; else bars.
  let isInTime: Bool

  private static let width = 720
  private static let rowHeight = 26
  private static let nameWidth = 150
  private static let valueWidth = 90
  private static let height = 200
  /// More than this is no picture.
  private static let mostBars = 40

  var html: SafeHTML { isInTime ? line : bars }

  private var most: Int { max(1, points.compactMap(\.value).max() ?? 1) }

  private var bars: SafeHTML {
    let shown = Array(points.prefix(Self.mostBars))
    let space = Self.width - Self.nameWidth - Self.valueWidth
    let rows = shown.enumerated().map { index, point -> SafeHTML in
      let y = index * Self.rowHeight
      let length = (point.value ?? 0) * space / most
      let name = point.name.count > 14 ? String(point.name.prefix(13)) + "…" : point.name
      return """
        <g><title>\(point.name): \(point.said)</title><text x="0" y="\(y + 17)">\(name)</text>\
        <rect class="accent" x="\(Self.nameWidth)" y="\(y + 4)" width="\(max(length, 1))" height="\(Self.rowHeight - 8)" rx="3"/>\
        <text class="soft" x="\(Self.nameWidth + length + 6)" y="\(y + 17)">\(point.said)</text></g>
        """
    }
    return frame(height: max(1, shown.count) * Self.rowHeight, .joined(rows))
  }

  private var line: SafeHTML {
    let step = points.count > 1 ? Double(Self.width - 40) / Double(points.count - 1) : 0
    var path = ""
    var dots: [SafeHTML] = []
    var isOpen = false
    for (index, point) in points.enumerated() {
      guard let value = point.value else {
        isOpen = false
        continue
      }
      let x = 20 + Int(Double(index) * step)
      let y = Self.height - 30 - value * (Self.height - 60) / most
      path += "\(isOpen ? "L" : "M")\(x) \(y)"
      isOpen = true
      dots.append(
        "<circle class=\"accent\" cx=\"\(x)\" cy=\"\(y)\" r=\"4\"><title>\(point.name): \(point.said)</title></circle>")
    }
    let ends: SafeHTML =
      """
      <text class="soft" x="20" y="\(Self.height - 6)">\(points.first?.name ?? "")</text>\
      <text class="soft" x="\(Self.width - 110)" y="\(Self.height - 6)">\(points.count > 1 ? points.last?.name ?? "" : "")</text>\
      <text class="soft" x="20" y="16">\(points.first { $0.value == most }?.said ?? "")</text>
      """
    return frame(height: Self.height, "<path class=\"line accent\" d=\"\(path)\"/>\(dots)\(ends)")
  }

  private func frame(height: Int, _ content: SafeHTML) -> SafeHTML {
    """
    <svg class="timeline" viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="\(label)">\(content)</svg>
    """
  }

  /// A small line without words, for a card; nil where there is nothing to draw.
  static func spark(_ values: [Int?], label: String) -> SafeHTML? {
    let known = values.compactMap(\.self)
    guard known.count > 1, let most = known.max() else { return nil }
    let step = 200 / max(1, values.count - 1)
    var path = ""
    var isOpen = false
    for (index, value) in values.enumerated() {
      guard let value else {
        isOpen = false
        continue
      }
      path += "\(isOpen ? "L" : "M")\(index * step) \(36 - value * 32 / max(1, most))"
      isOpen = true
    }
    return """
      <svg class="spark" viewBox="0 0 200 40" preserveAspectRatio="none" role="img" aria-label="\(label)">\
      <path class="line accent" d="\(path)"/></svg>
      """
  }
}
