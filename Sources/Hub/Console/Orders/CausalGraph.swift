// An order's history as a graph to be drawn: who changed what, after having seen what. Lanes, columns and layers are computed here;
// how it looks is CausalDrawing's.

import Core

/// The newest changes of an order with the edges between them.
///
/// A path leads from one change to another just where the later one's author had seen the earlier one. So two changes without a path
/// were made at once, and they never stand in one column.
struct CausalGraph: Sendable {
  /// Whether a change has effect, and why not.
  enum Standing: Sendable, Equatable {
    case counts
    case void(reason: String)
    /// Its line cannot be read by this software.
    case unreadable
    /// Another change stands for the same original.
    case superseded
    /// It names something that is not here yet.
    case waiting
  }

  /// What a change writes.
  enum Write: Sendable, Equatable {
    /// A register, with the word that it is set to where the value is one word.
    case register(String, word: String?)
    /// An entry's kind.
    case entry(String)
  }

  struct Node: Sendable {
    /// The change's place in the whole history, from 0.
    let place: Int
    let dot: Dot
    /// Nil where its line cannot be read.
    let author: Author?
    let at: HybridTime?
    /// When the hub first stored it, milliseconds by the hub's clock.
    let received: Int?
    let standing: Standing
    let writes: [Write]
    /// Which of `lanes`.
    let lane: Int
    /// From the left, over all lanes.
    fileprivate(set) var column: Int
    /// From the top; an edge always leads to a higher one.
    let layer: Int
    /// How many of the changes shown were made without having seen it, and it without having seen them.
    fileprivate(set) var concurrent: Int
  }

  /// From the change that was seen to the one that saw it, by index in `nodes`.
  struct Edge: Sendable, Hashable {
    let from: Int
    let to: Int
  }

  struct Lane: Sendable {
    let platform: PlatformName
    fileprivate(set) var columns: Range<Int>
  }

  /// The hub's first, then the platforms' as they came.
  let lanes: [Lane]
  /// In the order of the history.
  let nodes: [Node]
  /// Only those that no other path says already.
  let edges: [Edge]
  let layers: Int
  /// Earlier changes that are not shown.
  let folded: Int

  /// Changes of which everything is worked out; work grows with the square.
  static let maxShown = 500

  /// - Parameters:
  ///   - items: a run of the order's log as it was stored: nothing comes before what it names. Of more than `maxShown` the newest count.
  ///   - earlier: how many changes of the order lie before them.
  init(_ items: [HistoryItem], earlier: Int = 0, state: OrderState) {
    let start = earlier + max(0, items.count - CausalGraph.maxShown)
    let items = Array(items.suffix(CausalGraph.maxShown))
    let (pasts, edges) = CausalGraph.causality(of: items)
    let platforms = CausalGraph.platforms(of: items)
    let layers = CausalGraph.layers(items.count, edges)
    var nodes = items.indices.map { index in
      CausalGraph.node(
        items[index], place: start + index, state, lane: platforms.firstIndex(of: items[index].dot.replica.platform)!,
        layer: layers[index])
    }
    for later in nodes.indices {
      for earlier in 0..<later where !pasts[later].contains(earlier) {
        nodes[later].concurrent += 1
        nodes[earlier].concurrent += 1
      }
    }
    lanes = CausalGraph.placeColumns(&nodes, pasts, platforms)
    self.nodes = nodes
    self.edges = edges
    self.layers = (layers.max() ?? -1) + 1
    folded = start
  }

  // MARK: Causality

  /// Of each change which earlier ones it follows, and the fewest edges that say so.
  private static func causality(of items: [HistoryItem]) -> (pasts: [Past], edges: [Edge]) {
    var pasts: [Past] = []
    var edges: [Edge] = []
    for (index, item) in items.enumerated() {
      var past = Past(count: items.count)
      // From the newest back: what a parent has seen is no parent.
      for earlier in stride(from: index - 1, through: 0, by: -1)
      where !past.contains(earlier) && hasSeen(item, items[earlier].dot) {
        past.formUnion(pasts[earlier])
        past.insert(earlier)
        edges.append(Edge(from: earlier, to: index))
      }
      pasts.append(past)
    }
    return (pasts, edges)
  }

