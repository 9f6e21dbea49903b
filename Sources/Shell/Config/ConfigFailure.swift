// What is wrong with a configuration, in sentences that name the place.

/// Everything that is wrong with a configuration, all at once, so that one correction round is enough.
public struct ConfigFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// One thing that is wrong.
  public struct Fault: Equatable, Sendable, CustomStringConvertible {
    /// `hub.yaml:12`, `environment LIANXIN_HUB_SYNC_LISTEN`, `command line`.
    public let place: String
    public let key: String?
    /// What is wrong, and what is allowed.
    public let reason: String

    public var description: String {
      "\(place): " + (key.map { "\($0): " } ?? "") + Sanitize.line(reason)
    }
  }

  public let faults: [Fault]

  public var description: String {
    faults.map(\.description).joined(separator: "\n")
  }
}
