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

/// What every command that speaks to the running hub takes: where it is, and how its answer is shown. The options of a hub on another
/// machine stand here and not in a group of their own, since each level of groups multiplies what ArgumentParser checks in debug builds.
struct HubOptions: ParsableArguments {
  @OptionGroup var connection: ConnectionOptions
  @Option(
    help: ArgumentHelp(
      "A hub on another machine: its console's address, as https://hub.example.org:7444 (or LIANXIN_URL).",
      valueName: "url"))
  var url: String?
  @Option(
    help: ArgumentHelp(
      "With --url: the certificate of the authority that vouches for it (or LIANXIN_CA).", valueName: "file"),
    completion: .file())
  var ca: String?
  @Option(
    help: ArgumentHelp(
      "With --url: your API token is the file's first line; - is standard input (or LIANXIN_TOKEN, the token itself).",
      valueName: "file"), completion: .file())
  var tokenFile: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard url == nil || !namesThisMachine else {
      throw ValidationError("--url is a hub on another machine: leave --socket, --data and --config out.")
    }
  }

  private var namesThisMachine: Bool { connection.socket != nil || connection.data != nil || connection.config != nil }

  /// The way to the hub.
  ///
  /// - Parameter author: whom the command line names as the author, nil where nobody is named. At a hub on another machine that is the
  ///   account of the token, and nobody else.
  func client(author: String?) throws -> DaemonClient {
    if let hub = try remote() {
      guard author == nil else {
        throw CommandFailure(
          "--author does not go with the hub at \(hub.url): the account of your API token is the author",
          remedy: "leave --author out", status: .usage)
      }
      return try DaemonClient(hub, statuses: DaemonClient.statuses)
    }
    let socket = try connection.socketPath(named: "hub.sock") { try connection.settings().socketPath }
    return try DaemonClient(socket: socket, startCommand: "lianxin-hub serve", statuses: DaemonClient.statuses)
  }

  /// The hub on another machine, or nil where this machine's is meant. Flags go before the environment, and who names this machine's hub
  /// means it whatever the environment says.
  func remote(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CommandFailure) -> RemoteHub? {
    func set(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    guard let url = url ?? (namesThisMachine ? nil : set("LIANXIN_URL")) else {
      guard ca == nil, tokenFile == nil else {
        throw CommandFailure(
          "--ca and --token-file are for a hub on another machine", remedy: "add --url, or set LIANXIN_URL",
          status: .usage)
      }
      return nil
    }
    guard let parts = URLComponents(string: url), parts.scheme?.lowercased() == "https", parts.host?.isEmpty == false,
      ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil, parts.user == nil
    else {
      throw CommandFailure(
        "'\(Sanitize.line(String(url.prefix(200))))' is no console's address",
        remedy: "write it as https://HOST:PORT", status: .usage)
    }
    guard let caFile = ca ?? set("LIANXIN_CA") else {
      throw CommandFailure(
        "nothing says which authority vouches for \(url)",
        remedy: "give --ca, or set LIANXIN_CA: it is keys/ca.pem of the hub's data directory", status: .usage)
    }
    guard FileManager.default.isReadableFile(atPath: caFile) else {
      throw CommandFailure(
        "cannot read the authority's certificate \(caFile)", remedy: "fetch keys/ca.pem from the hub's data directory",
        status: .usage)
    }
    let read = try tokenFile.map { file throws(CommandFailure) in try SecretInput.read(file: file, as: "token") }
    guard let token = read ?? set("LIANXIN_TOKEN") else {
      throw CommandFailure(
        "there is no API token for \(url)",
        remedy: "give --token-file, or set LIANXIN_TOKEN; `lianxin-hub user token create` makes one at the hub",
        status: .usage)
    }
    return RemoteHub(
      url: url.hasSuffix("/") ? String(url.dropLast()) : url, caFile: caFile,
      token: token.trimmingCharacters(in: .whitespacesAndNewlines))
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
  /// Whom the command line names as the author, where the command takes one.
  var author: String? { get }
  /// What is asked.
  func call() throws -> HubCall
  /// The answer for people.
  func lines(_ answer: JSON, on page: Page) -> [String]
}

extension HubRequestCommand {
  var author: String? { nil }

  func run() async throws {
    hub.output.show(try hub.client(author: author).answer(try call()), as: lines)
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
