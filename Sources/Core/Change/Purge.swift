// Which sealed values a change destroys, and which an order's state says to be destroyed. Who finds and deletes them is the stores'
// business.

public enum Purge {
  static let prefix = "purged/"

  /// The edit that destroys a sealed value for ever. The reason stands in every copy of the order, so it must name nobody.
  public static func edit(_ commitment: Hash, reason: String) -> Edit {
    .set(register: prefix + commitment.description, value: JSONText(["reason": .string(reason)]))
  }

  static func commitment(in register: String) -> Hash? {
    register.hasPrefix(prefix) ? Hash(String(register.dropFirst(prefix.utf8.count))) : nil
  }
}

extension Change {
  /// Commitments of the sealed values that this change destroys. Only the hub can.
  public var purges: [Hash] {
    guard dot.replica.isHub else { return [] }
    return edits.compactMap { edit in
      guard case .set(let register, let value) = edit, !value.isNull else { return nil }
      return Purge.commitment(in: register)
    }
  }
}

extension OrderState {
  /// Commitments of this order whose values are destroyed for ever, sorted by register.
  public var purged: [Hash] {
    guard hasCorrections else { return [] }
    return registers.keys.filter { $0.hasPrefix(Purge.prefix) }.sorted().compactMap { name in
      siblings(name).contains { !$0.value.isNull } ? Purge.commitment(in: name) : nil
    }
  }
}
