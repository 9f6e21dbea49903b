// How a command reaches the running hub, and what goes there and comes back. Options and printing that both command
// lines have are Shell's.

import ArgumentParser
import Core
import Foundation
import Shell

extension ConnectionOptions {
  /// The whole configuration: flags over environment over file. `more` are texts by key, from a command's own flags.
  func settings(_ more: [String: String] = [:]) throws(ConfigFailure) -> HubSettings {
    var overrides = more
    overrides["data"] = data
    overrides["socket"] = socket ?? data.map { ($0.hasSuffix("/") ? $0 : $0 + "/") + "hub.sock" }
    return try HubSettings.load(file: config, overrides: overrides)
  }
}

/// What every command that speaks to the running hub takes.
struct HubOptions: ParsableArguments {
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func client() throws -> DaemonClient {
    let socket = try connection.socketPath(named: "hub.sock") { try connection.settings().socketPath }
    return try DaemonClient(socket: socket, startCommand: "lianxin-hub serve", statuses: DaemonClient.statuses)
  }
}

/// One request to the hub: a GET without a body, else a POST.
struct HubCall: Equatable, Sendable {
  let path: String
  let body: JSON?

  static func get(_ path: String) -> HubCall { HubCall(path: path, body: nil) }
  /// Members without a value are left out.
  static func post(_ path: String, _ members: [(String, JSON?)]) -> HubCall {
    HubCall(path: path, body: .compact(members))
  }
}

extension DaemonClient {
  /// The hub's answer.
  func answer(_ call: HubCall) throws(CommandFailure) -> JSON {
    if let body = call.body { try post(call.path, body) } else { try document(call.path) }
  }
}

/// A command that is one request, its answer shown as JSON or for people.
protocol HubRequestCommand: AsyncParsableCommand {
  var hub: HubOptions { get }
  /// What is asked.
  func call() throws -> HubCall
  /// The answer for people.
  func lines(_ answer: JSON, on page: Page) -> [String]
}

extension HubRequestCommand {
  func run() async throws {
    hub.output.show(try hub.client().answer(try call()), as: lines)
  }
}

extension JSON {
  /// The text of a member that is a string or a number, else nothing.
  func text(_ key: String) -> String {
    switch self[key] {
    case .string(let text)?: text
    case .int(let number)?: String(number)
    default: ""
    }
  }

  func list(_ key: String) -> [JSON] { self[key]?.asArray ?? [] }
  func isTrue(_ key: String) -> Bool { self[key]?.asBool == true }
}

extension TextTable {
  /// The table's lines, or `message` if it has no rows.
  func lines(on page: Page, ifEmpty message: String) -> [String] {
    isEmpty ? [message] : lines(width: page.width, style: page.style)
  }
}

extension String {
  /// `a, b` as its parts.
  var commaSeparated: [String] {
    split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}

/// Refuses a word that is not among those allowed, naming them.
func checkWord(_ word: String?, among allowed: [String], as name: String) throws {
  guard let word, !allowed.contains(word) else { return }
  throw ValidationError("'\(Sanitize.line(word))' is no \(name); it is one of \(allowed.joined(separator: ", ")).")
}

/// A value written as JSON.
func parseJSON(_ text: String) throws -> JSON {
  do {
    return try JSON(parsing: Array(text.utf8))
  } catch {
    throw ValidationError(
      "'\(Sanitize.line(String(text.prefix(200))))' is not JSON: it has \(error)."
        + " Write a text with its quotes, as in '\"text\"'."
    )
  }
}

/// A register and its value, as in `category={"code":"17"}`.
func parseRegister(_ text: String) throws -> JSON.Member {
  guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
    throw ValidationError("'\(Sanitize.line(String(text.prefix(200))))' is not NAME=JSON, as in 'confidential=true'.")
  }
  return JSON.Member(String(text[..<equals]), try parseJSON(String(text[text.index(after: equals)...])))
}
