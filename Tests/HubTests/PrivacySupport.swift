// What the tests of personal data share: an order with a person's values, what is held of it, and the purge of the person.

import Core
import Testing

@testable import Hub

/// A hub that holds values of the person with `phone`.
protocol HoldsAPerson {
  var world: HubWorld { get }
}

extension HoldsAPerson {
  var phone: String { "13800001234" }
  var by: Author { Author(name: "op", role: "supervisor") }

  func dispatched(_ phone: String = "138-0000-1234", to platform: String = "water") throws -> OrderID {
    try world.dispatched(
      to: platform,
      registers: [
        .init("title", "leak"), .init("caller", ["name": "王芳", "phone": .string(phone)]),
        .init("location/private", ["flat": "12-301"]),
      ])
  }

  func rows(_ table: String, of order: OrderID? = nil, _ parts: HubParts? = nil) throws -> Int {
    try (parts ?? world.parts).database.read { db in
      try db.count("SELECT COUNT(*) FROM \(table) WHERE $1 = '' OR order_id = $1", [.text(order?.text ?? "")])
    }
  }

  func commitment(_ order: OrderID, _ register: String = "caller") throws -> Hash {
    let shown = try #require(world.state(order).shown(register))
    return try #require(SealedValue.commitment(in: shown.value.json))
  }

  @discardableResult
  func purge(_ reason: String = "request 2026-17") throws -> JSON {
    try world.hotline.purgePerson(phone: phone, reason: reason, author: by)
  }

  /// A change of water's that brings values of its own.
  func contact(_ order: OrderID, _ crew: FakeAuthor, _ number: String) throws -> Entry {
    let value = SealedValue(nonce: [UInt8](repeating: 8, count: 16), value: JSONText(.string(number)))
    return crew.entry(
      order, context: try world.state(order).vector,
      [.append(kind: "contact", value: JSONText(["number": value.placeholder, "said": "on our way"]))], sealed: [value])
  }
}
