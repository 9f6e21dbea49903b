// When an order ended, and whether a platform may know who called: what a platform's copies of personal values hang on. Who blanks
// them is the stores' business.

extension OrderView {
  /// When the order was closed or cancelled, milliseconds by the write that says so; nil while it is open.
  public var endedAt: Int? {
    let status = status(now: 0)
    guard status.isOver else { return nil }
    return state.shown(status == .closed ? "closed" : "cancelled")?.at.milliseconds
  }

  /// True if the platform leads the order now, so that it may have the values that are a lead's.
  public func isLetKnow(_ platform: PlatformName) -> Bool {
    !isConfidential && assignments(of: platform).contains { $0.isLead && $0.isActive }
  }
}
