// From a seed and an index to an input: which decoder, which valid sample, which mutations. Nothing else decides it.

@testable import Core

struct FuzzInput: Sendable {
  let target: FuzzTarget
  let bytes: [UInt8]
  /// True if it was made from a valid sample.
  let isMutation: Bool
}

struct FuzzInputs: Sendable {
  /// Of a hundred inputs so many are mutations; the others are noise.
  static let mutationPercent = 88

  let seed: UInt64
  let corpus: FuzzCorpus
  private let wheel: [FuzzTarget]

  init(seed: UInt64, corpus: FuzzCorpus) {
    self.seed = seed
    self.corpus = corpus
    wheel = FuzzTarget.all.flatMap { target in Array(repeating: target, count: target.weight) }
  }

  subscript(index: Int) -> FuzzInput {
    var random = FuzzRandom(seed: seed, index: index)
    let target = random.pick(wheel)
    guard random.chance(FuzzInputs.mutationPercent) else {
      return FuzzInput(target: target, bytes: FuzzInputs.noise(&random), isMutation: false)
    }
    let samples = corpus.samples(of: target)
    let bytes = mutated(random.pick(samples), samples, target.syntax, &random)
    return FuzzInput(target: target, bytes: bytes, isMutation: true)
  }

  private func mutated(
    _ sample: FuzzCorpus.Sample, _ others: [FuzzCorpus.Sample], _ syntax: FuzzSyntax, _ random: inout FuzzRandom
  ) -> [UInt8] {
    // Mostly few mutations: what is far from valid is refused early.
    let rounds = random.pick([1, 1, 1, 1, 2, 2, 3, 6])
    var bytes = sample.bytes
    // A third goes by bytes alone, whatever the syntax.
    if random.chance(67) {
      switch syntax {
      case .json:
        if var tree = sample.tree {
          for _ in 0..<rounds { tree = JSONMutation(corpus: corpus).mutated(tree, &random) }
          bytes = tree.bytes
        }
      case .batch:
        if let batch = sample.batch { bytes = BatchMutation(corpus: corpus).mutated(batch, rounds, &random) }
      case .der:
        if var node = DERNode.parse(bytes) {
          for _ in 0..<rounds { node = node.mutated(corpus.derNodes, &random) }
          bytes = node.bytes
        }
      case .text: for _ in 0..<rounds { ByteMutation.mutateLines(&bytes, &random) }
      }
      if random.chance(92) { return bytes }
    }
    let other = random.pick(others).bytes
    for _ in 0..<rounds { ByteMutation.mutate(&bytes, other: other, &random) }
    return bytes
  }

  private static func noise(_ random: inout FuzzRandom) -> [UInt8] {
    switch random.below(3) {
    case 0: return random.bytes(random.below(80))
    case 1:
      let alphabet = Array("{}[]\",:0123456789.eE+-\\utrfalsn \n/%-|>&*!".utf8)
      return (0..<random.below(120)).map { _ in random.pick(alphabet) }
    default:
      return (0..<1 + random.below(12)).flatMap { _ in ByteMutation.tokens[random.below(ByteMutation.tokens.count)] }
    }
  }
}
