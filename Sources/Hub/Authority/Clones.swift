// The clone alarm: what showed that two machines use one agent's certificate. Who sees it is SyncAPI's and AgentRegistry's; what people are
// told of it is Operators'. Each sign is kept under what it is about, so that the same sign, however often it comes, is one row.

import Core

/// What showed that a machine was copied.
enum CloneSign: String, Sendable {
  /// A push brought another content for a dot.
  case fork
  /// An agent named another chain value of a run than the hub has.
  case chain
  /// A change came that was written again because another machine wrote its run too.
  case origin
  /// A certificate was used though the one that renewed it was in use.
  case certificate
}

/// One sign, as it was seen.
struct CloneSight: Sendable, Equatable {
  let sign: CloneSign
  /// What it is about: the run that was written twice, or the certificate's serial.
  let mark: String
  /// Where it showed: a dot; of a certificate its serial.
  let place: String

  /// A run of which a second content was seen at `dot`.
  init(_ sign: CloneSign, at dot: Dot) {
    self.sign = sign
    mark = dot.replica.text
    place = dot.description
  }

  /// A certificate that is used beside the one that renewed it.
  init(serial: String) {
    sign = .certificate
    mark = serial
    place = serial
  }
}

/// An agent whose certificate two machines use, as far as the hub could see.
struct CloneAlarm: Sendable, Equatable {
  let platform: String
  let agent: String
  /// When the first sign was seen that nobody has settled, milliseconds.
  let since: Int
  /// How often a sign was seen; the same one again counts once.
  let times: Int
  /// The first of them.
  let sign: CloneSign
  let place: String

  /// `{"since","times","sign","at"}`.
  var json: JSON {
    ["since": .int(since), "times": .int(times), "sign": .string(sign.rawValue), "at": .string(place)]
  }
}

enum Clones {
  /// Signs that are kept open of one agent: one that makes them up cannot fill the table.
  static let maxOpen = 100
  /// By whom signs are settled where the agent was revoked and enrolled anew.
  private static let enrolment = "enrolment"

  /// True if the hub has not noted this yet. What was settled shows anew when the machine that was said to be stopped comes back, but not
  /// by what was written again before, and not where the certificate is another since.
  static func isNews(_ sight: CloneSight, of platform: PlatformName, _ db: any DatabaseConnection) throws -> Bool {
    let found = try db.first(
      "SELECT settled, settled_by FROM clone WHERE platform = $1 AND mark = $2",
      [.text(platform.text), .text(sight.mark)]
    ) { row in (isSettled: !row.isNull(0), by: row.optionalText(1)) }
    guard let found else { return true }
    return found.isSettled && sight.sign != .origin && found.by != enrolment
  }

  /// Notes a sign; nothing is written where it is known.
  static func note(
    _ sight: CloneSight, of platform: PlatformName, agent: String, now: Int, _ db: any DatabaseConnection
  ) throws {
    guard try isNews(sight, of: platform, db) else { return }
    let open = try db.count(
      "SELECT COUNT(*) FROM clone WHERE platform = $1 AND agent = $2 AND settled IS NULL",
      [.text(platform.text), .text(agent)])
    guard open < maxOpen else { return }
    try db.execute(
      """
      INSERT INTO clone (platform, mark, agent, sign, place, since, times) VALUES ($1, $2, $3, $4, $5, $6, 1)
      ON CONFLICT (platform, mark) DO UPDATE SET agent = excluded.agent, sign = excluded.sign, place = excluded.place,
        since = excluded.since, times = clone.times + 1, settled = NULL, settled_by = NULL
      """,
      [
        .text(platform.text), .text(sight.mark), .text(agent), .text(sight.sign.rawValue), .text(sight.place),
        .integer(now),
      ])
  }

  /// The agents with signs that nobody has settled, by platform and name.
  static func alarms(_ db: any DatabaseConnection) throws -> [CloneAlarm] {
    var alarms: [CloneAlarm] = []
    try db.query(
      // Partial index clone_open.
      """
      SELECT platform, agent, since, times, sign, place FROM clone WHERE settled IS NULL
      ORDER BY platform, agent, since, mark
      """, []
    ) { row in
      let times = row.int(3)
      if let last = alarms.last, last.platform == row.text(0), last.agent == row.text(1) {
        alarms[alarms.count - 1] = CloneAlarm(
          platform: last.platform, agent: last.agent, since: last.since, times: last.times + times, sign: last.sign,
          place: last.place)
      } else {
        alarms.append(
          CloneAlarm(
            platform: row.text(0), agent: row.text(1), since: row.int(2), times: times,
            sign: CloneSign(rawValue: row.text(4)) ?? .fork, place: row.text(5)))
      }
    }
    return alarms
  }

  /// Ends the alarm of an agent; who did so is kept. Returns how many signs that were.
  static func settle(
    _ platform: PlatformName, _ agent: String, by author: String, now: Int, _ db: any DatabaseConnection
  ) throws -> Int {
    try db.execute(
      "UPDATE clone SET settled = $1, settled_by = $2 WHERE platform = $3 AND agent = $4 AND settled IS NULL",
      [.integer(now), .text("operator " + author), .text(platform.text), .text(agent)])
  }

  /// The agent is about to get a certificate: where all that it had are revoked, only one machine has the new one.
  static func enrolled(_ platform: PlatformName, _ agent: String, now: Int, _ db: any DatabaseConnection) throws {
    let key: [SQLValue] = [.text(platform.text), .text(agent)]
    let valid = try db.count(
      "SELECT COUNT(*) FROM certificate WHERE platform = $1 AND agent = $2 AND revoked IS NULL", key)
    guard valid == 0 else { return }
    try db.execute(
      "UPDATE clone SET settled = $1, settled_by = $2 WHERE platform = $3 AND agent = $4 AND settled IS NULL",
      [.integer(now), .text(enrolment)] + key)
  }
}
