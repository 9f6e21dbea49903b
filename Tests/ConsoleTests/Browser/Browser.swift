// A browser as a person uses it: visits, looks, presses, types, and waits for what should come. The wire is in Driver.swift; what a
// page must be for everyone is in Accessibility.swift.

import Core
import Foundation
import Testing

@testable import TestSite

/// How a browser is set up.
struct BrowserSetting: Sendable {
  /// Whether pages may run scripts.
  var hasScript = true
  /// What the browser says it prefers to read.
  var languages = "zh-CN,zh"
  var width = 1_280
  var height = 900
  /// The keys of the servers whose certificates it takes as they are, and of no others: base64 of the SHA-256 of the public key.
  var trustedKeys: [String] = []
}

/// A headless Chromium with a profile of its own.
final class Browser {
  /// How long a person would wait for something on a slow machine, seconds.
  static let patience = 20.0

  let folder: String
  let driver: Driver
  private var heard: [ConsoleLine] = []
  private var departures = 0

  init(_ setting: BrowserSetting) throws {
    folder = NSTemporaryDirectory() + "lxb-" + String(UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    var arguments = [
      "--window-size=\(setting.width),\(setting.height)",
      "--lang=\(setting.languages.prefix { $0 != "," })",
    ]
    if !setting.trustedKeys.isEmpty {
      arguments.append("--ignore-certificate-errors-spki-list=" + setting.trustedKeys.joined(separator: ","))
    }
    if !setting.hasScript { arguments.append("--blink-settings=scriptEnabled=false") }
    driver = try Driver(
      folder: folder, arguments: arguments, preferences: ["intl.accept_languages": .string(setting.languages)])
    try resize(width: setting.width, height: setting.height)
  }

  deinit {
    driver.end()
    try? FileManager.default.removeItem(atPath: folder)  // a leftover of a test harms nobody
  }

  // MARK: Where it is

  func visit(_ address: String) throws { try driver.post("/url", ["url": .string(address)]) }
  func reload() throws { try driver.post("/refresh") }
  func back() throws { try driver.post("/back") }
  var address: String { get throws { try driver.get("/url").asString ?? "" } }
  var title: String { get throws { try driver.get("/title").asString ?? "" } }

  /// The size that pages see, also where it is narrower than a window can be.
  func resize(width: Int, height: Int) throws {
    try driver.chromium(
      "Emulation.setDeviceMetricsOverride",
      ["width": .int(width), "height": .int(height), "deviceScaleFactor": 1, "mobile": false])
  }

  func prefer(_ scheme: ColourScheme, reducedMotion: Bool = true) throws {
    try driver.chromium(
      "Emulation.setEmulatedMedia",
      [
        "features": [
          ["name": "prefers-color-scheme", "value": .string(scheme.rawValue)],
          ["name": "prefers-reduced-motion", "value": .string(reducedMotion ? "reduce" : "no-preference")],
        ]
      ])
  }

  /// As the page goes to a printer.
  func printed() throws { try driver.chromium("Emulation.setEmulatedMedia", ["media": "print"]) }

  // MARK: Looking

  /// Runs a script in the page, also in one that may run none of its own; its `return` value.
  @discardableResult
  func ask(_ script: String, _ arguments: JSON...) throws -> JSON {
    try driver.post("/execute/sync", ["script": .string(script), "args": .array(arguments)])
  }

  /// Waits until `condition` holds, asking again and again; what is just being replaced counts as not there yet.
  func wait(for what: String, within seconds: Double = Browser.patience, _ condition: () throws -> Bool) throws {
    do {
      try eventually(what, within: seconds) {
        do { return try condition() } catch let error as BrowserError where error.mayPass { return false }
      }
    } catch let error as NotInTime {
      let page = (try? ask("return document.body.innerText")).flatMap(\.asString) ?? ""
      throw NotInTime(description: "\(error.description)\nat \((try? address) ?? "?"):\n\(page.prefix(3_000))")
    }
  }

  func has(_ selector: String) throws -> Bool { try count(selector) > 0 }

  func count(_ selector: String) throws -> Int {
    try ask("return document.querySelectorAll(arguments[0]).length", .string(selector)).asInt ?? 0
  }

  /// What a person reads in the first element of `selector`, or in the whole page.
  func text(_ selector: String = "body") throws -> String {
    try ask("return document.querySelector(arguments[0]).innerText", .string(selector)).asString ?? ""
  }

  /// What a person reads in each element of `selector`.
  func texts(_ selector: String) throws -> [String] {
    try ask("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", .string(selector))
      .asArray?.compactMap(\.asString) ?? []
  }

  func value(_ selector: String) throws -> String {
    try ask("return document.querySelector(arguments[0]).value", .string(selector)).asString ?? ""
  }

  func attribute(_ name: String, of selector: String) throws -> String? {
    try ask("return document.querySelector(arguments[0]).getAttribute(arguments[1])", .string(selector), .string(name))
      .asString
  }

  func wait(forElement selector: String, within seconds: Double = Browser.patience) throws {
    try wait(for: "an element \(selector)", within: seconds) { try has(selector) }
  }

  func wait(forText text: String, in selector: String = "body", within seconds: Double = Browser.patience) throws {
    try wait(for: "'\(text)' in \(selector)", within: seconds) { try self.text(selector).contains(text) }
  }

  // MARK: Doing

  /// Presses the first element of `selector` with the pointer, once it is there and can be pressed.
  func click(_ selector: String) throws {
    try wait(for: "\(selector) can be pressed") {
      try driver.post("/element/\(try element(selector))/click")
      return true
    }
  }

  /// Presses what loads another page, and waits until that page is there.
  func follow(_ selector: String) throws {
    try leaving { try click(selector) }
  }

  /// Does what loads another page, and waits until that page is there.
  func leaving(_ action: () throws -> Void) throws {
    // A page that is come back to may still hold the mark of an earlier departure.
    departures += 1
    try ask("window.lianxinTestLeaving = arguments[0]", .int(departures))
    try action()
    try wait(for: "the next page") {
      try ask(
        "return window.lianxinTestLeaving !== arguments[0] && document.readyState === 'complete'", .int(departures)
      ).asBool == true
    }
  }

  /// Types into a field, key by key, behind what stands in it.
  func type(_ text: String, into selector: String) throws {
    try wait(for: "\(selector) takes text") {
      try driver.post("/element/\(try element(selector))/value", ["text": .string(text)])
      return true
    }
  }

  /// Makes a field hold `text`, whatever it is: what no keyboard has, too.
  func fill(_ selector: String, with text: String) throws {
    try wait(forElement: selector)
    try ask(
      """
      const field = document.querySelector(arguments[0]);
      field.value = arguments[1];
      field.dispatchEvent(new Event('input', {bubbles: true}));
      field.dispatchEvent(new Event('change', {bubbles: true}));
      """, .string(selector), .string(text))
  }

  /// Presses keys one after the other, wherever the focus is.
  func press(_ keys: Key...) throws { try press(keys) }

  func press(_ keys: [Key]) throws {
    var steps: [JSON] = []
    for key in keys {
      for held in key.held { steps.append(["type": "keyDown", "value": .string(held)]) }
      steps.append(["type": "keyDown", "value": .string(key.value)])
      steps.append(["type": "keyUp", "value": .string(key.value)])
      for held in key.held.reversed() { steps.append(["type": "keyUp", "value": .string(held)]) }
    }
    try driver.post("/actions", ["actions": [["type": "key", "id": "keyboard", "actions": .array(steps)]]])
  }

  /// Types text wherever the focus is.
  func type(_ text: String) throws { try press(text.map { Key($0) }) }

  private func element(_ selector: String) throws -> String {
    let found = try driver.post("/element", ["using": "css selector", "value": .string(selector)])
    return try demand(found.asObject?.first?.value.asString, "an element has an id")
  }

  // MARK: What it says beside the page

  /// Everything that the browser's console has said so far: the pages' own lines, what could not be loaded, what the pages' policy
  /// forbade.
  func console() throws -> [ConsoleLine] {
    for line in try driver.post("/se/log", ["type": "browser"]).asArray ?? [] { heard.append(try ConsoleLine(line)) }
    return heard
  }

  /// The window as a PNG file of 256 colours.
  func picture() throws -> [UInt8] {
    let whole = try driver.get("/screenshot")
    let small = try ask(Browser.script("palette"), whole).asString ?? ""
    return Array(try demand(Data(base64Encoded: small), "a picture is base64"))
  }
}

enum ColourScheme: String, CaseIterable, Sendable { case light, dark }

/// A line of the browser's console.
struct ConsoleLine: Sendable, CustomStringConvertible {
  let level: String
  /// `security` for what the content security policy forbade, `javascript` for an exception that nobody caught, `network` for what
  /// could not be loaded, `console-api` for what a script said.
  let source: String
  let message: String

  init(_ line: JSON) throws {
    level = try line.string("level")
    source = try line.optionalString("source") ?? ""
    message = try line.string("message")
  }

  var description: String { "\(level) \(source): \(message)" }
}

/// A key, with those that are held down meanwhile. Values are W3C WebDriver's §17.4.2.
struct Key: Sendable {
  let value: String
  let held: [String]

  init(_ character: Character) {
    value = String(character)
    held = []
  }

  private init(_ value: String, held: [String] = []) {
    self.value = value
    self.held = held
  }

  static let tab = Key("\u{E004}")
  static let enter = Key("\u{E007}")
  static let escape = Key("\u{E00C}")
  static let space = Key(" ")
  static let up = Key("\u{E013}")
  static let down = Key("\u{E015}")
  static let home = Key("\u{E011}")
  static let end = Key("\u{E010}")
  static let backTab = Key("\u{E004}", held: ["\u{E008}"])
}
