// What an operator may do with personal values beyond one order: find, copy, destroy. Whose they were is kept nowhere; who did it is.

import Core

extension Seat {
  /// `privacy/status`: what was destroyed, and who confirmed.
  func purges() throws -> JSON { try read(.readAudit) { try $0.purges() } }
  func lookups() throws -> JSON { try read(.readAudit) { try $0.lookups() } }

  func findPerson(phone: String) throws -> JSON {
    try demand(.seek)
    return try hotline.findPerson(phone: phone, author: author, also: audited(.personFound, ""))
  }

  func exportPerson(phone: String) throws -> JSON {
    try demand(.exportPersons)
    return try hotline.exportPerson(phone: phone, author: author, also: audited(.personExported, ""))
  }

  func purgePerson(phone: String, reason: String) throws -> JSON {
    try demand(.purge)
    let answer = try hotline.purgePerson(phone: phone, reason: reason, author: author)
    // The purge itself stands in the orders' histories, with its author; this says where to look.
    try note(.personPurged, "", [("values", answer["values"]), ("reason", .string(reason))])
    return answer
  }
}
