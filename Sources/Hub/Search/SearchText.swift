// What of an order is searched: the texts of its registers that anybody at the hub may see. Sealed values are not among them, so nothing
// personal ever enters the index.

import Core

enum SearchText {
  /// Their values are texts.
  private static let plain = ["number", "title", "description"]
  private static let place = "location"
  private static let placeParts = ["region", "district", "street", "community", "grid", "address", "asset", "note"]
  private static let reference = "ref/"

  /// The texts of an order, of values in conflict all of them: it is found by either.
  static func texts(of state: OrderState) -> [String] {
    var texts: [String] = []
    for register in plain {
      for sibling in state.siblings(register) { if let text = sibling.value.json.asString { texts.append(text) } }
    }
    for sibling in state.siblings(place) {
      let value = sibling.value.json
      for part in placeParts { if let text = value[part]?.asString { texts.append(text) } }
    }
    for register in state.registers.keys.filter({ $0.hasPrefix(reference) }).sorted() {
      for sibling in state.siblings(register) {
        if let number = sibling.value.json["number"]?.asString { texts.append(number) }
      }
    }
    return texts
  }

  /// A number that differs, nearly always, where what is searched differs: so that a change of anything else costs no look into values.
  static func mark(of state: OrderState) -> Int {
    var mark = Mark()
    for register in plain { mark.take(state.siblings(register)) }
    mark.take(state.siblings(place))
    // Registers come in no order: their sum does not know one.
    var references: UInt64 = 0
    for (register, siblings) in state.registers where register.hasPrefix(reference) {
      var part = Mark()
      part.take(register.utf8)
      part.take(siblings)
      references &+= part.value
    }
    return Int(truncatingIfNeeded: mark.value &+ references)
  }

  /// FNV-1a, 64 bits.
  struct Mark {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func take(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    fileprivate mutating func take(_ siblings: [Sibling]) {
      for sibling in siblings { take(sibling.value.bytes) }
      take(CollectionOfOne(0xFF))
    }
  }
}