  /// Of a line that cannot be read, only its own run's changes are known to lie before it.
  private static func hasSeen(_ item: HistoryItem, _ dot: Dot) -> Bool {
    if item.dot.replica == dot.replica { return dot.n < item.dot.n }
    return item.change?.context.covers(dot) ?? false
  }

  private static func layers(_ count: Int, _ edges: [Edge]) -> [Int] {
    var layers = [Int](repeating: 0, count: count)
    // Edges are sorted by where they lead, and they lead from what came earlier.
    for edge in edges { layers[edge.to] = max(layers[edge.to], layers[edge.from] + 1) }
    return layers
  }

  // MARK: Places

  private static func platforms(of items: [HistoryItem]) -> [PlatformName] {
    var found: [PlatformName] = []
    for item in items where !found.contains(item.dot.replica.platform) { found.append(item.dot.replica.platform) }
    return found.filter(\.isHub) + found.filter { !$0.isHub }
  }

  /// A change takes the first column of its lane whose last change it follows, else a new one: a column holds one line of succession.
  private static func placeColumns(_ nodes: inout [Node], _ pasts: [Past], _ platforms: [PlatformName]) -> [Lane] {
    var lasts = [[Int]](repeating: [], count: platforms.count)
    for index in nodes.indices {
      let lane = nodes[index].lane
      let column = lasts[lane].firstIndex { pasts[index].contains($0) } ?? lasts[lane].count
      if column == lasts[lane].count { lasts[lane].append(index) } else { lasts[lane][column] = index }
      nodes[index].column = column
    }
    var lanes: [Lane] = []
    var next = 0
    for (platform, columns) in zip(platforms, lasts) {
      lanes.append(Lane(platform: platform, columns: next..<next + columns.count))
      next += columns.count
    }
    for index in nodes.indices { nodes[index].column += lanes[nodes[index].lane].columns.lowerBound }
    return lanes
  }

  // MARK: Nodes

  private static func node(_ item: HistoryItem, place: Int, _ state: OrderState, lane: Int, layer: Int) -> Node {
    Node(
      place: place, dot: item.dot, author: item.change?.author, at: item.change?.at, received: item.received,
      standing: standing(of: item, in: state), writes: (item.change?.edits ?? []).map(write), lane: lane, column: 0,
      layer: layer, concurrent: 0)
  }

  static func standing(of item: HistoryItem, in state: OrderState) -> Standing {
    guard let change = item.change else { return .unreadable }
    if !item.isApplied { return .waiting }
    if state.superseded.contains(item.dot) { return .superseded }
    if !state.counts(change) {
      return .void(reason: state.value("void/\(item.dot)")?["reason"]?.asString ?? "")
    }
    return .counts
  }

  private static func write(_ edit: Edit) -> Write {
    switch edit {
    case .set(let register, let value): .register(register, word: word(value.json))
    case .append(let kind, _): .entry(kind)
    }
  }

  /// What a register is set to, where that is one word of a closed list or the platform that is charged.
  private static func word(_ value: JSON) -> String? {
    switch value {
    case .string(let text) where text.utf8.count <= 64: text
    case .object: value["platform"]?.asString ?? value["outcome"]?.asString ?? value["code"]?.asString
    default: nil
    }
  }
}

/// A set of changes by index.
private struct Past: Sendable {
  private var words: [UInt64]

  init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  func contains(_ index: Int) -> Bool { words[index / 64] & (1 << UInt64(index % 64)) != 0 }
  mutating func insert(_ index: Int) { words[index / 64] |= 1 << UInt64(index % 64) }
  mutating func formUnion(_ other: Past) { for index in words.indices { words[index] |= other.words[index] } }
}
