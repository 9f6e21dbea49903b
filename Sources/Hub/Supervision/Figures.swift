// Counts that add up: what one order contributes to the indicators, and the sums of many. What is counted is Figure's list; when an order
// counts for what is Contribution's.

/// One thing that is counted. The raw values are stored and never change their meaning.
enum Figure: Int, Sendable, CaseIterable {
  /// Orders taken.
  case received = 0
  /// Answered at the desk: closed so, and never dispatched.
  case answeredAtDesk = 1
  /// Orders of the hotline's that were dispatched, and of them within the policy's minute.
  case dispatched = 2
  case dispatchedInTime = 3
  /// Orders due to be closed: closed, or past their deadline; of them closed, and by their deadline.
  case due = 4
  case closed = 5
  case closedInTime = 6
  /// Assignments due to be accepted and contacted; of them those that were in time.
  case responseDue = 7
  case responded = 8
  /// What the hotline judged after its call-backs, exemptions left out.
  case solved = 9
  case unsolved = 10
  case satisfied = 11
  case unsatisfied = 12
  case returnsAsked = 13
  case returnsGranted = 14
  case extensionsGranted = 15
  case reworks = 16
  case urges = 17
  case supervisions = 18
  case callBacks = 19
  case reached = 20
  /// Assignments done, whose handling times are in the histogram.
  case handled = 21
}

/// Counts by figure, and a histogram of handling times. Empty counts are left out of the bytes, so that equal figures are equal bytes.
struct Figures: Sendable, Equatable {
  /// By the figure's raw value; from `firstBucket` on, the histogram. It ends with the last count that is not 0.
  private var counts: [Int] = []
  private static let firstBucket = 64
  /// Four buckets for each doubling of a minute; the last one has everything from three months on.
  private static let buckets = 70

  init() {}

  subscript(figure: Figure) -> Int { count(at: figure.rawValue) }
  private func count(at index: Int) -> Int { index < counts.count ? counts[index] : 0 }
  var isEmpty: Bool { counts.isEmpty }

  mutating func add(_ figure: Figure, _ count: Int = 1) { add(count, at: figure.rawValue) }

  /// What is counted nowhere is left out: a row that the disk altered may say anything.
  private mutating func add(_ count: Int, at index: Int) {
    guard count != 0, 0..<Figures.firstBucket + Figures.buckets ~= index else { return }
    if index >= counts.count { counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count)) }
    counts[index] &+= count
    while counts.last == 0 { counts.removeLast() }
  }

  static func += (left: inout Figures, right: Figures) {
    for (index, count) in right.counts.enumerated() { left.add(count, at: index) }
  }
  static func -= (left: inout Figures, right: Figures) {
    for (index, count) in right.counts.enumerated() { left.add(0 &- count, at: index) }
  }

  // MARK: Handling times

  /// Counts one handling time, milliseconds.
  mutating func addHandling(_ milliseconds: Int) {
    add(.handled)
    add(1, at: Figures.firstBucket + Figures.bucket(milliseconds))
  }

  /// Bucket b > 0 begins at 2^((b-1)/4) minutes; before it is what took less than one.
  private static func bucket(_ milliseconds: Int) -> Int {
    var bucket = 0
    while bucket < buckets - 1, milliseconds >= start(of: bucket + 1) { bucket += 1 }
    return bucket
  }

  /// Milliseconds; whole numbers, so that a time falls into the same bucket on every machine.
  static func start(of bucket: Int) -> Int {
    guard bucket > 0 else { return 0 }
    // 2^(1/4), 2^(1/2) and 2^(3/4), of a minute.
    let quarters = [60_000, 71_352, 84_853, 100_908]
    return quarters[(bucket - 1) % 4] << ((bucket - 1) / 4)
  }

  /// The handling time that so many thousandths of them do not exceed, milliseconds: the middle of its bucket, at most a tenth away.
  /// Nil where nothing was handled.
  func handling(perMille: Int) -> Int? {
    let sum = self[.handled]
    guard sum > 0 else { return nil }
    let rank = max(1, (sum * perMille + 999) / 1_000)
    var reached = 0
    for bucket in 0..<Figures.buckets {
      reached += count(at: Figures.firstBucket + bucket)
      if reached >= rank { return (Figures.start(of: bucket) + Figures.start(of: bucket + 1)) / 2 }
    }
    return nil
  }

  // MARK: Bytes

  /// Pairs of index and count as variable-length numbers (LEB128, signed by zigzag), by index.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for (index, count) in counts.enumerated() where count != 0 {
      Figures.write(index, to: &bytes)
      Figures.write(count, to: &bytes)
    }
    return bytes
  }

  /// Reads them; what is cut short is left out.
  init(bytes: [UInt8]) { add(bytes: bytes) }

  /// Adds figures as they are stored; what is cut short is left out.
  mutating func add(bytes: [UInt8]) {
    var position = 0
    while let index = Figures.read(bytes, &position), let count = Figures.read(bytes, &position) {
      add(count, at: index)
    }
  }

  static func write(_ value: Int, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: Int64(value << 1) ^ Int64(value >> 63))
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  static func read(_ bytes: [UInt8], _ position: inout Int) -> Int? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return Int(Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)) }
    }
    return nil
  }
}
