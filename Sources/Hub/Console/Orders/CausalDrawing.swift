// The graph of an order's changes as a picture: a lane for the hotline and for each platform, time running down, a card for each change,
// and lines from what was seen to who saw it.

import Core
import Shell

struct CausalDrawing: Sendable {
  /// How things are called in the reader's language.
  struct Words: Sendable {
    /// What the picture is.
    var label: String
    var lane: @Sendable (PlatformName) -> String
    var write: @Sendable (CausalGraph.Write) -> String
    var time: @Sendable (Int) -> String
    /// Nothing where it counts.
    var standing: @Sendable (CausalGraph.Standing) -> String
    var unreadable: String
    var received: String
    var name: @Sendable (Author) -> String
    var role: @Sendable (String) -> String
    /// Why a change is void.
    var reason: @Sendable (String) -> String
    var onBehalfOf: @Sendable (String) -> String
    var concurrent: @Sendable (Int) -> String
    /// So many earlier changes are not shown.
    var folded: @Sendable (Int) -> String
  }

  let graph: CausalGraph
  let order: OrderID
  let words: Words
  /// Changes whose values stand against each other now.
  var disagreeing: Set<Dot> = []

  private enum Size {
    static let card = (width: 184, height: 58)
    static let gap = (x: 28, y: 34)
    static let margin = 16
    static let head = 34
    static let fold = 44
    /// Columns of a card's text, of which a wide character takes two.
    static let text = 26
  }

  private var columns: Int { max(1, graph.lanes.last?.columns.upperBound ?? 1) }
  private var width: Int { 2 * Size.margin + columns * Size.card.width + (columns - 1) * Size.gap.x }
  private var top: Int { Size.margin + Size.head + (graph.folded > 0 ? Size.fold : 0) }
  private var height: Int {
    top + max(1, graph.layers) * Size.card.height + max(0, graph.layers - 1) * Size.gap.y + Size.margin
  }

  private func left(_ column: Int) -> Int { Size.margin + column * (Size.card.width + Size.gap.x) }
  private func upper(_ layer: Int) -> Int { top + layer * (Size.card.height + Size.gap.y) }

  func draw() -> Drawing {
    var drawing = Drawing(width: width, height: height, label: words.label, className: "causal")
    for (index, lane) in graph.lanes.enumerated() { draw(lane, index, on: &drawing) }
    if graph.folded > 0 { drawFold(on: &drawing) }
    for edge in graph.edges { draw(edge, on: &drawing) }
    for node in graph.nodes { draw(node, on: &drawing) }
    return drawing
  }

  private func draw(_ lane: CausalGraph.Lane, _ index: Int, on drawing: inout Drawing) {
    let x = left(lane.columns.lowerBound) - Size.gap.x / 2 + 2
    let end = left(lane.columns.upperBound - 1) + Size.card.width + Size.gap.x / 2 - 2
    let y = Size.margin / 2
    drawing.rectangle(
      x: x, y: y, width: end - x, height: height - 2 * y, corner: 8,
      className: index.isMultiple(of: 2) ? "causal-lane causal-lane-even" : "causal-lane")
    drawing.text(
      words.lane(lane.platform).truncated(to: Size.text), x: left(lane.columns.lowerBound), y: Size.margin + 14,
      className: "causal-lane-name")
  }

  private func drawFold(on drawing: inout Drawing) {
    let y = Size.margin + Size.head
    let text = words.folded(graph.folded)
    drawing.link(
      to: .history(order, end: graph.folded), title: text, className: "causal-fold"
    ) { drawing in
      drawing.rectangle(
        x: Size.margin, y: y - 12, width: width - 2 * Size.margin, height: 28, corner: 6, className: "causal-fold-bar")
      drawing.text(text, x: Size.margin + 12, y: y + 7, className: "causal-fold-text")
    }
  }

