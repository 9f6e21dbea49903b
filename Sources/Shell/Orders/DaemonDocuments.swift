// The daemon's answers as JSON trees.

import Core

extension DaemonClient {
  /// Exit statuses of problem codes for which the HTTP status says too little.
  public static let statuses: [String: CommandStatus] = [
    ProblemCode.illegalStep.rawValue: .refusedByRule, ProblemCode.notAssigned.rawValue: .refusedByRule,
    ProblemCode.ambiguous.rawValue: .usage, ProblemCode.notPermitted.rawValue: .refusedByRule,
    ProblemCode.diskFull.rawValue: .failure, ProblemCode.unseen.rawValue: .refusedByRule,
  ]

  /// The document at `path`.
  public func document(_ path: String, timeout: Duration = .seconds(30)) throws(CommandFailure) -> JSON {
    try DaemonClient.parse(try get(path, timeout: timeout))
  }

  /// The answer to `body`.
  public func post(_ path: String, _ body: JSON, timeout: Duration = .seconds(60)) throws(CommandFailure) -> JSON {
    try DaemonClient.parse(try post(path, stated(body).bytes, timeout: timeout))
  }

  private static func parse(_ bytes: [UInt8]) throws(CommandFailure) -> JSON {
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw CommandFailure(
        "the daemon's answer cannot be read: it has \(error)",
        remedy: "check that command line and daemon have the same version", status: .internalError)
    }
  }
}
