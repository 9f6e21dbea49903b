// Bad weather on a line of the proxy: every connection is given a fate by seed, and meets it. It may be refused or swallowed at once;
// else it passes plainly, late or slowly, until it is cut, perhaps in the middle of a body, or goes dead without either end
// being told.

import NIOCore
import Synchronization

/// What a connection will meet. Drawn whole when it comes, so that a seed makes the same choices whatever the timing.
struct Fate: Sendable {
  enum Beginning: Sendable { case passes, refused, swallowed }
  enum End: Sendable { case cut, halfOpen }

  let beginning: Beginning
  /// Every byte comes so much later.
  let delay: TimeAmount
  /// nil where nothing slows it down.
  let bytesPerSecond: Int?
  /// After so many bytes, both ways together, or so much time, it meets its end.
  let lastByte: Int
  let lastMoment: TimeAmount
  let end: End
  /// Which direction still passes when it is half open: the agent's, the hub's, or none.
  let survivor: Bool?
  /// When a dead connection is torn down after all, as by a router that starts anew; nil leaves it to the ends' own deadlines.
  let tornDownAfter: TimeAmount?

  init(using random: inout SeededRandom) {
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func milliseconds(_ range: ClosedRange<Int64>) -> TimeAmount { .milliseconds(.random(in: range, using: &random)) }
    beginning = chance(8) ? .refused : chance(4) ? .swallowed : .passes
    delay = chance(25) ? milliseconds(2...150) : .zero
    bytesPerSecond = chance(20) ? 1_024 << Int.random(in: 3...8, using: &random) : nil
    // From within the handshake to far beyond a batch, each order of magnitude alike; or by time alone.
    lastByte =
      chance(50) ? (1 << Int.random(in: 8...18, using: &random)) + Int.random(in: 0..<1_024, using: &random) : .max
    lastMoment = milliseconds(200...20_000)
    end = chance(70) ? .cut : .halfOpen
    survivor = [true, false, nil].randomElement(using: &random) ?? nil
    tornDownAfter = chance(75) ? milliseconds(500...6_000) : nil
  }
}

/// The fates of one line's connections, and what became of them.
final class Weather: Sendable, Equatable {
  struct Counts: Sendable {
    var connections = 0
    var refused = 0
    var swallowed = 0
    var delayed = 0
    var throttled = 0
    /// Cut by their number of bytes, in a request or in a reply.
    var cutInRequest = 0
    var cutInReply = 0
    /// Cut by time, whatever was under way.
    var cutByTime = 0
    var halfOpen = 0

    /// Everything but ``connections``.
    var faults: Int {
      refused + swallowed + delayed + throttled + cutInRequest + cutInReply + cutByTime + halfOpen
    }

    mutating func add(_ other: Counts) {
      connections += other.connections
      refused += other.refused
      swallowed += other.swallowed
      delayed += other.delayed
      throttled += other.throttled
      cutInRequest += other.cutInRequest
      cutInReply += other.cutInReply
      cutByTime += other.cutByTime
      halfOpen += other.halfOpen
    }
  }

  private struct State {
    var random: SeededRandom
    var counts = Counts()
  }

  private let state: Mutex<State>

  init(seed: Int) { state = Mutex(State(random: SeededRandom(seed: seed))) }

  static func == (left: Weather, right: Weather) -> Bool { left === right }

  var counts: Counts { state.withLock { $0.counts } }

  fileprivate func count(_ change: (inout Counts) -> Void) { state.withLock { change(&$0.counts) } }

  /// Draws the fate of a connection that has come; nil if it has met it already.
  func meet(_ front: any Channel) -> Passage? {
    let fate = state.withLock { state in
      let fate = Fate(using: &state.random)
      state.counts.connections += 1
      switch fate.beginning {
      case .refused: state.counts.refused += 1
      case .swallowed: state.counts.swallowed += 1
      case .passes:
        if fate.delay > .zero { state.counts.delayed += 1 }
        if fate.bytesPerSecond != nil { state.counts.throttled += 1 }
      }
      return fate
    }
    switch fate.beginning {
    case .refused:
      front.close(promise: nil)
      return nil
    case .swallowed:
      if let time = fate.tornDownAfter { front.eventLoop.scheduleTask(in: time) { front.close(promise: nil) } }
      return nil
    case .passes: return Passage(fate, self, front)
    }
  }
}

