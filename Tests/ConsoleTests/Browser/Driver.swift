// chromedriver as a child process and the calls of the WebDriver protocol (W3C WebDriver Level 2) on one session of it. What a test
// does in a page is Browser's.

import Core
import Foundation
import Testing

@testable import TestSite

/// One session of a headless Chromium under a chromedriver of its own. The browser hangs on a pipe to its driver, so that it ends with
/// it, however that ends.
final class Driver {
  private let folder: String
  private let process: ChildProcess
  private let port: Int
  private var session = ""

  /// - Parameters:
  ///   - folder: for profile, logs and what the programs write; it must outlive the session.
  ///   - arguments: more of the browser's command line.
  ///   - preferences: of the profile.
  init(folder: String, arguments: [String], preferences: JSON) throws {
    guard let programs = Chromium.programs else { throw BrowserError.notInstalled }
    self.folder = folder
    let process = try ChildProcess(
      programs.driver, ["--port=0"], scratch: folder, environment: ["HOME": folder, "XDG_CONFIG_HOME": folder])
    self.process = process
    var port = 0
    try eventually("chromedriver says on which port it listens") {
      let said = try String(contentsOfFile: process.output, encoding: .utf8)
      port = said.firstMatch(of: #/started successfully on port (\d+)/#).flatMap { Int($0.1) } ?? 0
      return port > 0
    }
    self.port = port

    var switches = [
      "--headless=new", "--remote-debugging-pipe", "--user-data-dir=\(folder)/profile", "--no-first-run",
      "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
      "--disable-crash-reporter", "--mute-audio", "--force-color-profile=srgb", "--hide-scrollbars",
    ]
    // Chromium's sandbox refuses to work for root.
    if geteuid() == 0 { switches.append("--no-sandbox") }
    let options: JSON = [
      "binary": .string(programs.browser), "args": .array((switches + arguments).map(JSON.string)),
      "prefs": preferences,
    ]
    let capabilities: JSON = [
      "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"],
      "unhandledPromptBehavior": "ignore",
      "timeouts": ["implicit": 0, "pageLoad": 30_000, "script": 20_000],
    ]
    let made = try call("POST", "/session", ["capabilities": ["alwaysMatch": capabilities]])
    session = try made.string("sessionId")
  }

  deinit { end() }

  /// Closes the browser; when this returns, no process of it is left.
  func end() {
    if !session.isEmpty {
      _ = try? call("DELETE", "/session/" + session)  // what does not close is killed
      session = ""
    }
    process.kill()
    // What hangs on the pipe goes at once; what does not is ended by hand.
    let isGone = (try? eventually("the browser ends", within: 5) { living.isEmpty }) != nil
    if !isGone { for process in living { Foundation.kill(process, SIGKILL) } }
  }

  /// The browser's processes: those that have its folder on their command line.
  var living: [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { entry in
      guard let id = Int32(entry), let line = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") else {
        return nil  // not a process, or gone meanwhile
      }
      return String(decoding: line, as: UTF8.self).contains(folder) ? id : nil
    }
  }

  var driverID: Int32 { process.pid }

  /// A call on the session: its path behind `/session/{id}`.
  @discardableResult
  func post(_ path: String, _ body: JSON = [:]) throws -> JSON { try call("POST", "/session/\(session)\(path)", body) }
  func get(_ path: String) throws -> JSON { try call("GET", "/session/\(session)\(path)") }
  @discardableResult
  func delete(_ path: String) throws -> JSON { try call("DELETE", "/session/\(session)\(path)") }

  /// A command of Chromium's own debugging protocol, for what WebDriver has no word for.
  @discardableResult
  func chromium(_ command: String, _ parameters: JSON = [:]) throws -> JSON {
    try post("/goog/cdp/execute", ["cmd": .string(command), "params": parameters])
  }

  private func call(_ method: String, _ path: String, _ body: JSON? = nil) throws -> JSON {
    let answer = try LoopbackHTTP.send(method, path, port: port, body: body?.bytes ?? [])
    let value = try JSON(parsing: answer.body)["value"] ?? .null
    guard answer.status == 200 else {
      throw BrowserError.refused(
        call: "\(method) \(path)", code: value["error"]?.asString ?? "\(answer.status)",
        message: value["message"]?.asString.map { String($0.prefix(600)) } ?? "")
    }
    return value
  }
}
