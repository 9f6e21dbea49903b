// Every decoder of the product under a flood of nearly valid input, in child processes: none may trap, hang, or read back what it
// did not write. Run for long by LIANXIN_FUZZ_INPUTS and LIANXIN_FUZZ_SEED (`make fuzz`).

import Foundation
import Synchronization
import Testing

/// How much, from the environment; without it a sample.
struct FuzzAmount: Sendable {
  let inputs: Int
  let seed: UInt64
  /// True where a person asked for it.
  let isLong: Bool

  init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    func number(_ name: String) throws -> Int? {
      guard let text = environment[name], !text.isEmpty else { return nil }
      guard let number = Int(text), number > 0 else { throw FuzzFailure("\(name) is a whole number, not '\(text)'") }
      return number
    }
    let asked = try number("LIANXIN_FUZZ_INPUTS")
    inputs = asked ?? 20_000
    seed = UInt64(try number("LIANXIN_FUZZ_SEED") ?? 1)
    isLong = asked != nil
  }
}

@Suite(.enabled(if: FuzzOrder.given == nil)) struct FuzzTests {
  @Test func noDecoderTraps() async throws {
    let amount = try FuzzAmount()
    var run = FuzzRun(inputs: amount.inputs)
    run.seed = amount.seed
    if amount.isLong { run.onProgress = FuzzTests.progressLine(of: amount.inputs) }
    let report = try await run.run()
    try report.write(withFigures: amount.isLong)
    // The count alone: a finding's bytes would fill the screen.
    let found = report.findings.count
    #expect(found == 0, "\(report.summary)")
    #expect(report.inputs == amount.inputs)
    #expect(report.mutated * 2 >= report.inputs, "at least half of the inputs are mutations of the corpus")
    #expect(report.unreached == [], "mutations must get through every stage of every decoder")
  }

  /// Writes how far it is, every two seconds or so.
  private static func progressLine(of inputs: Int) -> @Sendable (Int, Int) -> Void {
    let last = Mutex((ContinuousClock.now, 0))
    let began = ContinuousClock.now
    return { done, findings in
      let isDue = last.withLock { last in
        guard ContinuousClock.now - last.0 > .seconds(2) else { return false }
        last.0 = ContinuousClock.now
        return true
      }
      guard isDue else { return }
      let seconds = (ContinuousClock.now - began).components.seconds
      FileHandle.standardError.write(
        Data("fuzz: \(done) of \(inputs) inputs, \(findings) findings, \(done / max(1, Int(seconds)))/s\n".utf8))
    }
  }

  @Test func whatTheCorpusHoldsPassesEveryStage() throws {
    let corpus = try FuzzCorpus()
    for target in FuzzTarget.all {
      for (number, sample) in corpus.samples(of: target).enumerated() {
        let trail = target.run(sample.bytes)
        #expect(target.stages.filter { !trail.passed.contains($0) } == [], "\(target.name) \(number)")
        #expect(trail.disagreements == [], "\(target.name) \(number)")
      }
    }
  }

  @Test func anInputFollowsFromSeedAndIndexAlone() throws {
    let one = FuzzInputs(seed: 3, corpus: try FuzzCorpus())
    let two = FuzzInputs(seed: 3, corpus: try FuzzCorpus())
    let other = FuzzInputs(seed: 4, corpus: try FuzzCorpus())
    var different = 0
    for index in stride(from: 999, to: 0, by: -1) {
      #expect(one[index].bytes == two[index].bytes)
      if one[index].bytes != other[index].bytes { different += 1 }
    }
    #expect(different > 900)
  }

  // MARK: That it can fail

  @Test(arguments: [0, 137, 299])
  func aTrapIsFoundNamedAndPassed(index: Int) async throws {
    var run = FuzzRun(inputs: 300)
    run.sabotage = (.trap, index)
    let report = try await run.run()
    #expect(report.findings.map(\.index) == [index])
    let finding = try #require(report.findings.first)
    #expect(finding.kind.hasPrefix("signal"))
    #expect(finding.bytes == FuzzInputs(seed: 1, corpus: try FuzzCorpus())[index].bytes)
    #expect(finding.replay.contains("1:\(index)"))
    #expect(report.inputs == 300, "the inputs behind the trap are tried too")
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("lianxin-fuzz-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try report.write(to: directory, withFigures: true)
    let kept = directory.appendingPathComponent("traps/1-\(index)-\(finding.target).input")
    #expect(try [UInt8](Data(contentsOf: kept)) == finding.bytes)
    let figures = try String(contentsOf: directory.appendingPathComponent("report.json"), encoding: .utf8)
    #expect(figures.contains("\"traps\":1"))
  }

  @Test func aHangIsFoundAndEnded() async throws {
    var run = FuzzRun(inputs: 100)
    run.sabotage = (.hang, 60)
    run.hangSeconds = 3
    let report = try await run.run()
    #expect(report.findings.map(\.index) == [60])
    #expect(report.findings.map(\.kind) == ["hang"])
    #expect(report.inputs == 100)
  }

  @Test func aDisagreementIsFoundAndEndsNothing() async throws {
    var run = FuzzRun(inputs: 100)
    run.sabotage = (.disagree, 7)
    let report = try await run.run()
    #expect(report.findings.map(\.index) == [7])
    #expect(report.disagreements.map(\.words) == ["told to disagree"])
    #expect(report.traps.isEmpty)
  }
}
