// What a browser sends with a request: query, fields of a form, cookies. Read once, with limits.

import Core
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The fields of a form, in their order.
struct Form: Sendable {
  /// Bytes of a form's body: some times the longest text of an order, percent-encoded.
  static let maxBytes = 512 << 10
  static let maxFields = 1_000

  let fields: [(name: String, value: String)]

  static let empty = Form(fields: [])

  private init(fields: [(name: String, value: String)]) { self.fields = fields }

  /// Reads `application/x-www-form-urlencoded` (WHATWG URL §5.1); bytes that are no UTF-8 become U+FFFD.
  init(_ bytes: [UInt8]) throws(Problem) {
    let parts = bytes.split(separator: UInt8(ascii: "&"))
    guard parts.count <= Form.maxFields else {
      throw Problem(.tooLarge, "a form has at most \(Form.maxFields) fields")
    }
    fields = parts.map { part in
      let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return (Form.decoded(pair[0]), pair.count > 1 ? Form.decoded(pair[1]) : "")
    }
  }

  /// The text as it was typed: browsers send line breaks as CR LF.
  private static func decoded(_ part: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(part.count)
    var index = part.startIndex
    while index < part.endIndex {
      let byte = part[index]
      index += 1
      if byte == UInt8(ascii: "+") {
        bytes.append(0x20)
      } else if byte == UInt8(ascii: "%"), index + 1 < part.endIndex, let high = digit(part[index]),
        let low = digit(part[index + 1])
      {
        bytes.append(high << 4 | low)
        index += 2
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// The first field of that name without the space around it; nil where that is empty.
  subscript(name: String) -> String? {
    guard let value = fields.first(where: { $0.name == name })?.value else { return nil }
    let trimmed = value.trimmingCharacters(in: .whitespacesAndNewlines)
    return trimmed.isEmpty ? nil : trimmed
  }

  /// The first field of that name as it is: a password may begin with a space.
  func exact(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

  /// All fields of that name that are not empty.
  func all(_ name: String) -> [String] { fields.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }
}

/// What is the same for every request of a browser.
struct BrowserRequest: Sendable {
  let isPost: Bool
  /// The path as it was asked for, percent-encoded.
  let path: String
  let query: Form
  private(set) var form = Form.empty
  let language: Language
  /// `light` or `dark`; nil follows the system.
  let theme: String?
  /// Whether single keys do something; who speaks to the browser switches them off.
  let hasKeys: Bool
  let address: String
  /// Ids in cookies, as the browser sent them.
  let sessionID: String?
  let deviceID: String?
  let halfID: String?
  /// The token of forms that are sent before anyone has signed in.
  let formToken: String?
  /// Whether our own script asks for the page anew.
  let isLive: Bool
  /// The content that the script has already.
  let knownTag: String?
  /// The token that our own script sends.
  let scriptToken: String?
  let parts: [String: String]

  static let languageCookie = "language"
  static let themeCookie = "theme"
  static let keysCookie = "keys"
  /// Its prefix has browsers see to it that no other host has set it.
  static let formCookie = "__Host-form"

  /// Reads all but the body.
  init(_ request: Request, _ context: ConsoleContext) {
    isPost = request.method == .post
    path = request.uri.path
    query = (try? Form(Array((request.uri.query ?? "").utf8))) ?? .empty
    let cookies = Self.cookies(request.headers[values: .cookie])
    language =
      cookies[Self.languageCookie].flatMap(Language.init) ?? Language(accepting: request.headers[.acceptLanguage])
    theme = cookies[Self.themeCookie].flatMap { ["light", "dark"].contains($0) ? $0 : nil }
    hasKeys = cookies[Self.keysCookie] != "off"
    address = context.address
    sessionID = cookies[Sessions.cookie]
    deviceID = cookies[SignIn.deviceCookie]
    halfID = cookies[SignIn.halfCookie]
    formToken = cookies[Self.formCookie].flatMap { (16...64).contains($0.utf8.count) ? $0 : nil }
    isLive = request.headers[.live] != nil
    knownTag = request.headers[.ifNoneMatch]
    scriptToken = request.headers[.csrf]
    parts = Dictionary(
      context.parameters.map { name, value in
        (String(name), String(value).removingPercentEncoding ?? String(value))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Reads the body too, where it is a form.
  mutating func readForm(_ request: Request) async throws {
    let type = (request.headers[.contentType] ?? "").prefix { $0 != ";" }.lowercased()
    guard type == "application/x-www-form-urlencoded" else {
      throw Problem(.badBody, "a form is sent as application/x-www-form-urlencoded")
    }
    do {
      form = try Form(Array(try await request.body.collect(upTo: Form.maxBytes).readableBytesView))
    } catch is NIOTooManyBytesError {
      throw Problem(.tooLarge, "a form may have \(Form.maxBytes) bytes")
    }
  }

  /// The path with its query, to come back to; without the sentence on top of the page.
  var place: String {
    let items = query.fields.filter { $0.name != "done" }.map { "\($0.name.inPath)=\($0.value.inPath)" }
    return path + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
  }

  /// The first of each name counts, as browsers send the most specific one first.
  private static func cookies(_ headers: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for pair in headers.flatMap({ $0.split(separator: ";") }) {
      let sides = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, found[String(sides[0])] == nil else { continue }
      found[String(sides[0])] = String(sides[1])
    }
    return found
  }

  /// Where to go on afterwards: only a path of ours.
  static func ownPath(_ text: String?) -> String? {
    guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return text
  }
}

extension Request {
  /// Whether a browser says that a page of another site sent this. One that sends neither header is held off by the token alone.
  var comesFromElsewhere: Bool {
    if let site = headers[.fetchSite] { return site != "same-origin" && site != "none" }
    // Our own policy not to send referrers makes browsers send `null` with our own forms too.
    guard let origin = headers[.origin], origin != "null" else { return false }
    return origin != "https://" + (head.authority ?? "")
  }
}
