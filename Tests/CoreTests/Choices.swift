// Where random tests draw from. A case is the list of its draws: the same draws give the same case, shorter and lower draws a
// simpler one. So whatever is made of draws can be replayed and shrunk, and no generator needs a shrinker of its own.

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
struct SplitMix64: Drawing {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// What can be drawn from. A draw of 0 stands for the simplest choice: no, the first, in order.
protocol Drawing {
  /// A number from 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int
}

extension Drawing {
  mutating func chance(_ percent: Int) -> Bool { below(100) >= 100 - percent }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    for index in elements.indices.reversed() where index > 0 { elements.swapAt(index, index - below(index + 1)) }
    return elements
  }
}

/// Draws that are recorded: random ones, or those of an earlier case once more.
struct Choices: Drawing {
  private var random: SplitMix64
  private let script: [Int]?
  /// What was drawn so far.
  private(set) var drawn: [Int] = []
  /// Where the elements of lists lie among the draws: what a shrinker may take out as a whole.
  private(set) var spans: [Range<Int>] = []

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    script = nil
  }

  /// Draws as told; where more is drawn than was told, 0.
  init(replaying script: [Int]) {
    random = SplitMix64(seed: 0)
    self.script = script
  }

  mutating func below(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let choice: Int
    if let script {
      choice = drawn.count < script.count ? min(script[drawn.count], bound - 1) : 0
    } else {
      choice = random.below(bound)
    }
    drawn.append(choice)
    return choice
  }

  /// Up to `most` times `body`; before each one a draw says whether to go on.
  mutating func some(atMost most: Int, goOn percent: Int = 80, _ body: (inout Choices) -> Void) {
    for _ in 0..<most {
      let start = drawn.count
      guard chance(percent) else { return }
      body(&self)
      spans.append(start..<drawn.count)
    }
  }

  /// A list of up to `most` elements.
  mutating func list<Element>(
    atMost most: Int, goOn percent: Int = 80, _ element: (inout Choices) -> Element
  ) -> [Element] {
    var elements: [Element] = []
    some(atMost: most, goOn: percent) { elements.append(element(&$0)) }
    return elements
  }
}

/// Makes a failing list of draws shorter and lower while it still fails, after MacIver and Donaldson, "Test-Case Reduction via
/// Test-Case Generation" (2020).
struct Shrinker {
  /// Runs a case; what it drew if it still fails, else nil.
  let failing: ([Int]) -> Choices?
  /// Cases to run at most.
  var budget = 20_000
  private var best: Choices

  init(_ first: Choices, failing: @escaping ([Int]) -> Choices?) {
    best = first
    self.failing = failing
  }

  /// The smallest failing draws that were found.
  mutating func shrink() -> [Int] {
    var before: [Int] = []
    repeat {
      before = best.drawn
      takeOutSpans()
      takeOutChunks()
      lower()
    } while best.drawn != before && budget > 0
    return best.drawn
  }

  /// Takes the candidate if it fails and is simpler: shorter, or of equal length and lower at the first difference.
  private mutating func takes(_ candidate: [Int]) -> Bool {
    guard budget > 0 else { return false }
    budget -= 1
    guard let outcome = failing(candidate) else { return false }
    let (new, old) = (outcome.drawn, best.drawn)
    guard new.count < old.count || (new.count == old.count && new.lexicographicallyPrecedes(old)) else { return false }
    best = outcome
    return true
  }

  private mutating func takeOutSpans() {
    var index = best.spans.count
    while index > 0 {
      index = min(index - 1, best.spans.count - 1)
      guard index >= 0 else { return }
      var fewer = best.drawn
      fewer.removeSubrange(best.spans[index])
      _ = takes(fewer)
    }
  }

  private mutating func takeOutChunks() {
    for size in [8, 4, 2, 1] {
      var start = best.drawn.count - size
      while start >= 0 {
        var fewer = best.drawn
        fewer.removeSubrange(start..<start + size)
        _ = takes(fewer)
        start = min(start - 1, best.drawn.count - size)
      }
    }
  }

  private mutating func lower() {
    var index = 0
    while index < best.drawn.count {
      // Zero first; else halve the distance to the highest value that is known not to fail.
      var passing = -1
      while index < best.drawn.count, best.drawn[index] > passing + 1 {
        let middle = passing < 0 ? 0 : (passing + best.drawn[index]) / 2
        var lower = best.drawn
        lower[index] = middle
        if !takes(lower) { passing = middle }
      }
      index += 1
    }
  }
}
