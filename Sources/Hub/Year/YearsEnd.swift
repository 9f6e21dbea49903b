// What a year leaves for people to decide: requests that nobody answered, values that two wrote at once, what cannot be both, changes
// without effect and such as nobody can read. Each comes to be as it would at work, by what a platform pushes and the hub writes meanwhile.

import Core

/// How much of each.
struct YearRemains: Sendable, Equatable {
  let requests: Int
  let conflicts: Int
  let contradictions: Int
  let voids: Int
  /// Half of them lines that are none, half changes of orders that their platform has nothing to do with.
  let unreadable: Int

  /// Orders from which on a year leaves all of it; a smaller one its share.
  private static let ordersOfAll = 50_000

  init(orders: Int) {
    func share(_ count: Int) -> Int { min(count, max(4, count * orders / YearRemains.ordersOfAll)) }
    requests = share(300)
    conflicts = share(200)
    contradictions = share(100)
    voids = share(200)
    unreadable = share(100)
  }
}

/// Writes them, within one transaction: they are there all of them or not at all.
struct YearsEnd {
  let transaction: HubTransaction
  let author: Author
  private var runs: [PlatformName: PlatformRun] = [:]

  init(_ transaction: HubTransaction, author: Author) {
    self.transaction = transaction
    self.author = author
  }

  /// The last orders, as many as there are of each kind.
  mutating func leave(_ remains: YearRemains) throws {
    // Somebody is at work on some of them, and some are done and wait for the call-back.
    var (working, done) = (ArraySlice<Matter>(), ArraySlice<Matter>())
    for matter in try matters(areOpen: true, limit: 3 * (remains.requests + remains.conflicts + remains.contradictions))
    {
      if matter.isDone { done.append(matter) } else { working.append(matter) }
    }
    func next(preferringDone: Bool = false) -> Matter? {
      preferringDone ? done.popFirst() ?? working.popFirst() : working.popFirst()
    }
    for index in 0..<remains.requests {
      let type = RegisterTable.requestTypes[index % RegisterTable.requestTypes.count]
      if let matter = next(preferringDone: type == "exemption") { try request(type, index, of: matter) }
    }
    for index in 0..<remains.contradictions {
      if let matter = next() { try contradict(index, matter) }
    }
    for index in 0..<remains.conflicts {
      if let matter = next(preferringDone: true) { try conflict(index, matter) }
    }
    let over = try matters(areOpen: false, limit: remains.voids + remains.unreadable)
    for matter in over.prefix(remains.voids) { try writeWhatIsNotItsOwn(matter) }
    for (index, matter) in over.dropFirst(remains.voids).enumerated() {
      if index % 2 == 0 { try writeUnreadably(matter) } else { try writeElsewhere(matter) }
    }
  }

  // MARK: Orders

  /// An order as its platform saw it before anybody wrote what follows.
  private struct Matter {
    let id: OrderID
    let seen: VersionVector
    let platform: PlatformName
    /// Its assignment's registers begin so.
    let prefix: String
    let progress: String?
    let location: [JSON.Member]
    var isDone: Bool { progress == "done" }
  }

  /// The newest first.
  private func matters(areOpen: Bool, limit: Int) throws -> [Matter] {
    let ids = try transaction.db.all(
      "SELECT order_id FROM orders WHERE is_open = $1 ORDER BY place DESC LIMIT $2", [.flag(areOpen), .integer(limit)]
    ) { try OrderID($0.text(0)) }
    return try ids.compactMap { id in
      guard let view = try transaction.view(id), let assignment = view.assignments.last, assignment.isActive else {
        return nil
      }
      return Matter(
        id: id, seen: view.state.vector, platform: try PlatformName(assignment.platform),
        prefix: "assignment/\(assignment.id)", progress: assignment.progress,
        location: view.state.value("location")?.asObject ?? [])
    }
  }

  // MARK: What the platforms write

  private static let reasons = [
    "return": "不属于我单位管辖，请改派", "extension": "等待配件到货，申请延期", "suspension": "天气原因，无法施工", "exemption": "已多次上门解释，来电人不接受",
  ]

  private mutating func request(_ type: String, _ index: Int, of matter: Matter) throws {
    var context = matter.seen
    var value: [JSON.Member] = [
      .init("type", .string(type)), .init("reason", .string(YearsEnd.reasons[type] ?? type)),
    ]
    if type == "extension" || type == "suspension" {
      value.append(.init("until", .int(transaction.now + (1 + index % 7) * 86_400_000)))
    }
    if matter.progress == nil { try push([set(matter.prefix + "/progress", "accepted")], matter, &context) }
    try push([set(matter.prefix + "/request/r\(index)", .object(value))], matter, &context)
  }

