// What one transaction of the writer holds: orders, replicas, and the changes that are on their way into the store.

import Core

/// An order as the writer holds it.
struct OrderRow {
  var state: OrderState
  /// Changes stored of it, which is the last ordinal.
  var changes = 0
  /// Entries appended to it.
  var entries = 0
  var created: Int
  var updated: Int
  /// Who gets its changes.
  var concerned: Set<PlatformName> = []
  /// Who has had a lead assignment in its feed.
  var leads: Set<PlatformName> = []
  /// Who has one now that is neither recalled nor returned, as the rows of `concern` have it.
  var activeLeads: Set<PlatformName> = []
  var isEmergency = false
  /// Over what is held of it; `storedDigest` and `digestedFor` say what the buckets have of it.
  var digest = Digest.zero
  var storedDigest = Digest.zero
  var digestedFor: Set<PlatformName> = []
  /// Its place in lists, which never changes.
  var place: Int
  /// What its row has for lists; nil until it has one. `storedChanges` and `talliedFor` say what the tally has of it.
  var listing: OrderListing?
  var storedChanges = 0
  var talliedFor: Set<PlatformName> = []
  /// What this transaction did to it, for those who follow orders; and what they keep of it, as it is stored.
  var taken = TakenChanges()
  var kept: (any Sendable)?
}

/// A replica as the writer holds it.
struct ReplicaRow {
  /// Held without a gap up to this n, and the chain value there.
  var n = 0
  var chain = Hash.zero
  /// The highest n that is held at all.
  var highest = 0
}

/// A change on its way into the store.
struct IncomingChange {
  var order: OrderID
  var dot: Dot
  var hash: Hash
  /// nil where something before it is not held, so that nobody knows it.
  var chain: Hash?
  /// Empty where it is not held.
  var line: [UInt8]
  /// nil where the line cannot be read.
  var change: Change?
  var verdict: Verdict
  var sealed: [SealedValue]
  /// What it came back with, where the hub had forgotten it: it is what it was, whoever brings it.
  var former: Former?

  struct Former {
    var prev: Int
    var receipt: Hash
    var received: Int
  }
}

/// The `notes` column of a change: what a pull must look at without reading the line.
enum ChangeNotes {
  static let sealed = 1
  static let assigns = 2
}
