// Making the index of words anew from the orders' states, page by page through the writer, and the look whether that is needed. What the
// index is stands in Search/OrderIndex.

import Core

struct WordsRebuild: Sendable {
  let database: any Database
  let writer: GroupCommitWriter

  /// Orders of one page, and so of one transaction: some 20 ms.
  private static let ordersInOne = 200

  /// Whether the index was wrong, and how many orders it should have.
  struct Outcome: Sendable, Equatable {
    var isWrong: Bool
    var orders: Int
  }

  /// Compares the index with the states, in one snapshot; with `repairing`, makes it anew where they differ.
  ///
  /// - Parameter isStopping: asked between two pages; what is left then goes on at the next start.
  func run(repairing: Bool, isStopping: () -> Bool = { false }) throws -> Outcome {
    let outcome = try database.read { db in
      let isUsable = try OrderIndex.isCurrent(db) && OrderIndex.progress(db).isWhole
      let sums = try OrderIndex.sums(db)
      return Outcome(isWrong: !isUsable || sums.states != sums.index, orders: sums.orders)
    }
    if outcome.isWrong, repairing { try make(isStopping) }
    return outcome
  }

  /// What a start does: makes it anew where other software made it or where it is known to be wrong, and goes on with what was begun.
  ///
  /// - Parameter isStopping: asked between two pages; what is left then goes on at the next start.
  /// - Returns: true where there was something to do.
  func resume(isStopping: () -> Bool = { false }) throws -> Bool {
    let (isCurrent, progress) = try database.read { db in
      (try OrderIndex.isCurrent(db), try OrderIndex.progress(db))
    }
    guard !isCurrent || !progress.isWhole else { return false }
    try isCurrent ? goOn(isStopping) : make(isStopping)
    return true
  }

  private func make(_ isStopping: () -> Bool) throws {
    try writer.perform { transaction in try OrderIndex.begin(transaction.db) }
    try goOn(isStopping)
  }

  /// The hub takes changes meanwhile; a search misses what is not in yet.
  private func goOn(_ isStopping: () -> Bool) throws {
    while try !isStopping() && database.read({ db in try !OrderIndex.progress(db).isWhole }) {
      try writer.perform { transaction in try OrderIndex.fillPage(WordsRebuild.ordersInOne, transaction.db) }
    }
  }
}
