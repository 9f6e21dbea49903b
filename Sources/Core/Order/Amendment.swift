// To amend a record is to write some of its fields and leave the others as they are shown; to describe it is to write it whole.

enum Amendment {
  /// The registers with what is amended in them. Of a record a field that is null is taken out, and one that is not named stays; any
  /// other value is as given.
  ///
  /// - Parameter personal: plain values by their commitments, of those that the author holds.
  static func registers(
    _ members: [JSON.Member], on state: OrderState, _ personal: [Hash: JSON]
  ) throws(CommandRefusal) -> [JSON.Member] {
    var registers: [JSON.Member] = []
    for member in members {
      guard let fields = record(RegisterName(member.key)?.row.shape), let given = member.value.asObject else {
        registers.append(member)
        continue
      }
      let isWhole = fields.allSatisfy { field in given.contains { $0.key == field.name } }
      guard let shown = shown(member.key, state, personal) ?? (isWhole ? [] : nil) else {
        throw CommandRefusal(
          "illegal-step",
          "what \(member.key) held is not here any more: give every field of it, null where there is none")
      }
      registers.append(JSON.Member(member.key, .object(amended(shown, with: given))))
    }
    return registers
  }

  private static func amended(_ shown: [JSON.Member], with given: [JSON.Member]) -> [JSON.Member] {
    let kept = shown.map { member in given.first { $0.key == member.key } ?? member }
    let added = given.filter { member in !shown.contains { $0.key == member.key } }
    return (kept + added).filter { !$0.value.isNull }
  }

  /// The fields of a record's shape, sealed or not; nil for any other.
  private static func record(_ shape: ValueShape?) -> [ValueShape.Field]? {
    switch shape {
    case .record(let fields): fields
    case .sealed(let inner): record(inner)
    default: nil
    }
  }

  /// What the record shows, empty where nothing was written; nil where it is sealed and the author does not hold it.
  private static func shown(_ name: String, _ state: OrderState, _ personal: [Hash: JSON]) -> [JSON.Member]? {
    guard let value = state.value(name) else { return [] }
    guard let commitment = SealedValue.commitment(in: value) else { return value.asObject ?? [] }
    return personal[commitment]?.asObject
  }
}
