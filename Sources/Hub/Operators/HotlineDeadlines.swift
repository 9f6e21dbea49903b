// What the policy adds to the hotline's commands: deadlines in the same change, its limit on extensions, its threshold for who counts as
// satisfied.

import Core
import Shell

extension Hotline {
  /// The deadlines that follow from a command's drafts. An order that has no room for them, or a change that has not, goes without: what
  /// was commanded matters more.
  func following(_ drafts: [Draft], on view: OrderView, _ transaction: HubTransaction) -> [Draft] {
    let more = Deadlines.following(drafts, on: view, now: transaction.now, inForce.policy)
    let fits =
      drafts.count + more.count <= Limits.maxEdits
      && view.state.registers.count + drafts.count + more.count <= Limits.maxRegisters
    return fits ? more : []
  }

  /// Refuses to grant an extension beyond the policy's limit.
  func demandExtensible(_ command: Command, _ view: OrderView, _ policy: Policy) throws(CommandRefusal) {
    guard case .answer(let id, true, _, _) = command,
      let assignment = view.assignments.first(where: { $0.requests.contains { $0.id == id } }),
      assignment.requests.first(where: { $0.id == id })?.type == "extension"
    else { return }
    let granted = assignment.grantedExtensions
    guard granted >= policy.maxExtensions else { return }
    throw CommandRefusal(
      "illegal-step",
      "cannot answer: \(granted) extensions have been granted already, which is the policy's limit; refuse it, or"
        + " suspend the assignment")
  }
}

extension Hotline {
  var supervisionRebuild: SupervisionRebuild {
    SupervisionRebuild(database: database, writer: writer, inForce: inForce)
  }

  /// Deadlines, call-backs and figures against the logs.
  func supervisionFinding(fixing: Bool, afterPage: () throws -> Void = {}) throws -> Finding {
    let found = try supervisionRebuild.run(repairing: fixing, afterPage: afterPage)
    let name = "deadlines and figures match their logs"
    if found.isUnderWay { return Finding(name, true, "being brought to the policy in force; look again later") }
    guard found.wrong > 0 else { return Finding(name, true, "\(found.orders) orders, all equal") }
    let parts = [
      found.differing.isEmpty ? nil : "orders that differ: \(Finding.list(found.differing.map(\.text)))",
      found.sums == 0 ? nil : "\(found.sums) sums of the indicators differ",
    ].compactMap(\.self)
    return Finding(
      name, fixing, parts.joined(separator: "; "), remedy: "doctor --fix makes them anew from the log",
      repair: fixing ? "made anew from the log" : nil)
  }
}

extension Command {
  /// A call-back with the verdict that the policy makes of it, where its caller gave none.
  func judged(by policy: Policy) -> Command {
    guard case .callBack(let callBack, let verdict) = self, verdict?.asObject?.isEmpty ?? true,
      callBack["reached"] == .bool(true), let solved = callBack["solved"]?.asString,
      let result = callBack["result"]?.asInt
    else { return self }
    return .callBack(
      callBack,
      verdict: [
        "solved": .bool(solved == "yes"), "satisfied": .bool(result >= policy.callBacks.satisfiedFrom),
      ])
  }
}
