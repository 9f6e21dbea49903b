// The decoders of changes and of what is made of them: lines, heads, batches, stored states, commands; and what happens next
// to what they read: permission, admission, merge, views.

@testable import Core

extension FuzzTarget {
  static let changes: [FuzzTarget] = [line, head, push, pull, state, command, creation]

  /// What everyone does with a state: it is stored, shown and compared.
  private static func use(_ state: OrderState, _ trail: inout FuzzTrail) throws {
    let stored = state.stored
    let again = try trail.must("a stored state") { try OrderState(id: state.id, stored: stored) }
    trail.require(again.stored == stored, "a stored state is stored as another")
    _ = state.canonicalHash(entries: [])
    let view = OrderView(state)
    for now in [0, FuzzScene.start, Limits.maxInteger] { _ = view.status(now: now) }
    for viewer in [PlatformName.hub, FuzzScene.water.platform] {
      _ = OrderDocument.summary(view, viewer: viewer, now: FuzzScene.start, updated: 0, unconfirmed: 0).bytes
      _ = OrderDocument.whole(view, viewer: viewer, now: FuzzScene.start, history: [], reveal: { _ in nil }).bytes
    }
    _ = (OrderDocument.conflicts(view), OrderDocument.contradictions(view))
  }

  private static func readsBack(_ change: Change, _ trail: inout FuzzTrail) throws {
    let again = try trail.must("a change reads back") { try ChangeLine.decode(ChangeLine.encode(change)) }
    trail.require(again == change, "a change reads back as another: \(again)")
  }

  private static let line = FuzzTarget(
    "change", .json, weight: 24, ["bounded", "json", "change", "fitting", "merged"]
  ) { bytes, trail in
    guard bytes.count <= Limits.maxLineBytes else { return }
    trail.pass("bounded")
    if (try? JSON(parsing: bytes)) != nil { trail.pass("json") }
    let change = try ChangeLine.decode(bytes)
    trail.require(trail.passed.contains("json"), "a line is read that is no JSON")
    trail.pass("change")
    // Spaces between what was read are not written again, so what is written is never the longer one by much.
    if ChangeLine.encode(change).count <= Limits.maxLineBytes { try readsBack(change, &trail) }
    _ = (change.sealedMentions, change.entries, change.prev, change.cannotBeVoided)
    var drafts: [Draft] = []
    for edit in change.edits {
      switch edit {
      case .set(let name, let value): drafts.append(.set(name, value.json))
      case .append(let kind, let value): drafts.append(.append(kind, value.json))
      }
    }
    _ = Authoring.fault(drafts)
    let hub = try FuzzScene.working().facts
    var state = hub.state(change.order) ?? OrderState(id: change.order)
    let platform = change.dot.replica.platform
    if Permission.fault(change, by: platform, on: state, isCreation: state.vector.isEmpty) == nil {
      trail.pass("fitting")
    }
    let before = state
    switch Merge.apply(change, to: &state) {
    case .applied:
      if trail.passed.contains("fitting") { trail.pass("merged") }
      try use(state, &trail)
      trail.require(Merge.apply(change, to: &state) == .seen, "a change that was merged is not seen")
    case .waiting, .seen: trail.require(state == before, "a state moved without a change")
    case .needsFold: trail.require(state == before, "a state moved without a change")
    }
    let folded = Merge.fold([.change(change)], order: change.order)
    _ = (folded.state.stored, OrderView(folded.state).status(now: 0))
  }

  private static let head = FuzzTarget("head", .json, weight: 12, ["bounded", "json", "head", "sealed"]) {
    bytes, trail in
    _ = try FuzzTarget.tree(bytes, &trail)
    let head = try Entry.readHead(bytes).head
    trail.pass("head")
    var written: [UInt8] = []
    Entry(head: head, line: nil).write(to: &written)
    if written.count <= Limits.maxHeadBytes {
      let again = try trail.must("a head reads back") { try Entry.readHead(Array(written.dropLast())).head }
      trail.require(again == head, "a head reads back as another: \(again)")
    }
    guard !head.sealed.isEmpty, Authoring.faultInSealed(head.sealed) == nil else { return }
    for value in head.sealed {
      trail.require(SealedValue.commitment(in: value.placeholder) == value.commitment, "a commitment is lost")
      _ = value.value.json
    }
    trail.pass("sealed")
  }

