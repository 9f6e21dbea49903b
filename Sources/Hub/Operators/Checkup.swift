// The doctor's examinations that the console asks for. Each reads the whole database, which takes minutes on a large one: it goes on beside
// everything else, on a thread of its own, and what it found is kept in memory. What is looked at is in HotlineStatus and StoreDoctor.

import Core
import Logging
import NIOPosix
import ServiceLifecycle
import Shell
import Synchronization

/// What is known of examinations: whether one is wanted, the one that goes on, and the last report.
final class Checkup: Sendable {
  struct Report: Sendable {
    enum Outcome: Sendable {
      case findings([Finding])
      /// It could not be finished.
      case failure(String)
    }

    let started: Int
    let finished: Int
    /// Whether it put right what it could.
    let isFixing: Bool
    let outcome: Outcome
  }

  struct Running: Sendable {
    let started: Int
    let isFixing: Bool
    /// Looked at so far.
    var orders = 0
  }

  /// At one time.
  struct Standing: Sendable {
    fileprivate(set) var running: Running?
    fileprivate(set) var last: Report?
    /// Whether the next one is to put right what it can; nil where none is wanted.
    fileprivate(set) var wanted: Bool?

    /// Whether a report is on its way.
    var isUnderWay: Bool { running != nil || wanted != nil }
  }

  private let state = Mutex(Standing())

  var standing: Standing { state.withLock { $0 } }

  func want(fixing: Bool) {
    state.withLock { state in
      // The one that goes on finds what another would.
      if let running = state.running, running.isFixing || !fixing { return }
      state.wanted = fixing || state.wanted == true
    }
  }

  /// Whether the one that is wanted puts right what it can; nil where none is.
  fileprivate func begin(at now: Int) -> Bool? {
    state.withLock { state in
      guard let isFixing = state.wanted else { return nil }
      state.wanted = nil
      state.running = Running(started: now, isFixing: isFixing)
      return isFixing
    }
  }

  fileprivate func count(_ orders: Int) { state.withLock { $0.running?.orders = orders } }

  /// - Parameter outcome: nil where the hub is stopping.
  fileprivate func end(_ outcome: Report.Outcome?, at now: Int) -> Report? {
    state.withLock { state in
      guard let running = state.running else { return nil }
      state.running = nil
      guard let outcome else { return nil }
      let report = Report(started: running.started, finished: now, isFixing: running.isFixing, outcome: outcome)
      state.last = report
      return report
    }
  }
}

extension Hotline {
  /// Makes the examination that is wanted. Nil where none is, and where the hub is stopping.
  ///
  /// - Parameter progressed: called whenever there is something new to show.
  @discardableResult
  func examineIfWanted(isStopping: () -> Bool = { false }, progressed: () -> Void = {}) -> Checkup.Report? {
    guard let isFixing = checkup.begin(at: environment.wall()) else { return nil }
    progressed()
    defer { progressed() }
    let outcome: Checkup.Report.Outcome?
    do {
      outcome = .findings(
        try findings(fixing: isFixing, isStopping: isStopping) { orders in
          checkup.count(orders)
          progressed()
        })
    } catch is CancellationError {
      outcome = nil
    } catch {
      outcome = .failure("\(error)")
    }
    return checkup.end(outcome, at: environment.wall())
  }
}

struct CheckupWatch: Service {
  let hotline: Hotline
  /// Who looks at the page learns that there is something new.
  let progressed: @Sendable () -> Void
  let logger: Logger

  private static let pause = Duration.milliseconds(200)

  func run() async throws {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let isStopping = StopFlag()
    await withGracefulShutdownHandler {
      while !isStopping.isSet {
        do {
          if hotline.checkup.standing.wanted != nil {
            let report = try await pool.runIfActive { [hotline, progressed] in
              hotline.examineIfWanted(isStopping: { isStopping.isSet }, progressed: progressed)
            }
            if let report { log(report) }
          }
          try await Task.sleep(for: CheckupWatch.pause)
        } catch { return }  // Cancelled: the hub is stopping.
      }
    } onGracefulShutdown: {
      isStopping.set()
    }
    try await pool.shutdownGracefully()
  }

  private func log(_ report: Checkup.Report) {
    switch report.outcome {
    case .findings(let findings):
      logger.notice("checkup.made", metadata: ["wrong": "\(findings.count(where: { !$0.isWell }))"])
    case .failure(let reason):
      logger.error("checkup.failed", metadata: ["reason": "\(reason)"])
    }
  }
}
