// The graph of an order's changes, over many random histories and over those that nobody honest would write; and its picture.

import Core
import Foundation
import FoundationXML
import Testing

@testable import Hub

@Suite struct OrdersGraphTests {
  static let seeds = UInt64(1)...200

  @Test func everyChangeHasANodeInTheOrderOfTheHistory() throws {
    for seed in Self.seeds {
      let history = try RandomHistory(seed: seed)
      #expect(history.graph.nodes.map(\.dot) == history.items.map(\.dot), "seed \(seed)")
    }
  }

  @Test func edgesPointDown() throws {
    for seed in Self.seeds {
      let graph = try RandomHistory(seed: seed).graph
      for edge in graph.edges {
        #expect(graph.nodes[edge.from].layer < graph.nodes[edge.to].layer, "seed \(seed)")
      }
    }
  }

  /// By the contexts themselves, which the graph's own reckoning does not enter.
  @Test func aPathLeadsToAChangeJustFromWhatItsAuthorHadSeen() throws {
    for seed in Self.seeds {
      let history = try RandomHistory(seed: seed)
      let graph = history.graph
      let reached = reachable(graph)
      for (later, item) in history.items.enumerated() {
        for earlier in history.items.indices where earlier != later {
          let hasSeen = try #require(item.change).context.covers(history.items[earlier].dot)
          #expect(reached[earlier].contains(later) == hasSeen, "seed \(seed): \(earlier) → \(later)")
        }
      }
    }
  }

  @Test func noEdgeSaysWhatAPathSaysAlready() throws {
    for seed in Self.seeds {
      let graph = try RandomHistory(seed: seed).graph
      let reached = reachable(graph)
      for edge in graph.edges {
        let around = graph.edges.contains {
          $0.from == edge.from && $0.to != edge.to && reached[$0.to].contains(edge.to)
        }
        #expect(!around, "seed \(seed): \(edge)")
      }
    }
  }

  @Test func changesMadeAtOnceNeverStandInOneColumn() throws {
    var pairs = 0
    for seed in Self.seeds {
      let graph = try RandomHistory(seed: seed).graph
      let reached = reachable(graph)
      for (a, one) in graph.nodes.enumerated() {
        for (b, other) in graph.nodes.enumerated().dropFirst(a + 1)
        where !reached[a].contains(b) && !reached[b].contains(a) {
          pairs += 1
          #expect(one.column != other.column, "seed \(seed): \(a), \(b)")
          #expect(one.concurrent > 0 && other.concurrent > 0)
        }
      }
      let places = graph.nodes.map { [$0.column, $0.layer] }
      #expect(Set(places).count == places.count, "seed \(seed)")
      for node in graph.nodes {
        #expect(graph.lanes[node.lane].columns.contains(node.column))
        #expect(graph.lanes[node.lane].platform == node.dot.replica.platform)
      }
    }
    #expect(pairs > 1_000, "the histories have changes that were made at once")
  }