  /// Reads a batch, and again what is written of it.
  private static func batch(_ bytes: [UInt8], _ trail: inout FuzzTrail) throws -> Batch {
    guard bytes.count <= Limits.maxBatchBytes else { throw JSONError(.outOfRange) }
    trail.pass("bounded")
    let batch = try Batch(parsing: bytes)
    trail.pass("batch")
    let written = batch.bytes
    if written.count <= Limits.maxBatchBytes {
      let again = try trail.must("a batch reads back") { try Batch(parsing: written) }
      trail.require(
        again.header == batch.header && again.entries == batch.entries, "a batch reads back as another: \(again)")
    }
    return batch
  }

  private static let push = FuzzTarget(
    "push", .batch, weight: 20, ["bounded", "batch", "header", "decided", "accepted"]
  ) { bytes, trail in
    let batch = try FuzzTarget.batch(bytes, &trail)
    let header = try PushHeader(batch.header)
    trail.pass("header")
    var hub = try FuzzScene.working().facts
    var accepted = 0
    var orders: Set<OrderID> = []
    for entry in batch.entries {
      let decision: Admission
      do { decision = try hub.push(entry, from: header.replica.platform) } catch {
        if let failure = error as? FuzzFailure { trail.disagree(failure.description) }
        throw error
      }
      switch decision {
      case .accept(let change):
        accepted += 1
        orders.insert(change.order)
      case .void, .unreadable: orders.insert(entry.head.order)
      case .skip, .fork, .gap, .quarantine: break
      }
    }
    trail.pass("decided")
    if accepted > 0 { trail.pass("accepted") }
    for order in orders.sorted() { if let state = hub.state(order) { try use(state, &trail) } }
  }

  private static let pull = FuzzTarget(
    "pull", .batch, weight: 16, ["bounded", "batch", "header", "changes", "merged"]
  ) { bytes, trail in
    let batch = try FuzzTarget.batch(bytes, &trail)
    _ = try PullReply(batch.header)
    trail.pass("header")
    var states: [OrderID: OrderState] = [:]
    var log: [OrderID: [Merge.LogItem]] = [:]
    var merged = 0
    for entry in batch.entries {
      guard let line = entry.line else { continue }
      let order = entry.head.order
      var state = states[order] ?? OrderState(id: order)
      let item: Merge.LogItem
      let outcome: MergeOutcome
      // As an agent does: what the hub calls unreadable, and what is, counts by its dot.
      if entry.head.verdict != .unreadable, let change = try? ChangeLine.decode(line), change.dot == entry.head.dot {
        item = .change(change)
        outcome = Merge.apply(change, prev: entry.head.prev, to: &state)
      } else {
        item = .unreadable(entry.head.dot, prev: entry.head.prev)
        outcome = Merge.applyUnreadable(entry.head.dot, prev: entry.head.prev, to: &state)
      }
      log[order, default: []].append(item)
      if outcome == .needsFold { state = Merge.fold(log[order] ?? [], order: order).state }
      if outcome == .applied { merged += 1 }
      states[order] = state
    }
    trail.pass("changes")
    if merged > 0 { trail.pass("merged") }
    for order in states.keys.sorted() { if let state = states[order] { try use(state, &trail) } }
  }

  private static let state = FuzzTarget("state", .json, weight: 12, ["json", "state", "viewed", "merged"]) {
    bytes, trail in
    if (try? JSON(parsing: bytes)) != nil { trail.pass("json") }
    var state = try OrderState(id: FuzzScene.order, stored: bytes)
    trail.require(trail.passed.contains("json"), "a state is read that is no JSON")
    trail.pass("state")
    try use(state, &trail)
    // Two writes of one dot and time that differ in what they saw are written as one: no product writes them.
    let siblings = state.registers.values.flatMap { $0 }
    let writes = Set(siblings.map { "\($0.dot) \($0.at) \($0.reinstated?.description ?? "")" })
    let contexts = Set(siblings.map { "\($0.dot) \($0.at) \($0.reinstated?.description ?? "") \($0.context.json)" })
    if writes.count == contexts.count {
      let again = try OrderState(id: state.id, stored: state.stored)
      trail.require(again == state, "a state reads back as another")
    }
    let view = OrderView(state)
    for actor in [PlatformName.hub, FuzzScene.water.platform] {
      _ = CommandCheck.allowed(on: view, for: actor, now: FuzzScene.start)
    }
    trail.pass("viewed")
    var merged = 0
    for scene in try FuzzScene.fixed.get() {
      for made in scene.made where Merge.apply(made.change, to: &state) == .applied { merged += 1 }
    }
    let next = Change(
      order: FuzzScene.order, dot: Dot(FuzzScene.gas, Limits.maxInteger), context: VersionVector(),
      at: HybridTime(1), author: Author(name: "", role: ""), edits: [.set(register: "title", value: JSONText("x"))])
    if Merge.apply(next, to: &state) == .applied { merged += 1 }
    try use(state, &trail)
    if merged > 0 { trail.pass("merged") }
  }

