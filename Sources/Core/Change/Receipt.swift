// What the hub says of a change it holds: the verdict, and the receipt that proves it said so.

/// As what the hub holds a change.
public enum Verdict: String, Sendable, Hashable, CaseIterable {
  /// Held and counted.
  case accepted
  /// Held, but without effect: `void/<dot>` names the reason.
  case void
  /// Held as bytes that no software could read yet; its dot counts and nothing else.
  case unreadable
}

/// The hub's HMAC over (order, replica, n, prev, hash, verdict): proof that the hub once held this change, and as what.
public enum Receipt {
  public static func issue(
    order: OrderID, dot: Dot, prev: Int, hash: Hash, verdict: Verdict, key: [UInt8]
  ) -> Hash {
    var message = Array("\(order.text)\n\(dot.replica.text)\n\(dot.n)\n\(prev)\n\(verdict.rawValue)\n".utf8)
    message.append(contentsOf: hash.bytes)
    return .authenticating(message, key: key)
  }

  /// True if `receipt` is the hub's for just this change and verdict. Compares in constant time.
  public static func verifies(
    _ receipt: Hash, order: OrderID, dot: Dot, prev: Int, hash: Hash, verdict: Verdict, key: [UInt8]
  ) -> Bool {
    let own = issue(order: order, dot: dot, prev: prev, hash: hash, verdict: verdict, key: key)
    return zip(own.bytes, receipt.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
