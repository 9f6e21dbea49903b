// What only the operators' calls have beside every door's: lists of texts, and the hotline as the author. The routes are in
// OperatorsAPI.swift.

import Core
import Shell

extension DoorCall {
  /// A list of texts in the body, empty where absent.
  func strings(_ key: String) throws -> [String] {
    guard let value = try body()[key], !value.isNull else { return [] }
    guard let elements = value.asArray else { throw JSONError(.wrongType, field: key) }
    return try elements.map { element in
      guard let text = element.asString else { throw JSONError(.wrongType, field: key) }
      return text
    }
  }

  /// Who gives the command, where the body says it: the socket's callers may.
  func author() throws -> Author? {
    guard let given = try body()["author"], !given.isNull else { return nil }
    let author = try author(orElse: Author(name: "operator", role: "operator"))
    guard max(author.name.utf8.count, author.role.utf8.count) <= OperatorsLimits.maxAuthorBytes else {
      throw Problem(.badBody, "an author's name and role have at most \(OperatorsLimits.maxAuthorBytes) bytes each")
    }
    return author
  }

  /// A role in the body, or nil.
  func role(_ key: String) throws -> Role? {
    guard let text = try body().optionalString(key) else { return nil }
    guard let role = Role(rawValue: text) else {
      throw Problem(
        .badCommand,
        "'\(text.prefix(32))' is no role; use \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return role
  }
}