  /// As a local API does with a command: checked against the order, sealed, made a change, read back, and pushed.
  private static let command = FuzzTarget(
    "command", .json, weight: 20, ["bounded", "json", "command", "drafts", "permitted", "accepted"]
  ) { bytes, trail in
    let tree = try FuzzTarget.tree(bytes, &trail)
    let command = try Command(tree)
    _ = (try tree.optionalString("assignment"), try tree.optionalString("onBehalfOf").map { try PlatformName($0) })
    trail.pass("command")
    var refusal: (any Error)?
    var reached = 0
    for scene in try FuzzScene.fixed.get() {
      for replica in [FuzzScene.hub, FuzzScene.water, FuzzScene.gas] {
        // Nobody else has the order.
        guard replica.isHub || scene.facts.isConcerned(replica.platform, with: FuzzScene.order) else { continue }
        let context = CommandContext(
          actor: replica.platform, assignment: try tree.optionalString("assignment"), now: scene.now, ids: ["n1", "n2"])
        let drafts: [Draft]
        do throws(CommandRefusal) {
          drafts = try CommandCheck.drafts(command, on: OrderView(scene.state), context)
        } catch {
          _ = Problem(error).json
          refusal = error
          continue
        }
        reached = max(reached, 1 + (try record(drafts, by: replica, in: scene, &trail)))
      }
    }
    for stage in ["drafts", "permitted", "accepted"].prefix(reached) { trail.pass(stage) }
    if reached == 0, let refusal { throw refusal }
  }

  /// 0: not permitted or too large, as the author is told; 1: permitted; 2: and the hub accepts it.
  private static func record(
    _ drafts: [Draft], by replica: ReplicaID, in scene: FuzzScene, _ trail: inout FuzzTrail, isCreation: Bool = false
  ) throws -> Int {
    guard drafts.count <= Limits.maxEdits else { return 0 }
    let (edits, sealed) = Authoring.seal(drafts) { [UInt8](repeating: 9, count: 16) }
    guard Authoring.faultInSealed(sealed) == nil else { return 0 }
    var hub = scene.facts
    let order = isCreation ? OrderID(maker: replica.platform, milliseconds: scene.now, random: [9]) : FuzzScene.order
    let state = hub.state(order) ?? OrderState(id: order)
    let change = Change(
      order: order, dot: Dot(replica, hub.highWater(replica).n + 1), context: state.vector, at: HybridTime(scene.now),
      author: Author(name: "Li", role: "crew"), edits: edits)
    if Permission.fault(change, by: replica.platform, on: state, isCreation: isCreation) != nil { return 0 }
    let line = ChangeLine.encode(change)
    guard (try? ChangeLine.decode(line)) != nil else { return 0 }
    let entry = hub.entry(line, of: change, sealed: sealed)
    // What its author was allowed, the hub takes.
    let decision = try trail.must("pushing what was recorded") { try hub.push(entry) }
    guard case .accept = decision else {
      trail.disagree("recorded by its author, and at the hub \(decision)")
      return 1
    }
    if let state = hub.state(order) { try use(state, &trail) }
    return 2
  }

  /// The body of an order's creation at a platform.
  private static let creation = FuzzTarget(
    "creation", .json, weight: 12, ["bounded", "json", "registers", "drafts", "permitted", "accepted"]
  ) { bytes, trail in
    let tree = try FuzzTarget.tree(bytes, &trail)
    guard let members = tree["registers"]?.asObject else { throw JSONError(.missing, field: "registers") }
    trail.pass("registers")
    for member in members where RegisterName(member.key)?.row.isDescriptive != true {
      throw JSONError(.wrongType, field: member.key)
    }
    var drafts = members.map { Draft.set($0.key, $0.value) }
    drafts.append(.set("assignment/a1", ["platform": "water", "role": "lead", "round": 1, "cause": "first"]))
    if let fault = Authoring.fault(drafts) { throw FuzzFailure(fault) }
    trail.pass("drafts")
    let reached = try record(drafts, by: FuzzScene.water, in: try FuzzScene.working(), &trail, isCreation: true)
    for stage in ["permitted", "accepted"].prefix(reached) { trail.pass(stage) }
  }
}
