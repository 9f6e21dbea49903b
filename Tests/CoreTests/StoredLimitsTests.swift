// The limits at their edges: what the wire refuses may still be read from the own store, and sealed values are measured alike by
// author and hub.

import Testing

@testable import Core

@Suite struct StoredLimitsTests {
  @Test func aStoredStateWithMoreAuthorsThanTheWireAllowsIsRead() throws {
    var state = OrderState(id: Some.order)
    for index in 0..<(Limits.maxVectorSize + 4) {
      let random = [UInt8(index >> 8), UInt8(index & 255)] + [UInt8](repeating: 1, count: 8)
      state.vector.advance(to: Dot(ReplicaID(platform: .hub, random: random), 1))
    }
    let change = Change(
      order: Some.order, dot: Dot(Some.water, 1), context: state.vector, at: HybridTime(1),
      author: Author(name: "a", role: "b"), edits: [.set(register: "title", value: JSONText("leak"))])
    #expect(Merge.apply(change, to: &state) == .applied)
    #expect(try OrderState(id: Some.order, stored: state.stored) == state)
    #expect(throws: JSONError.self) { try ChangeLine.decode(ChangeLine.encode(change)) }
  }

  // MARK: Room

  private static let actors: [PlatformName] = [.hub, Some.water.platform]

  /// An order that water works on, filled up to so many registers, of which `voids` are the hub's corrections.
  private func filled(to count: Int, voids: Int = 0) -> OrderView {
    var state = Stage.accepted.story.view.state
    for n in 0..<voids { state.registers["void/\(Dot(Some.gas, n + 1))"] = state.siblings("title") }
    for n in 0..<(count - state.registers.count) { state.registers["ref/s\(n)"] = state.siblings("title") }
    state.hasCorrections = voids > 0
    return OrderView(state)
  }

  private func drafts(_ command: Command, on view: OrderView, by actor: PlatformName = .hub) throws -> [Draft] {
    try CommandCheck.drafts(command, on: view, CommandContext(actor: actor, now: 1_000, ids: ["n1"]))
  }

  private func isFull(_ command: Command, on view: OrderView, by actor: PlatformName = .hub) -> Bool {
    let refusal = #expect(throws: CommandRefusal.self, "\(command)") { try drafts(command, on: view, by: actor) }
    return refusal?.code == "limit" && refusal?.message.contains("open a related order") == true
  }

  private let reference = Command.describe([JSON.Member("ref/new", ["number": "1"])])
  private let ends: [Command] = [
    .close(code: "special", note: nil), .cancel(reason: "x"), .recall(reason: "x"),
    .void(dot: "\(Dot(Some.water, 1))", reason: "x"),
  ]

  @Test func aFullOrderTakesNoNewRegisterAndSaysSo() throws {
    for actor in Self.actors {
      _ = try drafts(reference, on: filled(to: Limits.maxRegisters - 1), by: actor)
      let full = filled(to: Limits.maxRegisters)
      #expect(isFull(reference, on: full, by: actor))
      _ = try drafts(.note(text: "x", visibility: "all"), on: full, by: actor)
    }
    _ = try drafts(.progress(step: "working"), on: filled(to: Limits.maxRegisters), by: Some.water.platform)
  }

  @Test func anOrderThatPlatformsFilledCanBeEndedByTheHub() throws {
    let full = filled(to: Limits.maxRegisters * 2)
    for end in ends { #expect(try drafts(end, on: full).count == 1) }
    #expect(isFull(reference, on: full))
    #expect(isFull(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: full))
    let beyond = filled(to: Limits.maxRegisters * 2 + Limits.registerReserve)
    #expect(isFull(.close(code: "special", note: nil), on: beyond))
    #expect(try drafts(.void(dot: "\(Dot(Some.water, 1))", reason: "x"), on: beyond).count == 1, "it makes room")
  }

  @Test func theHubsCorrectionsFillNothing() throws {
    for actor in Self.actors {
      _ = try drafts(reference, on: filled(to: Limits.maxRegisters * 2 - 1, voids: Limits.maxRegisters), by: actor)
    }
    // What the hub would not take is not written.
    let full = filled(to: Limits.maxRegisters * 2, voids: Limits.maxRegisters + 1)
    _ = try drafts(reference, on: full)
    #expect(isFull(reference, on: full, by: Some.water.platform))
  }

  @Test func anOrderThatManyRunsWroteToWarns() {
    func warnings(_ runs: Int) -> [JSON]? {
      var state = Stage.accepted.story.view.state
      state.fillVector(to: runs)
      return OrderDocument.whole(OrderView(state), viewer: .hub, now: 1_000, history: [], reveal: { _ in nil })[
        "warnings"]?.asArray
    }
    #expect(warnings(Limits.warnVectorSize - 1) == nil)
    #expect(
      warnings(Limits.warnVectorSize) == [
        "3276 authors' runs have written to this order, which takes 4080; open a related order before it is full"
      ])
  }

  private func fault(_ text: String, count: Int = 1) throws -> Bool {
    let value = SealedValue(nonce: Array(0..<16), value: try JSONText(checking: Array(text.utf8)))
    return Authoring.faultInSealed(Array(repeating: value, count: count)) != nil
  }

  private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test func sealedValuesAreMeasuredInBytesDepthAndNumber() throws {
    #expect(try !fault("\"" + String(repeating: "x", count: Limits.maxSealedBytes - 2) + "\""))
    #expect(try fault("\"" + String(repeating: "x", count: Limits.maxSealedBytes - 1) + "\""))
    #expect(try !fault(nested(Limits.maxSealedDepth)))
    #expect(try fault(nested(Limits.maxSealedDepth + 1)))
    #expect(try !fault("1", count: Limits.maxSealedValues))
    #expect(try fault("1", count: Limits.maxSealedValues + 1))
  }

  @Test func bracketsInATextAreNoNesting() throws {
    let brackets = String(repeating: "[", count: Limits.maxSealedDepth + 1)
    #expect(try !fault("{\"a\":\"\\\"\(brackets)\",\"b\":[[1],[2],[3]]}"))
  }

  /// What the limit lets through is readable where it travels: in a head.
  @Test func theDeepestSealedValueIsReadableInAHead() throws {
    let value = try JSONText(checking: Array(nested(Limits.maxSealedDepth).utf8))
    var head = Head(order: Some.order, dot: Dot(Some.water, 1), prev: 0, hash: .zero)
    head.sealed = Array(repeating: SealedValue(nonce: Array(0..<16), value: value), count: Limits.maxSealedValues)
    var bytes: [UInt8] = []
    Entry(head: head, line: nil).write(to: &bytes)
    #expect(try Entry.readHead(bytes.dropLast()).head.sealed == head.sealed)
  }
}
