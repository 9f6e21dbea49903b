// Makes the supervisor's passes while the hub serves, and reads the policy file again at SIGHUP. What a pass does is Supervisor's, whether
// it may act Pace's.

import Core
import Dispatch
import Foundation
import Logging
import NIOPosix
import ServiceLifecycle

/// A service beside the listeners; it ends with them, between two transactions.
struct SupervisionWatch: Service {
  let supervisor: Supervisor
  let environment: HubEnvironment
  let pool: NIOThreadPool
  let logger: Logger

  private static let pause = Duration.seconds(10)
  /// While there is more to follow than one pass takes.
  private static let shortPause = Duration.milliseconds(25)
  /// How many looks between two that are remembered.
  private static let looksPerNote = 6

  func run() async throws {
    let hangUps = HangUps()
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await watch() }
        group.addTask { for await _ in hangUps.received { reload() } }
        await group.next()
        group.cancelAll()
      }
    }
  }

  private func reload() {
    guard let file = supervisor.inForce.file else {
      logger.notice("policy.reload", metadata: ["file": "none: set policy.file"])
      return
    }
    do {
      let differs = try supervisor.inForce.reload()
      logger.notice("policy.reload", metadata: ["file": "\(file)", "changed": "\(differs)"])
    } catch {
      logger.error("policy.refused", metadata: ["error": "\(error)", "remedy": "the policy before it stays in force"])
    }
  }

  private func watch() async {
    var pace: Pace?
    var looks = 0
    while !Task.isCancelled {
      var isBusy = false
      do {
        let (next, followed) = try await pool.runIfActive { [pace, looks] in try look(pace, looks) }
        pace = next
        isBusy = followed > 0
      } catch {
        logger.warning("supervision.failed", metadata: ["error": "\(error)"])
      }
      looks += 1
      // Cancelled: the hub is stopping.
      do { try await Task.sleep(for: isBusy ? Self.shortPause : Self.pause) } catch { return }
    }
  }

  /// One look at the clocks and one pass.
  private func look(_ former: Pace?, _ looks: Int) throws -> (Pace, followed: Int) {
    let reading = ClockReading(wall: environment.wall(), steady: SteadyClock.milliseconds())
    guard var pace = former else {
      let (last, held) = try supervisor.remembered()
      try supervisor.noteLook(reading.wall)
      return (Pace(reading, lastLook: last, heldUntil: held), 0)
    }
    let look = pace.look(reading)
    if let correction = look.correction {
      logger.warning("clock.corrected", metadata: ["seconds": "\(correction.by / 1_000)"])
      try supervisor.note(correction)
    }
    if looks % Self.looksPerNote == 0 { try supervisor.noteLook(reading.wall) }
    let done = try supervisor.pass(mayAct: look.mayAct)
    if done.urged + done.supervised + done.given + done.delivered > 0 {
      logger.info(
        "supervision.pass",
        metadata: [
          "urged": "\(done.urged)", "supervised": "\(done.supervised)", "given": "\(done.given)",
          "delivered": "\(done.delivered)",
        ])
    }
    return (pace, done.followed + done.renewed)
  }
}

/// A clock that nobody sets and that goes on while the machine sleeps.
enum SteadyClock {
  static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int(time.tv_sec) * 1_000 + Int(time.tv_nsec) / 1_000_000
  }
}

/// Every SIGHUP of the process, for as long as this lives.
private final class HangUps: Sendable {
  let received: AsyncStream<Void>
  // Set up once, and touched again only to end it.
  private nonisolated(unsafe) let source: any DispatchSourceSignal

  init() {
    // The default action would end the process.
    signal(SIGHUP, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    self.source = source
    received = AsyncStream { continuation in
      source.setEventHandler { continuation.yield() }
      source.setCancelHandler { continuation.finish() }
    }
    source.resume()
  }

  deinit { source.cancel() }
}