  /// To a neighbouring layer a smooth line; further, the line runs beside the later one's column, where no card stands.
  private func draw(_ edge: CausalGraph.Edge, on drawing: inout Drawing) {
    let (from, to) = (graph.nodes[edge.from], graph.nodes[edge.to])
    let start = (x: left(from.column) + Size.card.width / 2, y: upper(from.layer) + Size.card.height)
    let end = (x: left(to.column) + Size.card.width / 2, y: upper(to.layer))
    let half = Size.gap.y / 2
    if from.column == to.column {
      drawing.path([.move(start.x, start.y), .line(end.x, end.y)], className: "causal-edge")
    } else if to.layer == from.layer + 1 {
      drawing.path(
        [.move(start.x, start.y), .curve(start.x, start.y + half, end.x, end.y - half, end.x, end.y)],
        className: "causal-edge")
    } else {
      let side =
        from.column < to.column
        ? left(to.column) - Size.gap.x / 2 : left(to.column) + Size.card.width + Size.gap.x / 2
      drawing.path(
        [
          .move(start.x, start.y),
          .curve(start.x, start.y + half, side, start.y + half / 2, side, start.y + Size.gap.y),
          .line(side, end.y - Size.gap.y), .curve(side, end.y - half / 2, end.x, end.y - half, end.x, end.y),
        ], className: "causal-edge")
    }
  }

  private func draw(_ node: CausalGraph.Node, on drawing: inout Drawing) {
    let x = left(node.column)
    let y = upper(node.layer)
    drawing.link(to: .here("change", node.place), title: title(of: node), className: classes(of: node)) { drawing in
      drawing.rectangle(
        x: x, y: y, width: Size.card.width, height: Size.card.height, corner: 6, className: "causal-card")
      drawing.text(written(by: node).truncated(to: Size.text), x: x + 10, y: y + 18, className: "causal-what")
      drawing.text(
        (node.author.map(words.name) ?? words.unreadable).truncated(to: Size.text), x: x + 10, y: y + 34,
        className: "causal-who")
      let time = node.at.map { words.time($0.milliseconds) } ?? ""
      let note = words.standing(node.standing)
      drawing.text(
        [time, note].filter { !$0.isEmpty }.joined(separator: " · ").truncated(to: Size.text + 4), x: x + 10,
        y: y + 49, className: "causal-when")
    }
  }

  private func classes(of node: CausalGraph.Node) -> SafeHTML {
    let standing: SafeHTML =
      switch node.standing {
      case .counts: "causal-node"
      case .void, .superseded: "causal-node causal-void"
      case .unreadable, .waiting: "causal-node causal-unread"
      }
    let concurrent: SafeHTML = node.concurrent > 0 ? " causal-concurrent" : ""
    let disagreeing: SafeHTML = disagreeing.contains(node.dot) ? " causal-disagreeing" : ""
    return .joined([standing, concurrent, disagreeing])
  }

  private func written(by node: CausalGraph.Node) -> String {
    node.writes.isEmpty ? words.unreadable : node.writes.map(words.write).joined(separator: ", ")
  }

  /// Everything that the card has no room for.
  private func title(of node: CausalGraph.Node) -> String {
    var lines = [written(by: node)]
    if let author = node.author {
      lines.append([words.name(author), words.role(author.role)].filter { !$0.isEmpty }.joined(separator: ", "))
      if let platform = author.onBehalfOf { lines.append(words.onBehalfOf(platform)) }
    }
    if let at = node.at { lines.append("\(words.time(at.milliseconds)) (\(at))") }
    if let received = node.received { lines.append("\(words.received) \(words.time(received))") }
    let standing = words.standing(node.standing)
    if case .void(let reason) = node.standing, !reason.isEmpty {
      lines.append("\(standing): \(words.reason(reason))")
    } else if !standing.isEmpty {
      lines.append(standing)
    }
    if node.concurrent > 0 { lines.append(words.concurrent(node.concurrent)) }
    lines.append(node.dot.description)
    return lines.joined(separator: "\n")
  }
}
