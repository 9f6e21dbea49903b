// Who gives a command and by which id, and what every step on an order takes.

import ArgumentParser
import Core
import Foundation
import Shell

/// `--author` and `--request`.
struct OperatorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Your name in the order's history (default: the user who is logged in).", valueName: "name"))
  var author: String?
  @OptionGroup var request: RequestOptions

  var members: [(String, JSON?)] { Self.members(author: author, request: request) }

  /// The members that every command's body has.
  static func members(author: String?, request: RequestOptions) -> [(String, JSON?)] {
    [("request", request.request.map(JSON.string)), ("author", ["name": .string(name(author)), "role": "operator"])]
  }

  /// The name given, else that of the user who is logged in.
  static func name(
    _ author: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    let user = environment["USER"] ?? environment["LOGNAME"] ?? ""
    return author ?? (user.isEmpty ? "unknown" : user)
  }
}

/// What every step on an order takes. Options are named here again that ``OperatorOptions`` has, since each level of
/// groups multiplies what ArgumentParser checks in debug builds.
struct StepOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Which assignment is meant, where it is not plain.", valueName: "id"))
  var assignment: String?
  @Option(
    help: ArgumentHelp("Your name in the order's history (default: the user who is logged in).", valueName: "name"))
  var author: String?
  @OptionGroup var request: RequestOptions
  @OptionGroup var hub: HubOptions

  var members: [(String, JSON?)] {
    [("assignment", assignment.map(JSON.string))] + OperatorOptions.members(author: author, request: request)
  }
}
