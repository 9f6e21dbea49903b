// On what documents are printed: width, colour, time zone and clock; and how values of registers read for people.

import Core
import Foundation

/// Where a document is shown. Tests make their own; commands use ``terminal``.
public struct Page: Sendable {
  /// Columns; nil means that nothing is cut.
  public let width: Int?
  public let style: Style
  public let zone: TimeZone
  /// Milliseconds since 1970, for ages.
  public let now: Int

  public init(width: Int?, style: Style, zone: TimeZone, now: Int) {
    self.width = width
    self.style = style
    self.zone = zone
    self.now = now
  }

  /// Standard output, now.
  public static var terminal: Page {
    Page(width: Terminal.width(), style: .standardOutput, zone: .current, now: Page.wallClock())
  }

  /// Milliseconds since 1970 by this machine's clock.
  public static func wallClock() -> Int { Int(Date().timeIntervalSince1970 * 1000) }

  /// Local date and time to the second; nothing for nil.
  public func time(_ milliseconds: Int?) -> String {
    milliseconds.map { TimeText.local(Int64($0), in: zone) } ?? ""
  }

  /// `3 m ago`, `in 2 h`; nothing for nil.
  public func age(_ milliseconds: Int?) -> String {
    milliseconds.map { TimeText.ago(Int64($0), now: Int64(now)) } ?? ""
  }

  /// A heading between the parts of a document.
  func heading(_ text: String) -> [String] { ["", style.paint(text, .bold)] }

  /// A value that may run over several lines, the later ones indented under the first. Nothing of it is cut or obeyed.
  func paragraph(_ text: String, indent: Int) -> String {
    let lines = Sanitize.block(text).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }

  /// `Label:   value` lines with aligned values; pairs without a value are left out.
  public func facts(_ pairs: [(String, String)]) -> [String] {
    let shown = pairs.filter { !$0.1.isEmpty }
    let width = shown.map(\.0.displayWidth).max() ?? 0
    return shown.map { label, value in
      let space = String(repeating: " ", count: width - label.displayWidth + 2)
      return style.paint(label, .dim) + space + paragraph(value, indent: width + 2)
    }
  }
}

extension Page {
  /// A register's or entry's value as people read it: instants as local times, records as `field: value`, by its shape.
  func text(_ value: JSON, _ shape: ValueShape) -> String {
    switch (value, shape) {
    case (.int(let instant), .instant): time(instant)
    case (_, .sealed(let inner)): value["sealed"] == nil ? text(value, inner) : "(sealed)"
    case (.object(let members), .record(let fields)):
      members.map { member in
        let inner = fields.first { $0.name == member.key }?.shape ?? .any
        return "\(member.key): \(text(member.value, inner))"
      }.joined(separator: ", ")
    case (.object, _) where value["sealed"]?.asString != nil: "(sealed)"
    case (.string(let text), _): text
    case (.null, _): "(none)"
    case (.bool(let flag), _): flag ? "yes" : "no"
    case (.int(let number), _): String(number)
    case (.number(let token), _): token
    default: String(decoding: value.bytes, as: UTF8.self)
    }
  }

  func text(_ value: JSON, ofRegister name: String) -> String {
    text(value, RegisterName(name)?.row.shape ?? .any)
  }
}

extension JSON {
  /// The text of a member that is a string or an integer, else nothing.
  func text(_ key: String) -> String {
    switch self[key] {
    case .string(let text)?: text
    case .int(let number)?: String(number)
    default: ""
    }
  }

  func instant(_ key: String) -> Int? { self[key]?.asInt }
  func list(_ key: String) -> [JSON] { self[key]?.asArray ?? [] }
}
