// How a command of the demonstration is given: with its own marker and request id, over the socket or by the real command line, and
// repeated under the same request id until it is answered, whoever is killed meanwhile.

import Core
import Foundation
import Shell
import Synchronization

final class Desk: Sendable {
  let world: World
  let ledger: Ledger
  /// Kept-alive connections that nobody uses now.
  private let idle = Mutex<[Side: [DaemonClient]]>([:])

  /// Longer than a killed process needs to come back.
  private static let patience: Duration = .seconds(30)

  init(_ world: World, _ ledger: Ledger) {
    self.world = world
    self.ledger = ledger
  }

  // MARK: Reading

  func get(_ side: Side, _ path: String) throws -> JSON {
    try patiently { try withClient(side) { try $0.document(path) } }
  }

  func bytes(_ side: Side, _ path: String) throws -> [UInt8] {
    try patiently { try withClient(side) { try $0.get(path) } }
  }

  /// A call that is in no ledger.
  func post(_ side: Side, _ path: String, _ body: JSON) throws -> JSON {
    try withClient(side) { try $0.post(path, body) }
  }

  /// Again and again while the daemon does not answer, as it may have been killed and come back.
  func patiently<Value>(_ ask: () throws -> Value) throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + Desk.patience
    while true {
      do {
        return try ask()
      } catch let failure as CommandFailure where failure.status == .daemonUnreachable && clock.now < end {
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  /// All rows of a paged list.
  func all(_ side: Side, _ list: String, query: [(String, String)] = [], key: String? = nil) throws -> [JSON] {
    var rows: [JSON] = []
    var after: String?
    repeat {
      let items = query + [("limit", "1000")] + (after.map { [("after", $0)] } ?? [])
      let text = items.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
      let page = try get(side, "/v1/\(list)?\(text)")
      rows += page[key ?? list]?.asArray ?? []
      after = page["next"].flatMap { $0.asString ?? $0.asInt.map(String.init) }
    } while after != nil
    return rows
  }

  private func withClient<Value>(_ side: Side, _ body: (DaemonClient) throws -> Value) throws -> Value {
    let client =
      try idle.withLock({ $0[side]?.popLast() })
      ?? DaemonClient(socket: world.socket(side), startCommand: world.program(side), statuses: DaemonClient.statuses)
    let value = try body(client)
    idle.withLock { $0[side, default: []].append(client) }
    return value
  }

  // MARK: Giving commands

  /// Gives a command that is made with a fresh marker.
  ///
  /// - Parameters:
  ///   - order: nil where the step makes one.
  ///   - byCommandLine: through the real program instead of its socket, where it has that command.
  @discardableResult
  func perform(
    _ side: Side, _ order: String?, byCommandLine: Bool = false, _ make: (String) -> Step
  ) throws -> Outcome {
    let marker = ledger.marker()
    let step = make(marker)
    let request = "ask" + marker.dropFirst(4)
    let isByCommandLine = byCommandLine && step.words != nil
    var attempts = 0
    let clock = ContinuousClock()
    let start = clock.now
    func write(_ outcome: Outcome) throws -> Outcome {
      try ledger.write(
        outcome, marker, request: request, side, target: order, step, attempts: attempts,
        took: start.duration(to: clock.now), throughCommandLine: isByCommandLine)
      return outcome
    }
    do {
      // Whether a call that broke off was recorded is unknown: the same request id finds that out.
      let answer = try patiently {
        attempts += 1
        return isByCommandLine
          ? try ask(commandLine: side, order, step, marker, request)
          : try ask(socket: side, order, step, marker, request)
      }
      return try write(.recorded(order: try answer.string("order"), dot: try answer.string("dot")))
    } catch let failure as CommandFailure where failure.status == .refusedByRule {
      return try write(.refused)
    } catch let failure as CommandFailure {
      throw CommandFailure(
        "\(side.name), \(step.what) on \(order ?? "a new order"): \(failure)", status: failure.status)
    }
  }

  /// Gives a recorded command once more, as one whose answer was lost would be.
  func again(_ edit: Edit) throws {
    let answer = try ask(socket: edit.side, edit.target, edit.step, edit.marker, edit.request)
    ledger.repeated(
      edit, dot: answer["dot"]?.asString ?? "", isMarkedRepeated: answer["repeated"]?.asBool == true)
  }

  private func author(_ side: Side, _ marker: String) -> String { "\(side == .hub ? "operator" : "crew") \(marker)" }

  private func ask(
    socket side: Side, _ order: String?, _ step: Step, _ marker: String, _ request: String
  ) throws -> JSON {
    let fields = step.fields.map { JSON.Member($0.0, $0.1) }
    let common = [
      JSON.Member("request", .string(request)),
      JSON.Member(
        "author", ["name": .string(author(side, marker)), "role": side == .hub ? "operator" : "crew"]),
    ]
    let body = JSON.object(step.makesOrder ? [JSON.Member("registers", .object(fields))] + common : fields + common)
    let path = order.map { DaemonClient.path("v1", "orders", $0, "commands") } ?? "/v1/orders"
    return try withClient(side) { try $0.post(path, body) }
  }

  private func ask(
    commandLine side: Side, _ order: String?, _ step: Step, _ marker: String, _ request: String
  ) throws -> JSON {
    let words = step.words ?? ([], [])
    let finished = try world.commandLine(
      side,
      words.before + (order.map { [$0] } ?? []) + words.after
        + ["--request", request, "--author", author(side, marker), "--json"])
    guard finished.status == 0 else {
      throw CommandFailure(
        finished.errors.trimmingCharacters(in: .whitespacesAndNewlines),
        status: CommandStatus(rawValue: finished.status) ?? .internalError)
    }
    return try JSON(parsing: finished.output)
  }
}
