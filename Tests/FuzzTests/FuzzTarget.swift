// What is fuzzed: a decoder with the stages that an input can pass, and what went on with one input. The decoders themselves
// stand in the files of targets.

/// How the inputs of a decoder are written, and so how they can be mutated with sense.
enum FuzzSyntax: Sendable {
  case json
  /// A `Batch`: a header line, head lines and change lines.
  case batch
  /// Lines of text: CSV, YAML, PEM, names.
  case text
  /// Distinguished encoding of ASN.1; in the corpus as PEM.
  case der
}

/// One decoder and what is done with what it read.
struct FuzzTarget: Sendable {
  let name: String
  let syntax: FuzzSyntax
  /// In the order in which they are passed. Every valid input passes all.
  let stages: [String]
  /// Its share of the inputs.
  let weight: Int
  /// Tries one input: marks each stage that it passes, and throws where it is refused.
  let attempt: @Sendable (_ bytes: [UInt8], _ trail: inout FuzzTrail) throws -> Void

  init(
    _ name: String, _ syntax: FuzzSyntax, weight: Int = 10, _ stages: [String],
    attempt: @escaping @Sendable ([UInt8], inout FuzzTrail) throws -> Void
  ) {
    self.name = name
    self.syntax = syntax
    self.weight = weight
    self.stages = stages
    self.attempt = attempt
  }

  /// Tries one input. A refusal is no fault; what is refused without a word is.
  func run(_ bytes: [UInt8]) -> FuzzTrail {
    var trail = FuzzTrail()
    do {
      try attempt(bytes, &trail)
    } catch {
      if "\(error)".isEmpty { trail.disagree("refused without a word: \(type(of: error))") }
    }
    for stage in trail.passed where !stages.contains(stage) { trail.disagree("there is no stage '\(stage)'") }
    return trail
  }

  static let all = messages + changes + authorityTargets + fileTargets
}

/// How far one input came.
struct FuzzTrail: Sendable {
  private(set) var passed: [String] = []
  /// What does not fit together: two readers of one mind, or what was written and does not read back.
  private(set) var disagreements: [String] = []

  mutating func pass(_ stage: String) { passed.append(stage) }

  mutating func disagree(_ reason: String) { disagreements.append(reason) }

  mutating func require(_ condition: Bool, _ reason: @autoclosure () -> String) {
    if !condition { disagree(reason()) }
  }

  /// Runs what must not refuse.
  mutating func must<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch {
      disagree("\(what): \(error)")
      throw error
    }
  }
}
