// What the hub's RecurringWatch.lost does, in virtual time: as long as something waits at the hub, it looks now and then whether what that
// names is anywhere.

import Core

@testable import Hub

extension World {
  /// Plans a look where something waits and none is planned.
  func planLostRound(_ database: some Hub.Database) {
    guard !isLostRoundPlanned, store.hasGoneBack else { return }
    let waiting = try? database.read { db in
      try db.count("SELECT COUNT(*) FROM (SELECT 1 FROM waiting LIMIT 1) AS some")
    }
    guard waiting ?? 0 > 0 else { return }
    isLostRoundPlanned = true
    timeline.after(LostDots.patienceMilliseconds / 5) { [self] in
      isLostRoundPlanned = false
      guard let hub = hubs.first(where: \.isUp) else { return }
      do {
        let pass = try hub.operate { hotline in
          try hotline.writer.perform { try LostDots.run(among: hotline.live, $0) }
        }
        hub.process?.parts.signals.grew(pass.asked)
        for lost in pass.declared {
          sometimes(.lostDeclared)
          note("lost in \(lost.order): \(lost.missing.map(\.description))")
        }
      } catch {
        note("no look for what is lost: \(error)")
      }
      if let database = store.database { planLostRound(database) }
    }
  }
}
