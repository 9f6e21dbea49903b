// A hub with its console, and the people who work at it, each with an account and a browser. What they see there is the stories'.

import Core
import Foundation
import Testing

@testable import TestSite

/// The four who work at the hotline; their names say what they may do.
enum Person: String, CaseIterable, Sendable {
  case viewer, `operator`, supervisor, administrator

  var password: String { "\(rawValue) walks by the river" }
}

/// A site whose hub has a console, where whoever comes to work has an account.
final class Office {
  let site: Site
  let key: String
  private var staff: Set<Person> = []

  init(_ platforms: String...) throws {
    site = try Site(platforms: platforms, console: true)
    key = try keyToTrust(ofCertificate: site.hub.data + "/keys/server.pem")
  }

  /// Gives a person an account, unless there is one: a password's hash takes seconds in a debug build.
  func hire(_ person: Person) throws {
    guard staff.insert(person).inserted else { return }
    let made = try site.hub.post(
      "/v1/users",
      ["name": .string(person.rawValue), "role": .string(person.rawValue), "password": .string(person.password)])
    try #require(made.status == 200, "\(made)")
  }

  func address(_ path: String) throws -> String { "https://localhost:\(try site.consolePort)\(path)" }

  /// Lets a person work in a browser. At the end nothing may have been said against any page of it: no script failed, nothing that
  /// the pages' policy forbids was tried.
  ///
  /// - Parameters:
  ///   - person: who is signed in from the start; nil: nobody.
  ///   - statuses: of answers that are refusals and are meant to come.
  func browse(
    as person: Person? = .operator, _ setting: BrowserSetting = BrowserSetting(), expecting statuses: Set<Int> = [],
    sourceLocation: SourceLocation = #_sourceLocation, _ work: (Browser) throws -> Void
  ) throws {
    var setting = setting
    setting.trustedKeys = [key]
    let browser = try Browser(setting)
    if let person {
      try browser.visit(address("/sign-in"))
      try signIn(person, in: browser)
    }
    try work(browser)
    let faults = try browser.console().filter { line in
      guard line.level != "DEBUG", line.level != "INFO" else { return false }
      return line.source != "network" || !statuses.contains { line.message.contains("status of \($0)") }
    }
    #expect(faults.isEmpty, "the browser complained: \(faults)", sourceLocation: sourceLocation)
    #expect(try browser.ask("return window.lianxinPwned ?? 'no'") == "no", sourceLocation: sourceLocation)
    let said = try String(contentsOfFile: site.hub.process?.log ?? "", encoding: .utf8)
    #expect(!said.contains("console.policy.violated"), sourceLocation: sourceLocation)
    #expect(!said.contains("console.template.unknown"), sourceLocation: sourceLocation)
  }

  /// By the form, from wherever it is shown.
  func signIn(_ person: Person, in browser: Browser) throws {
    try hire(person)
    try browser.type(person.rawValue, into: "#name")
    try browser.type(person.password, into: "#password")
    try browser.leaving { try browser.press(.enter) }
    try browser.wait(for: "\(person) is signed in") { try !browser.address.contains("/sign-in") }
  }
}

extension Browser {
  /// Opens a page of the console and waits until its stream of events runs, so that nothing that happens from then on is missed.
  func watch(_ address: String) throws {
    try visit(address)
    try wait(forElement: "#live[data-state=live]")
  }

  /// Chooses a value of the select box that has the focus, by the arrow keys.
  func choose(_ value: String) throws {
    let steps = try ask(
      """
      const box = document.activeElement;
      return [...box.options].filter(o => !o.disabled).findIndex(o => o.value === arguments[0])
        - [...box.options].filter(o => !o.disabled).findIndex(o => o.selected);
      """, .string(value)
    ).asInt
    let count = try demand(steps, "the focus is on a select box with '\(value)'")
    try press(Array(repeating: count < 0 ? .up : .down, count: abs(count)))
    try demand(try ask("return document.activeElement.value") == .string(value), "the box shows '\(value)'")
  }

  /// Presses Tab until the focus is on `selector`.
  func tab(to selector: String) throws {
    for _ in 0..<200 {
      if try ask("return document.activeElement?.matches(arguments[0]) ?? false", .string(selector)) == true { return }
      try press(.tab)
    }
    throw Unmet(description: "Tab never comes to \(selector)")
  }

  /// Unfolds the step of a command on an order's page, fills its form, and presses its button.
  func perform(_ command: String, _ fields: [String: String] = [:]) throws {
    let form = "form:has(input[name=command][value=\(command)])"
    try ask("document.querySelector(arguments[0]).closest('details').open = true", .string(form))
    for (name, value) in fields {
      try ask(
        """
        const field = document.querySelector(arguments[0]).elements[arguments[1]];
        if (field.type === 'checkbox') field.checked = arguments[2] === 'true'; else field.value = arguments[2];
        field.dispatchEvent(new Event('input', {bubbles: true}));
        """, .string(form), .string(name), .string(value))
    }
    try follow(form + " button:not([type=button])")
  }
}