/// One connection on its way to its end.
final class Passage: Sendable {
  private struct State {
    var back: (any Channel)?
    var passed = 0
    var hasEnded = false
    /// When the last byte of each direction is through.
    var throughFromAgent = NIODeadline.now()
    var throughFromHub = NIODeadline.now()
  }

  private let fate: Fate
  private let weather: Weather
  private let front: any Channel
  private let state = Mutex(State())

  fileprivate init(_ fate: Fate, _ weather: Weather, _ front: any Channel) {
    self.fate = fate
    self.weather = weather
    self.front = front
  }

  private func channel(ofAgent: Bool) -> (any Channel)? { ofAgent ? front : state.withLock { $0.back } }

  /// The hub's end is there.
  func begin(to back: any Channel) {
    state.withLock { $0.back = back }
    front.eventLoop.scheduleTask(in: fate.lastMoment) { [self] in end(byByteFromAgent: nil) }
  }

  /// Takes what came from one end, and lets through what may pass.
  func carry(_ bytes: ByteBuffer, fromAgent: Bool) {
    var bytes = bytes
    let (admitted, due, isLast) = state.withLock { state -> (Int, NIODeadline, Bool) in
      let now = NIODeadline.now()
      // Of a dead connection the surviving direction goes on.
      if state.hasEnded { return (fate.survivor == fromAgent ? bytes.readableBytes : 0, now + fate.delay, false) }
      let admitted = min(bytes.readableBytes, fate.lastByte - state.passed)
      state.passed += admitted
      let start = max(now, fromAgent ? state.throughFromAgent : state.throughFromHub)
      let slow = fate.bytesPerSecond.map { Int64(admitted) * 1_000_000_000 / Int64($0) } ?? 0
      let through = start + .nanoseconds(slow)
      if fromAgent { state.throughFromAgent = through } else { state.throughFromHub = through }
      return (admitted, through + fate.delay, state.passed == fate.lastByte)
    }
    guard let to = channel(ofAgent: !fromAgent) else { return }
    if admitted > 0, let part = bytes.readSlice(length: admitted) {
      at(due, to) { to.writeAndFlush(part, promise: nil) }
    }
    if isLast { at(due, to) { [self] in end(byByteFromAgent: fromAgent) } }
  }

  /// One end has closed. A dead connection tells nobody; else the other end hears of it after what was sent before.
  func ended(fromAgent: Bool) {
    let due = state.withLock { state -> NIODeadline? in
      if state.hasEnded { return nil }
      return (fromAgent ? state.throughFromAgent : state.throughFromHub) + fate.delay
    }
    guard let due, let to = channel(ofAgent: !fromAgent) else { return }
    at(due, to) { to.close(promise: nil) }
  }

  /// At once where nothing delays this connection, else in the order of the moments.
  private func at(_ due: NIODeadline, _ channel: any Channel, _ body: @escaping @Sendable () -> Void) {
    if fate.delay == .zero, fate.bytesPerSecond == nil { return body() }
    channel.eventLoop.scheduleTask(deadline: due, body)
  }

  private func end(byByteFromAgent: Bool?) {
    let back = state.withLock { state -> (any Channel)? in
      guard !state.hasEnded, front.isActive, let back = state.back, back.isActive else { return nil }
      state.hasEnded = true
      return back
    }
    guard let back else { return }
    let close: @Sendable () -> Void = { [front] in
      front.close(promise: nil)
      back.close(promise: nil)
    }
    switch fate.end {
    case .cut:
      weather.count { counts in
        switch byByteFromAgent {
        case true?: counts.cutInRequest += 1
        case false?: counts.cutInReply += 1
        case nil: counts.cutByTime += 1
        }
      }
      close()
    case .halfOpen:
      weather.count { $0.halfOpen += 1 }
      if let time = fate.tornDownAfter { front.eventLoop.scheduleTask(in: time, close) }
    }
  }
}
