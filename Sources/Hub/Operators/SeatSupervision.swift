// What an operator may do with deadlines, call-backs, indicators and the policy. Urging, demanding and calling back are commands on an order.

import Core

extension Seat {
  func deadlines(
    _ filter: SupervisionFilter = SupervisionFilter(), state: DeadlineState = .all, stage: String? = nil,
    limit: Int = 200, after: String? = nil
  ) throws -> JSON {
    try read { try $0.deadlines(filter, state: state, stage: stage, limit: limit, after: after) }
  }

  func deadlines(of order: OrderID) throws -> JSON { try read { try $0.deadlines(of: order) } }

  func callBacks(
    _ filter: SupervisionFilter = SupervisionFilter(), limit: Int = 200, after: String? = nil
  ) throws -> JSON {
    try read { try $0.callBacks(filter, limit: limit, after: after) }
  }

  func indicators(_ query: IndicatorQuery) throws -> JSON { try read { try $0.indicators(query) } }
  func policy() throws -> JSON { try read { try $0.policy() } }

  /// Reads the policy file again; audited.
  func reloadPolicy() throws -> JSON {
    try demand(.administer)
    let answer = try hotline.reloadPolicy()
    try note(.policyReloaded, hotline.inForce.policy.name)
    return answer
  }
}
