// What a server answered. Whether that is good news is the caller's to judge.

import Core
import Foundation

/// One HTTP answer, whole.
public struct HTTPAnswer: Equatable, Sendable {
  public let status: Int
  /// By lowercased name; a repeated header's values are joined with `, `.
  public let headers: [String: String]
  public let body: [UInt8]

  public init(status: Int, headers: [String: String], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The media type without its parameters, lowercased: `application/problem+json`.
  public var contentType: String? {
    headers["content-type"].map { value in
      value.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
  }

  /// `Retry-After` where it is given in seconds, which is what the hub sends; of more than a day, a day.
  public var retryAfter: Duration? {
    guard let text = headers["retry-after"], let seconds = Int(text), seconds >= 0 else { return nil }
    return .seconds(min(seconds, Problem.maxRetryAfterSeconds))
  }
}
