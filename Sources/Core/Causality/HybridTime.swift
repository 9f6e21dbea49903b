// The hybrid logical clock (Kulkarni et al. 2014): for people and for breaking ties. It never decides causality.

/// A hybrid time: milliseconds since 1970 and a counter within the millisecond.
public struct HybridTime: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let milliseconds: Int
  public let counter: Int

  public init(_ milliseconds: Int, _ counter: Int = 0) {
    self.milliseconds = milliseconds
    self.counter = counter
  }

  public static func < (left: HybridTime, right: HybridTime) -> Bool {
    left.milliseconds == right.milliseconds
      ? left.counter < right.counter : left.milliseconds < right.milliseconds
  }

  public var description: String { "\(milliseconds).\(counter)" }
  public var json: JSON { [.int(milliseconds), .int(counter)] }

  static let maxCounter = 65_535

  static func read(_ reader: inout JSONReader) throws(JSONError) -> HybridTime {
    var parts: [Int] = []
    let start = reader.position
    try reader.readArray { (reader) throws(JSONError) in
      if parts.count == 2 { throw JSONError(.unexpected, at: reader.position, field: "at") }
      parts.append(try reader.readInt())
    }
    guard parts.count == 2 else { throw JSONError(.missing, at: start, field: "at") }
    guard (0...Limits.maxInteger).contains(parts[0]), (0...maxCounter).contains(parts[1]) else {
      throw JSONError(.outOfRange, at: start, field: "at")
    }
    return HybridTime(parts[0], parts[1])
  }

  /// Reads `[milliseconds, counter]`.
  public init(_ json: JSON) throws(JSONError) {
    guard let parts = json.asArray, parts.count == 2, let time = parts[0].asInt, let counter = parts[1].asInt,
      (0...Limits.maxInteger).contains(time), (0...HybridTime.maxCounter).contains(counter)
    else { throw JSONError(.wrongType, field: "time") }
    self.init(time, counter)
  }
}

/// One replica's hybrid clock. Strictly grows; a peer more than `skew` ahead of the wall does not drag it along.
public struct HybridClock: Sendable {
  public private(set) var last: HybridTime
  /// How far ahead of our wall clock a peer's time may move ours, in milliseconds.
  public let skewMilliseconds: Int

  public init(last: HybridTime = HybridTime(0), skewMilliseconds: Int = 300_000) {
    self.last = last
    self.skewMilliseconds = skewMilliseconds
  }

  /// The time of a new local event at wall time `now` (milliseconds).
  public mutating func tick(now: Int) -> HybridTime {
    if now > last.milliseconds {
      last = HybridTime(now)
    } else if last.counter < HybridTime.maxCounter {
      last = HybridTime(last.milliseconds, last.counter + 1)
    } else {
      last = HybridTime(last.milliseconds + 1)
    }
    return last
  }

  /// Takes note of a peer's time. Returns false, and moves nothing, where it is beyond the skew.
  @discardableResult
  public mutating func observe(_ time: HybridTime, now: Int) -> Bool {
    guard time.milliseconds <= now + skewMilliseconds else { return false }
    if time > last { last = time }
    return true
  }
}
