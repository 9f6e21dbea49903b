// How much an order still takes: authors' runs and registers, as both authors judge it before they write. What the hub takes on
// arrival, where others wrote meanwhile, is Admission's.

extension VersionVector {
  /// True if this run may add a change: one that is in the vector adds no component, and of the last places only the hub's runs
  /// take any.
  public func hasRoom(for replica: ReplicaID) -> Bool {
    self[replica] > 0 || count < Limits.maxVectorSize - (replica.isHub ? 0 : Limits.vectorReserve)
  }
}

public enum OrderRoom {
  /// What the author of a run is told for which the order's vector has no room.
  public static let noRun = "too many authors' runs have written to the order already; open a related order"

  /// Registers by which the hub ends an order, or a platform's part of it. They may stand in the reserve.
  private static let ending: Set<String> = [
    "closed", "cancelled", "verdict", "assignment/<a>/recalled", "assignment/<a>/request/<r>/answer",
  ]

  /// Why `actor` may not add the registers of these drafts, or nil where there is room. A register that is set already takes none,
  /// and the hub's corrections are not counted: voiding is what makes room.
  static func fault(_ drafts: [Draft], by actor: PlatformName, on state: OrderState) -> String? {
    var added: Set<String> = []
    var endsOnly = true
    for case .set(let name, _) in drafts where state.registers[name] == nil && !Merge.isCorrection(name) {
      added.insert(name)
      if !ending.contains(RegisterName(name)?.row.pattern ?? "") { endsOnly = false }
    }
    if added.isEmpty { return nil }
    let corrections = state.hasCorrections ? state.registers.keys.count { Merge.isCorrection($0) } : 0
    let written = state.registers.count - corrections
    let most = Limits.maxRegisters * 2
    let limit = actor.isHub && endsOnly ? most + Limits.registerReserve : Limits.maxRegisters
    // The hub counts corrections too before it takes what a platform wrote.
    if written + added.count <= limit, actor.isHub || state.registers.count + added.count <= most { return nil }
    return "the order has \(state.registers.count) registers already; open a related order"
  }

  /// What people should be told of an order that fills up; nothing is refused by it.
  static func warnings(_ state: OrderState) -> [String] {
    let runs = state.vector.count
    guard runs >= Limits.warnVectorSize else { return [] }
    let most = Limits.maxVectorSize - Limits.vectorReserve
    return [
      "\(runs) authors' runs have written to this order, which takes \(most); open a related order before it is full"
    ]
  }
}
