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
