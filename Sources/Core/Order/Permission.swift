// Who may write what, from the register table: judged by the hub on arrival and, with the same function, at the author beforehand.

public enum Permission {
  /// Why `platform` may not make this change on an order in this state, or nil where it may.
  ///
  /// `state` is what the judge holds *before* the change; `isCreation` is true for the change that creates the order. The reason
  /// names the register and begins with a stable code: `register-unknown`, `not-permitted`, `value-invalid`.
  public static func fault(
    _ change: Change, by platform: PlatformName, on state: OrderState, isCreation: Bool
  ) -> String? {
    fault(in: change.edits, by: platform, on: state, isCreation: isCreation)
  }

  /// As above, for an author who has the edits and not yet the change.
  public static func fault(
    in edits: [Edit], by platform: PlatformName, on state: OrderState, isCreation: Bool
  ) -> String? {
    var held = heldRoles(platform, state)
    if isCreation { held.formUnion(created(edits, by: platform)) }
    for edit in edits {
      switch edit {
      case .set(let name, let value):
        guard let register = RegisterName(name) else { return "register-unknown: \(name)" }
        if value.isNull {
          guard register.row.isNullable else { return "value-invalid: \(name): null is not allowed" }
        } else if let fault = register.row.shape.fault(value.json, at: name) {
          return "value-invalid: \(fault)"
        }
        guard mayWrite(register, value, platform, state, held, edits, isCreation) else {
          return "not-permitted: \(name)"
        }
      case .append(let kind, let value):
        guard let row = RegisterTable.entry(kind) else { return "register-unknown: entry \(kind)" }
        if let fault = row.shape.fault(value.json, at: kind) { return "value-invalid: \(fault)" }
        let allowed =
          platform.isHub
          ? row.writers.contains(.hub)
          : row.writers.contains(.concerned) || (row.writers.contains(.assigned) && held.contains(.assigned))
        guard allowed else { return "not-permitted: entry \(kind)" }
      }
    }
    return nil
  }

  private static func mayWrite(
    _ register: RegisterName, _ value: JSONText, _ platform: PlatformName, _ state: OrderState, _ held: Writers,
    _ edits: [Edit], _ isCreation: Bool
  ) -> Bool {
    let row = register.row
    if isCreation {
      if row.isDescriptive { return true }
      if row.pattern == "assignment/<a>" { return mayCreate(register.text, value.json, platform, edits) }
    }
    if platform.isHub { return !row.writers.isDisjoint(with: [.hub, .own]) }
    if row.writers.contains(.own), let id = register.assignment {
      let made = state.value("assignment/\(id)") ?? (isCreation ? assignmentValue(id, in: edits) : nil)
      return made?["platform"] == .string(platform.text)
    }
    return !row.writers.isDisjoint(with: held.subtracting([.hub, .own]))
  }

  /// An assignment that comes with its order is of round 1. A platform makes one, for itself; the hub one each for as many platforms
  /// as it likes, one of them the lead, as it could in so many dispatches.
  private static func mayCreate(_ name: String, _ value: JSON, _ platform: PlatformName, _ edits: [Edit]) -> Bool {
    guard value["round"]?.asInt == 1 else { return false }
    var earlier: [JSON] = []
    for case .set(let other, let value) in edits where RegisterName(other)?.row.pattern == "assignment/<a>" {
      if other == name { break }
      earlier.append(value.json)
    }
    guard platform.isHub else { return earlier.isEmpty && value["platform"] == .string(platform.text) }
    return earlier.allSatisfy {
      $0["platform"] != value["platform"] && !($0["role"] == "lead" && value["role"] == "lead")
    }
  }

  private static func heldRoles(_ platform: PlatformName, _ state: OrderState) -> Writers {
    var held: Writers = .concerned
    for (name, _) in state.registers where name.hasPrefix("assignment/") && name.utf8.count(where: { $0 == 0x2F }) == 1
    {
      guard let value = state.value(name), value["platform"] == .string(platform.text) else { continue }
      held.insert(.assigned)
      if value["role"] == .string("lead") {
        held.insert(.lead)
        if state.id.maker == platform { held.insert(.leadOfOwnOrder) }
      }
    }
    return held
  }

  private static func created(_ edits: [Edit], by platform: PlatformName) -> Writers {
    var held: Writers = []
    for case .set(let name, let value) in edits {
      guard let register = RegisterName(name), register.row.pattern == "assignment/<a>",
        value.json["platform"] == .string(platform.text)
      else { continue }
      held.insert(.assigned)
      if value.json["role"] == .string("lead") { held.formUnion([.lead, .leadOfOwnOrder]) }
    }
    return held
  }

  private static func assignmentValue(_ id: String, in edits: [Edit]) -> JSON? {
    for case .set(let name, let value) in edits where name == "assignment/\(id)" { return value.json }
    return nil
  }
}
