// The description of the operators' API against the table of routes: the same paths, methods and query items, and references that lead
// somewhere.

import Core
import Foundation
import Shell
import Testing
import Yams

@testable import Hub

@Suite struct OpenAPITests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/openapi.yaml")

  private let document: Node

  init() throws {
    document = try #require(try Yams.compose(yaml: String(contentsOf: Self.file, encoding: .utf8)))
  }

  private static let routes = DoorRoutes<Seat>.table(rules: OperatorsAPI.rules, addRoutes: OperatorsAPI.addRoutes)

  /// `orders/:order` as the document has it: `/orders/{order}`.
  private static func path(_ route: DoorRoute) -> String {
    "/"
      + route.path.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }.joined(
        separator: "/")
  }

  /// What a reference leads to.
  private func resolved(_ node: Node) throws -> Node {
    guard let reference = node["$ref"]?.string else { return node }
    let parts = reference.split(separator: "/").dropFirst()
    #expect(reference.hasPrefix("#/"), "\(reference)")
    let target = parts.reduce(document as Node?) { $0?[String($1)] }
    return try #require(target, "\(reference) leads nowhere")
  }

  private func operations() throws -> [(path: String, method: String, node: Node)] {
    let paths = try #require(document["paths"]?.mapping)
    return paths.flatMap { path, item in
      (item.mapping ?? [:]).map { method, node in (path.string ?? "", (method.string ?? "").uppercased(), node) }
    }
  }

  @Test func everyRouteIsDescribedAndNothingElse() throws {
    let described = Set(try operations().map { "\($0.method) \($0.path)" })
    let served = Set(Self.routes.map { "\($0.method) \(Self.path($0))" })
    #expect(described.subtracting(served).isEmpty)
    #expect(served.subtracting(described).isEmpty)
  }

  @Test(arguments: routes) func parametersAreThoseThatTheRouteReads(route: DoorRoute) throws {
    let found = try operations().first { $0.path == Self.path(route) && $0.method == route.method }
    let parameters = try (found?.node["parameters"]?.sequence ?? []).map(resolved)
    func names(_ place: String) -> [String] {
      parameters.filter { $0["in"]?.string == place }.compactMap { $0["name"]?.string }
    }
    #expect(names("query").sorted() == route.query.sorted())
    #expect(
      names("path").sorted()
        == route.path.split(separator: "/").filter { $0.hasPrefix(":") }.map { String($0.dropFirst()) }.sorted())
  }

  @Test func everyReferenceLeadsSomewhereAndEveryCallHasAnIDOfItsOwn() throws {
    func walk(_ node: Node) throws {
      _ = try resolved(node)
      for (_, value) in node.mapping ?? [:] { try walk(value) }
      for value in node.sequence ?? [] { try walk(value) }
    }
    try walk(document)
    let ids = try operations().compactMap { $0.node["operationId"]?.string }
    #expect(ids.count == Self.routes.count)
    #expect(Set(ids).count == ids.count)
  }

  /// All read one, be it only for who the author is, but the revocation of an enrolment token.
  @Test func everyCallThatChangesSomethingSaysWhatItTakes() throws {
    for operation in try operations() where operation.method == "POST" {
      let takesNone = operation.path == "/tokens/{id}/revoke"
      #expect((operation.node["requestBody"] == nil) == takesNone, "\(operation.path)")
    }
  }

  @Test func everyCallSaysHowItIsRefused() throws {
    for operation in try operations() {
      let fallback = operation.node["responses"]?["default"]
      #expect(fallback?["$ref"]?.string == "#/components/responses/Problem", "\(operation.method) \(operation.path)")
    }
  }

  @Test func wordsAreThoseOfTheDomain() throws {
    func words(_ node: Node?) -> [String] { (node?["enum"]?.sequence ?? []).compactMap(\.string) }
    let schemas = document["components"]?["schemas"]
    let parameters = document["components"]?["parameters"]
    #expect(words(schemas?["OrderStatus"]) == OrderStatus.allCases.map(\.rawValue))
    let reasons = schemas?["LikelyDuplicate"]?["properties"]?["why"]?["items"]
    #expect(words(reasons) == LikelyDuplicate.Reason.allCases.map(\.rawValue))
    #expect(words(schemas?["Standing"]) == SyncStanding.allCases.map(\.rawValue))
    #expect(words(schemas?["Cause"]?["properties"]?["cause"]) == AttentionCause.Word.allCases.map(\.rawValue))
    #expect(words(schemas?["Role"]) == Role.allCases.map(\.rawValue))
    #expect(words(parameters?["kind"]?["schema"]) == RegisterTable.kinds)
    #expect(words(parameters?["priority"]?["schema"]) == RegisterTable.priorities)
    #expect(words(parameters?["open"]?["schema"]) == OrderFilter.Standing.allCases.map(\.rawValue))
    func wordsOfItem(_ name: String, _ path: String) throws -> [String] {
      let items = try #require(document["paths"]?[path]?["get"]?["parameters"]?.sequence)
      return words(items.first { $0["name"]?.string == name }?["schema"])
    }
    #expect(try wordsOfItem("state", "/deadlines") == DeadlineState.allCases.map(\.rawValue))
    #expect(try wordsOfItem("stage", "/deadlines") == [Deadline.dispatch] + RegisterTable.stages)
    #expect(try wordsOfItem("by", "/indicators") == IndicatorQuery.Grouping.allCases.map(\.rawValue))
    let described = try #require(document["paths"]?["/orders/{order}/commands"]?["post"]?["description"]?.string)
    for name in described.matches(of: /`([^`]+)`/).flatMap({ $0.output.1.split(whereSeparator: \.isWhitespace) })
    where !["command", "onBehalfOf", "allowed"].contains(name) {
      do {
        _ = try Command(["command": .string(String(name))])
      } catch {
        #expect(!error.message.contains("there is no command"), "\(name)")
      }
    }
  }

  @Test func whatIsServedIsTheDocument() throws {
    #expect(Array(try Data(contentsOf: Self.file)) == PackageResources.openapi_yaml)
  }
}
