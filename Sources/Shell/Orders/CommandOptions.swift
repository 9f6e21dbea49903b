// Options that many commands of both command lines share. What a command does with them is its own business.

import ArgumentParser
import Core
import Foundation

/// `--json`, and printing either way.
public struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON instead of text for people; a refusal too, on standard error.")
  public var json = false

  public init() {}

  /// Prints the document as JSON on one line, or as `printing` lays it out.
  public func show(_ document: JSON, as printing: (JSON, Page) -> [String]) {
    Terminal.write(text(document, on: .terminal, as: printing))
  }

  func text(_ document: JSON, on page: Page, as printing: (JSON, Page) -> [String]) -> String {
    (json ? OutputOptions.harmless(document) : printing(document, page).joined(separator: "\n")) + "\n"
  }

  /// The same JSON value, with what would steer a terminal escaped; such characters occur within strings only.
  static func harmless(_ document: JSON) -> String {
    let text = String(decoding: document.bytes, as: UTF8.self)
    guard Sanitize.line(text) != text else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar.isASCII || Sanitize.line(String(scalar)) == String(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        for unit in String(scalar).utf16 { result += String(format: "\\u%04x", Int(unit)) }
      }
    }
    return result
  }
}

/// How to find the daemon: `--socket`, `--data`, `--config`.
public struct ConnectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The daemon's Unix socket.", valueName: "path"), completion: .file())
  public var socket: String?

  @Option(
    help: ArgumentHelp("The daemon's data directory; the socket is in it unless it is named.", valueName: "dir"),
    completion: .directory)
  public var data: String?

  @Option(
    help: ArgumentHelp("The configuration file (YAML).", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  public var config: String?

  public init() {}

  /// The socket to talk to.
  ///
  /// - Parameters:
  ///   - name: the socket's name in a data directory, as in `agent.sock`.
  ///   - configured: the path by configuration file and environment.
  public func socketPath(named name: String, configured: () throws -> String) rethrows -> String {
    if let socket { return socket }
    if let data { return (data.hasSuffix("/") ? data : data + "/") + name }
    return try configured()
  }

  /// The configuration file to read: the one that is named, else the installed one if it is there.
  public static func file(named name: String?, installed: String) -> String? {
    name ?? (FileManager.default.fileExists(atPath: installed) ? installed : nil)
  }
}

/// Who does it, for the order's history: `--author`, `--role`.
public struct AuthorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Your name in the order's history (default: the user who is logged in).", valueName: "name"))
  public var author: String?

  @Option(help: ArgumentHelp("In what role you act, as in crew or dispatcher.", valueName: "role"))
  public var role: String?

  public init() {}

  /// `{"name","role"}` for the body of a command.
  public func json(
    defaultRole: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> JSON {
    let user = environment["USER"] ?? environment["LOGNAME"] ?? NSUserName()
    return ["name": .string(author ?? user), "role": .string(role ?? defaultRole)]
  }
}

/// `--request`, by which a repeated command finds its first answer.
public struct RequestOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Your own id of this command: repeating it with the same id records nothing twice.", valueName: "id"))
  public var request: String?

  public init() {}

  public func validate() throws {
    guard let request else { return }
    guard (1...Limits.maxRequestIDBytes).contains(request.utf8.count) else {
      throw ValidationError("--request takes 1 to \(Limits.maxRequestIDBytes) bytes.")
    }
  }
}
