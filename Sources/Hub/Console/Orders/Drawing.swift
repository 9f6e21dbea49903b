// A picture in SVG while it is drawn. No style stands in it: the console's style sheet knows the classes. Escaping is SafeHTML's.

import Core

struct Drawing: Sendable {
  private var parts: [SafeHTML]

  /// - Parameters:
  ///   - label: what the picture is, for those who hear it.
  ///   - className: of the whole picture.
  init(width: Int, height: Int, label: String, className: SafeHTML) {
    parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" class="\(className)" viewBox="0 0 \(width) \(height)" width="\(width)" \
      height="\(height)" role="group" aria-label="\(label)">
      """
    ]
  }

  /// The picture as it stands in a page.
  var html: SafeHTML { SafeHTML(self) }
  var markup: String { SafeHTML.joined(parts + ["</svg>"]).markup }

  // MARK: Shapes

  mutating func rectangle(x: Int, y: Int, width: Int, height: Int, corner: Int = 0, className: SafeHTML) {
    parts.append(
      """
      <rect x="\(x)" y="\(y)" width="\(width)" height="\(height)" rx="\(corner)" class="\(className)"/>
      """)
  }

  mutating func circle(x: Int, y: Int, radius: Int, className: SafeHTML) {
    parts.append("<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(radius)\" class=\"\(className)\"/>")
  }

  /// One step of a line.
  enum Step: Sendable {
    case move(Int, Int)
    case line(Int, Int)
    /// A smooth line with its two handles.
    case curve(Int, Int, Int, Int, Int, Int)

    fileprivate var text: String {
      switch self {
      case .move(let x, let y): "M\(x) \(y)"
      case .line(let x, let y): "L\(x) \(y)"
      case .curve(let ax, let ay, let bx, let by, let x, let y): "C\(ax) \(ay) \(bx) \(by) \(x) \(y)"
      }
    }
  }

  mutating func path(_ steps: [Step], className: SafeHTML) {
    parts.append("<path d=\"\(steps.map(\.text).joined())\" class=\"\(className)\"/>")
  }

  /// Words in one line; they are not wrapped, so the caller cuts them.
  mutating func text(_ text: String, x: Int, y: Int, className: SafeHTML) {
    parts.append("<text x=\"\(x)\" y=\"\(y)\" class=\"\(className)\">\(text)</text>")
  }

  // MARK: Links

  /// What is drawn in `body` leads to `address` and has a title, which is shown on pointing and read aloud. It is no stop of the tab
  /// key: the list beside the picture has the same links.
  mutating func link(to address: Address, title: String, className: SafeHTML, _ body: (inout Drawing) -> Void) {
    parts.append(
      """
      <a href="\(address.text)" tabindex="-1" class="\(className)"><title>\(title)</title>
      """)
    body(&self)
    parts.append("</a>")
  }

  /// Where a link leads: within the page or the console, so that no text from outside can name a scheme or another host.
  enum Address: Sendable {
    /// An element of the same page: a word of ours and a number.
    case here(String, Int)
    case order(OrderID)
    /// The page of an order that has its changes up to there.
    case history(OrderID, end: Int)

    var text: String {
      switch self {
      case .here(let word, let number): "#\(word)-\(number)"
      case .order(let order): "/orders/\(order.text)"
      case .history(let order, let end): "/orders/\(order.text)/history?end=\(end)"
      }
    }
  }
}