  /// Contexts that name what never was, that are not closed, and lines that nobody can read.
  @Test func ofHostileHistoriesEveryChangeHasANodeAndEdgesPointDown() throws {
    for seed in Self.seeds {
      var random = SeededGenerator(state: seed)
      let history = try RandomHistory(seed: seed)
      let items = history.items.map { item -> HistoryItem in
        guard let change = item.change, random.next() % 3 == 0 else { return item }
        guard random.next() % 2 == 0 else {
          return HistoryItem(
            dot: item.dot, hash: item.hash, change: nil, verdict: .unreadable, received: 1, isApplied: true)
        }
        let named = history.items.filter { _ in random.next() % 3 == 0 }.map(\.dot)
        let unknown = Dot(ReplicaID(platform: .hub, random: [99]), 5)
        return RandomHistory.item(
          Change(
            order: change.order, dot: change.dot,
            context: VersionVector((named + [unknown]).map { ($0.replica, $0.n) }), at: change.at,
            author: change.author, edits: change.edits), verdict: .void)
      }
      let graph = CausalGraph(items, state: history.state)
      #expect(graph.nodes.map(\.dot) == items.map(\.dot))
      for edge in graph.edges { #expect(graph.nodes[edge.from].layer < graph.nodes[edge.to].layer, "seed \(seed)") }
    }
  }

  @Test func ofALongHistoryTheNewestAreShownAndTheRestIsCounted() throws {
    let history = try RandomHistory(seed: 3, steps: 999)
    let newest = CausalGraph(Array(history.items.suffix(60)), earlier: 940, state: history.state)
    #expect(newest.nodes.map(\.dot) == history.items.suffix(60).map(\.dot))
    #expect(newest.folded == 940)
    let most = CausalGraph(history.items, state: history.state)
    #expect(most.nodes.count == CausalGraph.maxShown)
    #expect(most.nodes.first?.place == 500 && most.folded == 500)
    let none = CausalGraph([], state: history.state)
    #expect(none.nodes.isEmpty && none.lanes.isEmpty)
  }

  @Test func theHubsLaneComesFirst() throws {
    let graph = try RandomHistory(seed: 1, platforms: ["water", "hub", "gas"]).graph
    #expect(graph.lanes.first?.platform == .hub)
  }

  @Test func aVoidedChangeSaysWhy() throws {
    let history = try RandomHistory(seed: 1, platforms: ["hub"], steps: 2)
    let target = history.items[1].dot
    var context = VersionVector()
    for item in history.items { context.advance(to: item.dot) }
    let void = Change(
      order: history.order, dot: Dot(target.replica, 4), context: context, at: HybridTime(2_000),
      author: Author(name: "op", role: "supervisor"), edits: [.set("void/\(target)", ["reason": "mistyped"])])
    let items = history.items + [RandomHistory.item(void)]
    let state = Merge.fold(items.compactMap { $0.change.map(Merge.LogItem.change) }, order: history.order).state
    let graph = CausalGraph(items, state: state)
    #expect(graph.nodes[1].standing == .void(reason: "mistyped"))
    #expect(graph.nodes[2].standing == .counts)
  }

  // MARK: The picture

  @Test func thePictureHasACardForEveryChangeAndIsWellFormed() throws {
    let history = try RandomHistory(seed: 9, steps: 30)
    let picture = drawing(of: history.graph, order: history.order).markup
    #expect(picture.ranges(of: "causal-card").count == history.items.count)
    #expect(picture.ranges(of: "causal-edge").count == history.graph.edges.count)
    #expect(picture.ranges(of: "<title>").count == history.items.count)
    #expect(XMLParser(data: Data(picture.utf8)).parse())
  }

  @Test func hostileTextsAreInertInThePicture() throws {
    let hostile = "\"/><script>alert(1)</script>&'\u{202E}\u{0}<a href=\"javascript:x\">\"\u{301}"
    let replica = ReplicaID(platform: try PlatformName("water"), random: [1])
    let order = OrderID(maker: .hub, milliseconds: 1, random: [7])
    let change = Change(
      order: order, dot: Dot(replica, 1), context: VersionVector(), at: HybridTime(1),
      author: Author(name: hostile, role: hostile, onBehalfOf: hostile),
      edits: [.set("title", .string(hostile)), .append(kind: hostile, value: .null)])
    let graph = CausalGraph([RandomHistory.item(change)], state: OrderState(id: order))
    let picture = drawing(of: graph, order: order).markup
    let parser = XMLParser(data: Data(picture.utf8))
    let seen = SeenElements()
    parser.delegate = seen
    #expect(parser.parse())
    #expect(seen.names.isSubset(of: ["svg", "rect", "text", "a", "title", "path"]), "\(seen.names)")
    #expect(!seen.attributes.contains { $0.hasPrefix("on") || $0 == "style" }, "\(seen.attributes)")
    #expect(seen.addresses == ["#change-0"])
    #expect(!picture.contains("\u{202E}") && !picture.contains("\u{0}"))
  }

  private func drawing(of graph: CausalGraph, order: OrderID) -> Drawing {
    CausalDrawing(graph: graph, order: order, words: .plain).draw()
  }

  /// By index of a change, those to which a path leads from it.
  private func reachable(_ graph: CausalGraph) -> [Set<Int>] {
    var reached = [Set<Int>](repeating: [], count: graph.nodes.count)
    for edge in graph.edges.sorted(by: { $0.from > $1.from }) {
      reached[edge.from].formUnion(reached[edge.to].union([edge.to]))
    }
    return reached
  }
}

extension CausalDrawing.Words {
  static let plain = CausalDrawing.Words(
    label: "changes", lane: { $0.text },
    write: { write in
      switch write {
      case .register(let name, let word): word.map { "\(name) = \($0)" } ?? name
      case .entry(let kind): kind
      }
    }, time: { "\($0)" },
    standing: { standing in
      switch standing {
      case .counts: ""
      case .void: "void"
      case .unreadable: "unreadable"
      case .superseded: "superseded"
      case .waiting: "waiting"
      }
    }, unreadable: "cannot be read", received: "received", name: \.name, role: { $0 }, reason: { $0 },
    onBehalfOf: { "for \($0)" },
    concurrent: { "at once: \($0)" },
    folded: { "\($0) earlier" })
}

/// What a parser met.
private final class SeenElements: NSObject, XMLParserDelegate {
  var names: Set<String> = []
  var attributes: Set<String> = []
  var addresses: Set<String> = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes given: [String: String] = [:]
  ) {
    names.insert(name)
    attributes.formUnion(given.keys)
    if let address = given["href"] { addresses.insert(address) }
  }
}
