// The seal of a stored state: what a disk altered is not read as another state.

import Testing

@testable import Core

@Suite struct StateSealTests {
  private let order = OrderID(maker: .hub, milliseconds: 5, random: [1])

  private var state: OrderState {
    var state = OrderState(id: order)
    let change = Change(
      order: order, dot: Dot(ReplicaID(platform: .hub, random: [7]), 1), context: VersionVector(),
      at: HybridTime(1_764_000_000_000), author: Author(name: "op", role: "operator"),
      edits: [.set(register: "title", value: JSONText("burst pipe"))])
    _ = Merge.apply(change, to: &state)
    return state
  }

  @Test func aStateIsReadBackAsItWasStored() throws {
    #expect(try OrderState(id: order, stored: state.stored) == state)
  }

  @Test func noAlteredBitGoesUnseen() {
    let stored = state.stored
    for index in stored.indices {
      for bit in 0..<8 {
        var altered = stored
        altered[index] ^= UInt8(1 << bit)
        #expect(throws: StateError.self, "bit \(bit) of byte \(index)") { try OrderState(id: order, stored: altered) }
      }
    }
  }

  @Test func aStateOfAnotherOrderOrWithoutItsEndIsNone() {
    let stored = state.stored
    let other = OrderID(maker: .hub, milliseconds: 6, random: [1])
    #expect(throws: StateError.self) { try OrderState(id: other, stored: stored) }
    for count in 0..<stored.count {
      #expect(throws: StateError.self) { try OrderState(id: order, stored: Array(stored.prefix(count))) }
    }
  }

  @Test func whatOlderSoftwareStoredHasNoSealAndIsRead() throws {
    let older = String(decoding: state.stored.dropLast(12), as: UTF8.self).replacing(
      "[2,", with: "[1,", maxReplacements: 1)
    #expect(try OrderState(id: order, stored: Array(older.utf8)) == state)
  }
}