  /// The hotline and the platform, neither of whom had seen what the other wrote.
  private mutating func conflict(_ index: Int, _ matter: Matter) throws {
    var context = matter.seen
    func location(_ note: String) -> JSON {
      .object(matter.location.filter { $0.key != "note" } + [.init("note", .string(note))])
    }
    let (register, atHotline, onSite): (String, JSON, JSON) =
      switch index % 3 {
      case 0: ("location", location("来电人说在小区东门"), location("现场在小区西门"))
      case 1: ("priority", "urgent", "normal")
      default: ("category", ["scheme": "city", "code": "0101"], ["scheme": "city", "code": "0102"])
      }
    try transaction.author(matter.id, edits: [set(register, atHotline)], by: author)
    try push([set(register, onSite)], matter, &context)
  }

  private mutating func contradict(_ index: Int, _ matter: Matter) throws {
    var context = matter.seen
    let progress = matter.prefix + "/progress"
    let asked = matter.prefix + "/request/s\(index)"
    func write(_ register: String, _ value: JSON) throws {
      try transaction.author(matter.id, edits: [set(register, value)], by: author)
    }
    switch index % 6 {
    case 0:
      try write(matter.prefix + "/recalled", ["reason": "改派就近队伍"])
      try push([set(progress, "working")], matter, &context)
    case 1:
      try write(matter.prefix + "/recalled", ["reason": "改派就近队伍"])
      try push(completion(of: matter), matter, &context)
    case 2:
      try write("cancelled", ["reason": "来电人撤诉"])
      try push(completion(of: matter), matter, &context)
    case 3:
      try write("closed", ["code": "withdrawn"])
      try push([set(progress, "onSite")], matter, &context)
    case 4:
      try push([set(asked, ["type": "suspension", "reason": "天气原因，无法施工"])], matter, &context)
      try write(asked + "/answer", ["granted": true, "until": .int(transaction.now + 7 * 86_400_000)])
      try push([set(progress, "working")], matter, &context)
    default:
      try push([set(asked, ["type": "return", "reason": "不属于我单位管辖，请改派"])], matter, &context)
      try write(asked + "/answer", ["granted": true])
      try push(completion(of: matter), matter, &context)
    }
  }

  private func completion(of matter: Matter) -> [Core.Edit] {
    [
      set(
        matter.prefix + "/result",
        ["outcome": "solved", "work": "现场处理完毕", "finishedAt": .int(transaction.now)]),
      set(matter.prefix + "/progress", "done"),
    ]
  }

  /// The title of an order that the hotline made is the hotline's.
  private mutating func writeWhatIsNotItsOwn(_ matter: Matter) throws {
    var context = matter.seen
    try push([set("title", "已修复")], matter, &context)
  }

  private mutating func writeUnreadably(_ matter: Matter) throws {
    var context = matter.seen
    try push([set("title", "已修复")], matter, &context) { Array($0.dropLast()) }
  }

  private mutating func writeElsewhere(_ matter: Matter) throws {
    let names = CityTexts.sectors
    let other = try PlatformName(names.first { $0 != matter.platform.text } ?? "")
    var context = VersionVector()
    let note: JSON = ["text": "顺路看过，没有问题", "visibility": "all"]
    try push([.append(kind: "note", value: JSONText(note))], matter, &context, from: other)
  }

  private func set(_ register: String, _ value: JSON) -> Core.Edit { .set(register: register, value: JSONText(value)) }

  /// As the sync call does, one change.
  private mutating func push(
    _ edits: [Core.Edit], _ matter: Matter, _ context: inout VersionVector, from platform: PlatformName? = nil,
    damaging: ([UInt8]) -> [UInt8] = { $0 }
  ) throws {
    let platform = platform ?? matter.platform
    var run = runs[platform] ?? PlatformRun(platform, random: transaction.environment.random(10))
    let entry = run.entry(matter.id, &context, edits, at: transaction.now, damaging: damaging)
    runs[platform] = run
    let reply = try PushIngest.take([entry], header: run.header(at: transaction.now), from: platform, in: transaction)
    guard reply.acceptedThrough == entry.head.dot.n else {
      throw Problem(.internalError, "\(entry.head.dot) was not taken")
    }
  }
}
