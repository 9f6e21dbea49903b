// What only the agent's calls have beside every door's: filters for its lists, and the crew as the author. The routes are LocalAPI's.

import Core
import Shell

extension DoorCall {
  func status() throws(Problem) -> OrderStatus? {
    guard let text = query("status") else { return nil }
    guard let status = OrderStatus(rawValue: text) else {
      throw Problem(.badBody, "'status' is one of \(OrderStatus.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return status
  }

  /// A query item that is an order's id.
  func order(_ name: String) throws(Problem) -> OrderID? {
    guard let text = query(name) else { return nil }
    do {
      return try OrderID(text)
    } catch {
      throw Problem(.badBody, "'\(name)': \(error.description)")
    }
  }

  /// Who gives the command.
  func author() throws -> Author { try author(orElse: Author(name: "local", role: "crew")) }
}
