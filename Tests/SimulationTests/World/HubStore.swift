// The hubs' database on its simulated disk. With one hub it lives and dies with the process; with several it is a server of its own.

import Core

@testable import Hub

final class HubStore {
  let disk: SimulatedDisk
  private unowned let world: World
  private(set) var database: SQLiteDatabase?

  init(world: World, name: String) {
    self.world = world
    disk = SimulatedDisk(name: name)
  }

  /// Whether it was restored from a backup.
  private(set) var hasGoneBack = false

  func open() throws { database = try SQLiteDatabase(path: disk.path("hub.db")) }

  /// A clean end.
  func close() {
    try? database?.close()  // what cannot be closed is dropped
    database = nil
  }

  /// The hubs' machine is replaced by one with a backup.
  func goBack(to backup: String) {
    for hub in world.hubs { hub.die("its database goes back") }
    disk.kill()
    try? database?.close()
    database = nil
    hasGoneBack = true
    disk.restore(from: backup)
  }

  /// The machine loses its power: what was not synced is lost in part.
  func crash(seed: UInt64) {
    for hub in world.hubs { hub.die("its store crashed") }
    // Before the connections close: closing them would move the log into the file and sync it.
    if seed % 10 < 7 { disk.crash(seed: seed) } else { disk.kill() }
    // Handles of a dead disk only return errors; closing them is all that is left to do.
    try? database?.close()
    database = nil
  }
}
