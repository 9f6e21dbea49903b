// Aligned tables for people. What goes into the cells, and JSON for programs, are the commands' business.

import Foundation

/// Rows under headers, aligned by display width, every cell sanitised.
///
/// ```swift
/// var table = TextTable([.init("ORDER"), .init("TITLE", canShrink: true), .init("AGE", .right)])
/// table.append(["water-0192", "中山路爆管", .init("3 m", .yellow)])
/// table.print()
/// ```
public struct TextTable: Sendable {
  public enum Alignment: Sendable { case left, right }

  public struct Column: Sendable {
    public let title: String
    public let alignment: Alignment
    /// Whether cells may be cut with `…` to make the table fit. What people copy, such as an id, must not be.
    public let canShrink: Bool

    public init(_ title: String, _ alignment: Alignment = .left, canShrink: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.canShrink = canShrink
    }
  }

  public struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public let text: String
    public let colour: Style.Colour?

    public init(_ text: String, _ colour: Style.Colour? = nil) {
      self.text = Sanitize.line(text)
      self.colour = colour
    }

    public init(stringLiteral value: String) { self.init(value) }
  }

  /// Below this no column is shrunk.
  private static let leastWidth = 6
  private static let gap = "  "

  private let columns: [Column]
  private var rows: [[Cell]] = []

  public init(_ columns: [Column]) { self.columns = columns }

  public var isEmpty: Bool { rows.isEmpty }

  /// Adds a row; what it lacks is empty, what it has too much is dropped.
  public mutating func append(_ cells: [Cell]) {
    rows.append((0..<columns.count).map { $0 < cells.count ? cells[$0] : "" })
  }

  /// The header line and one line a row, without trailing blanks.
  ///
  /// - Parameter width: columns of the terminal; nil means that nothing is cut.
  public func lines(width: Int?, style: Style) -> [String] {
    let widths = fit(width)
    let header = columns.map { Cell($0.title, .bold) }
    return ([header] + rows).map { row in
      var line = ""
      // Blanks are written only before the next text, so that no line ends in them.
      var blanks = 0
      for (index, cell) in row.enumerated() {
        let text = cell.text.truncated(to: widths[index])
        let padding = widths[index] - text.displayWidth
        let isRight = columns[index].alignment == .right
        if isRight { blanks += padding }
        if !text.isEmpty {
          line += String(repeating: " ", count: blanks) + style.paint(text, cell.colour)
          blanks = 0
        }
        blanks += (isRight ? 0 : padding) + Self.gap.count
      }
      return line
    }
  }

  /// Prints to standard output, fitted to the terminal and coloured if it is one.
  public func print() {
    let text = lines(width: Terminal.width(), style: .standardOutput).joined(separator: "\n")
    Terminal.write(text + "\n")
  }

  /// The width of each column: as wide as its widest cell, the widest that may shrink shrunk until the line fits.
  private func fit(_ width: Int?) -> [Int] {
    var widths = columns.indices.map { index in
      rows.reduce(columns[index].title.displayWidth) { max($0, $1[index].text.displayWidth) }
    }
    guard let width else { return widths }
    var excess = widths.reduce(0, +) + Self.gap.count * (columns.count - 1) - width
    while excess > 0 {
      let shrinkable = columns.indices.filter { columns[$0].canShrink && widths[$0] > Self.leastWidth }
      guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
      // Down to the next widest at once, so that the columns shrink evenly and the loop stays short.
      let next = shrinkable.filter { $0 != widest }.map { widths[$0] }.max() ?? Self.leastWidth
      let step = min(excess, max(1, widths[widest] - max(next, Self.leastWidth)))
      widths[widest] -= step
      excess -= step
    }
    return widths
  }
}
