// A dot that is proved with two contents: two processes wrote one run, and the hub was restored in between. It belongs to neither: it is
// void, and each content is written again under a run of its own, so that whoever saw one of them does not pass for having seen the other.

import Core

extension HubTransaction {
  /// Takes the second content of a dot, which came with this hub's receipt for it.
  func settleFork(_ entry: Entry, _ verdict: Verdict) throws -> Healed {
    let dot = entry.head.dot
    let id = entry.head.order
    let key: [SQLValue] = [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n), .text(id.text)]
    let found = try db.first(
      "SELECT hash, chain, verdict, line FROM change WHERE platform = $1 AND replica = $2 AND n = $3 AND order_id = $4",
      key
    ) {
      (
        hash: Hash(bytes: $0.blob(0)), chain: Hash(bytes: $0.blob(1)), verdict: Verdict(rawValue: $0.text(2)),
        line: $0.blob(3)
      )
    }
    guard let held = found, let heldHash = held.hash, let heldVerdict = held.verdict, let state = try order(id)?.state
    else { return try settleForkElsewhere(entry, verdict) }
    guard hubHasRoom(in: state.vector) else { return .refused(OrderRoom.noRun) }
    if run.taken == dot.replica { run.close() }
    let isSettled = state.shown("void/\(dot)")?.value.json["reason"] == .string(HubTransaction.forkReason)
    // Void for another reason: neither content counts, and so neither is written again.
    if state.isVoid(dot), !isSettled { return .held }
    var head = entry.head
    head.hash = heldHash
    let theirs = HubTransaction.readable(entry.line, entry.head, verdict)
    let ours = HubTransaction.readable(held.line, head, heldVerdict)
    if let theirs { try keepValues(of: theirs, entry) }
    if !isSettled {
      try author(
        id,
        edits: [.set(register: "void/\(dot)", value: JSONText(["reason": .string(HubTransaction.forkReason)]))],
        by: PushIngest.hubAuthor)
      // Who holds the other content takes this one in its place, now that neither counts.
      try feed(
        IncomingChange(
          order: id, dot: dot, hash: heldHash, chain: held.chain, line: held.line, change: ours, verdict: heldVerdict,
          sealed: []), assigned: [], isNew: false)
      if heldVerdict == .accepted, let ours { try writeAgain(ours, hash: heldHash) }
    }
    if verdict == .accepted, let theirs { try writeAgain(theirs, hash: entry.head.hash) }
    return isSettled ? .held : .taken
  }

  static let forkReason = "fork"

  /// Takes the content of a dot that is held with another one as a change of another order. Of this order it is lost, so that what its
  /// readers wrote does not wait for it, and what it said is written again; whoever holds it gives it up.
  private func settleForkElsewhere(_ entry: Entry, _ verdict: Verdict) throws -> Healed {
    let dot = entry.head.dot
    let id = entry.head.order
    let waits = try db.count(
      "SELECT COUNT(*) FROM waiting WHERE platform = $1 AND replica = $2 AND n = $3 AND order_id = $4",
      [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n), .text(id.text)])
    guard waits == 0 else { return .refused("fork: another content of the dot came back and waits") }
    let state = try order(id)?.state
    if state?.isLost(dot) == true { return .held }
    guard hubHasRoom(in: state?.vector ?? VersionVector()) else { return .refused(OrderRoom.noRun) }
    if run.taken == dot.replica { run.close() }
    try author(
      id, edits: [.set(register: "lost/\(dot)", value: JSONText(["reason": .string(HubTransaction.forkReason)]))],
      by: PushIngest.hubAuthor)
    guard let theirs = HubTransaction.readable(entry.line, entry.head, verdict) else { return .taken }
    try keepValues(of: theirs, entry)
    if verdict == .accepted, state?.isVoid(dot) != true { try writeAgain(theirs, hash: entry.head.hash) }
    return .taken
  }

  /// Keeps the values that came with a content which is not held under its dot: what is written again names them.
  private func keepValues(of change: Change, _ entry: Entry) throws {
    try keepSealed(
      IncomingChange(
        order: change.order, dot: change.dot, hash: entry.head.hash, chain: nil, line: [], change: change,
        verdict: .accepted, sealed: entry.head.sealed), change.sealedMentions)
  }

  /// Writes a change again under a hub run of its own, unless one that replaces it is there.
  private func writeAgain(_ change: Change, hash: Hash) throws {
    let origin = change.origin ?? Origin(dot: change.dot, hash: hash)
    guard try !HubLog.history(change.order, db).contains(where: { $0.change?.origin == origin }),
      let state = try order(change.order)?.state
    else { return }
    let replica = ReplicaID(platform: .hub, random: environment.random(10))
    guard state.vector.hasRoom(for: replica) else { throw Problem(.limit, OrderRoom.noRun) }
    // What was lost here and is not back yet counts as not seen: then a conflict shows, which is better than a value that does not.
    let context = VersionVector(
      change.context.components.map { ($0.replica, min($0.n, state.vector[$0.replica])) }.filter { $1 > 0 })
    let again = Change(
      order: change.order, dot: Dot(replica, 1), context: context, at: change.at, author: change.author,
      edits: change.edits, origin: origin)
    let line = ChangeLine.encode(again)
    let hash = Hash.of(line)
    try store(
      IncomingChange(
        order: change.order, dot: again.dot, hash: hash, chain: .chain(.zero, hash), line: line, change: again,
        verdict: .accepted, sealed: []))
  }
}
