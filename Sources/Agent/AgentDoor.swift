// What the local API may ask of the running agent, and the daemon's answers. How the daemon is put together is Daemon's.

import Core

/// The running agent as its local API sees it. Every call blocks: use a thread pool. Errors are `Problem`s, or faults of the machine.
protocol AgentDoor: Sendable {
  /// The document of `GET /v1/status`.
  func status() throws -> JSON
  /// The document of `GET /v1/doctor`; reads the whole database.
  func doctor() throws -> JSON
  /// Has both lanes try at once.
  func wake()
  /// A page of summaries by order id; `openOnly` leaves out what is closed or cancelled.
  func list(status: OrderStatus?, openOnly: Bool, text: String?, limit: Int, after: OrderID?) throws -> JSON
  /// Records a new order of the platform's own making.
  func create(registers: [JSON.Member], author: Author, request: String?) throws -> JSON
  /// Records a command on the order of this id or number.
  func perform(_ command: Command, on name: String, assignment: String?, author: Author, request: String?) throws -> JSON
  /// The whole order of this id or number.
  func document(_ name: String) throws -> JSON
  /// The canonical form of the order's state.
  func canonical(_ name: String) throws -> [UInt8]
  func states(after: OrderID?, limit: Int) throws -> JSON
  func changes(after: Int, limit: Int) throws -> JSON
  func conflicts() throws -> JSON
  func quarantine() throws -> JSON
}

extension Daemon: AgentDoor {
  func wake() { sync.syncNow() }

  func list(status: OrderStatus?, openOnly: Bool, text: String?, limit: Int, after: OrderID?) throws -> JSON {
    try store.list(
      OrderFilter(status: status, open: openOnly ? true : nil, text: text, limit: limit, after: after), now: Wall.now)
  }

  func create(registers: [JSON.Member], author: Author, request: String?) throws -> JSON {
    try edited { try store.create(registers: registers, author: author, request: request, now: Wall.now) }
  }

  func perform(
    _ command: Command, on name: String, assignment: String?, author: Author, request: String?
  ) throws -> JSON {
    let id = try found(try store.resolve(name), name)
    return try edited {
      try store.perform(
        command, on: id, assignment: assignment, author: author, request: request, now: Wall.now)
    }
  }

  func document(_ name: String) throws -> JSON { try found(try store.document(name, now: Wall.now), name) }
  func canonical(_ name: String) throws -> [UInt8] { try found(try store.canonical(name), name) }
  func states(after: OrderID?, limit: Int) throws -> JSON { try store.states(after: after, limit: limit) }
  func changes(after: Int, limit: Int) throws -> JSON { try store.changes(after: after, limit: limit) }
  func conflicts() throws -> JSON { try store.conflicts() }
  func quarantine() throws -> JSON { try store.quarantine() }

  /// Records and wakes the push lane; where the disk failed, the lanes end and the process with them.
  private func edited(_ record: () throws -> Recorded) throws -> JSON {
    do {
      let recorded = try record()
      if !recorded.repeated { sync.localChange() }
      return recorded.json
    } catch {
      if store.broken != nil { sync.stop() }
      throw error
    }
  }

  private func found<Value>(_ value: Value?, _ name: String) throws(Problem) -> Value {
    guard let value else { throw Problem(.notFound, "there is no order '\(name.prefix(80))' here") }
    return value
  }
}
