// Pages that follow what happens: the stream of events, pages that are fetched anew, and what many viewers share.

import Core
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Hub

/// curl on the stream of events; what comes is read line by line.
private final class Listening {
  private let process = Process()
  private let lines: AsyncStream<String>

  init(_ browser: TestBrowser, _ topics: String) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["timeout", "60", "curl", "-N"] + browser.arguments.filter { $0 != "-sS" } + [
        "-s", browser.url + "/events?topics=" + topics,
      ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    let (lines, continuation) = AsyncStream<String>.makeStream()
    self.lines = lines
    let rest = Mutex<[UInt8]>([])
    output.fileHandleForReading.readabilityHandler = { handle in
      let data = handle.availableData
      guard !data.isEmpty else {
        handle.readabilityHandler = nil
        continuation.finish()
        return
      }
      rest.withLock { rest in
        rest += data
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
          rest.removeFirst(end + 1)
        }
      }
    }
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// The next line that begins so; nil where the stream ended before.
  func next(_ start: String) async -> String? {
    for await line in lines where line.hasPrefix(start) { return line }
    return nil
  }
}

@Suite(.serialized) struct ConsoleLiveTests {
  @Test func anOpenPageLearnsOfAnOrderAndOfNothingItDoesNotShow() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let stream = try Listening(browser, "orders")
      #expect(await stream.next("event:") == "event: hello")
      _ = try console.order([.init("title", "爆管")])
      #expect(await stream.next("event:") == "event: changed")
      #expect(await stream.next("data:") == "data: {\"topics\":[\"orders\"]}")
    }
  }

  @Test func anAgentThatIsHeardOfAgainIsNews() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      let browser = try await console.signedIn(as: .viewer)
      let stream = try Listening(browser, "platforms")
      #expect(await stream.next("event:") == "event: hello")
      try console.heard("water", "depot")
      #expect(await stream.next("event:") == "event: changed")
      #expect(await stream.next("data:") == "data: {\"topics\":[\"platforms\"]}")
    }
  }

  @Test func pagesThatMarkWhoIsOfflineFollowWhoComesAndGoes() async throws {
    try await ConsoleFixture().serving { console in
      let order = try console.order([.init("title", "爆管")])
      let browser = try await console.signedIn(as: .operator)
      for path in ["/orders", "/orders?view=board", "/orders/\(order)"] {
        #expect(try await browser.get(path).body.contains("/events?topics=orders+platforms"), "\(path)")
      }
      #expect(try await browser.get("/supervision").body.contains("/events?topics=platforms+supervision"))
    }
  }

  @Test func whatTimeAloneChangesIsNewsOnce() throws {
    let world = try HubWorld()
    _ = try world.dispatched(to: "water")
    let start = world.clock.now
    func write(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }
    try write("DELETE FROM deadline")
    try write("UPDATE orders SET due = \(start + 30_000)")
    var passed = TimePassed(since: start)
    func topics(_ after: Int) throws -> Set<Topic> {
      try world.parts.database.read { db in try passed.topics(now: start + after, db) }
    }
    #expect(try topics(29_999) == [])
    #expect(try topics(60_000) == [.orders])
    #expect(try topics(120_000) == [])
    try write(
      """
      INSERT INTO deadline (order_id, assignment, stage, platform, sector, district, is_emergency, since, soon_at, at,
        next_at, reminded, is_paused)
      VALUES ('o', '', 'accept', 'water', '', '', 0, 0, \(start + 150_000), \(start + 210_000), NULL, '', 0)
      """)
    try write(
      """
      INSERT INTO callback_queue (order_id, round, since, attempts, last_at, next_at, platform, sector, district,
        is_emergency)
      VALUES ('o', 1, 0, 1, 0, \(start + 270_000), '', '', '', 0)
      """)
    #expect(try topics(180_000) == [.orders, .supervision], "due soon")
    #expect(try topics(240_000) == [.orders, .supervision], "overdue")
    #expect(try topics(300_000) == [.callbacks, .supervision])
    #expect(try topics(360_000) == [])
    #expect(try topics(100_000) == [.orders, .supervision, .callbacks], "the clock was set back")
  }

  @Test func theStreamEndsWithTheSession() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let stream = try Listening(browser, "orders")
      #expect(await stream.next("event:") == "event: hello")
      _ = try await browser.post("/sign-out", [])
      #expect(await stream.next("event: ended") == "event: ended")
      #expect(await stream.next("event:") == nil)
    }
  }

  @Test func theStreamEndsWhenTheUserIsDisabledElsewhere() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let stream = try Listening(browser, "orders")
      #expect(await stream.next("event:") == "event: hello")
      _ = try console.hotline.accounts.disable("viewer", by: .socket)
      #expect(await stream.next("event: ended") == "event: ended")
    }
  }

  @Test func theStreamEndsWithTheHub() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let stream = try Listening(browser, "orders")
      #expect(await stream.next("event:") == "event: hello")
      console.parts.changes.close()
      #expect(await stream.next("event:") == nil)
    }
  }

  @Test func theStreamIsNotBufferedOnItsWayAndNotForStrangers() async throws {
    try await ConsoleFixture().serving { console in
      let stranger = try console.browser()
      #expect(try await stranger.get("/events?topics=orders").status == 204)
      let browser = try await console.signedIn(as: .viewer)
      console.parts.changes.close()
      let answer = try await browser.get("/events?topics=orders+nonsense")
      #expect(answer["Content-Type"]?.hasPrefix("text/event-stream") == true)
      #expect(answer["X-Accel-Buffering"] == "no")
      #expect(answer["Cache-Control"] == "no-store")
    }
  }

  @Test func aPageThatIsFetchedAnewIsItsContentAloneAndNothingWhereItIsTheSame() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let first = try await browser.request("/requests", ["-H", "X-Live: 1"])
      #expect(first.status == 200)
      #expect(!first.body.contains("<html") && first.body.contains("<h1>"))
      let tag = try #require(first["ETag"])
      let again = ["-H", "X-Live: 1", "-H", "If-None-Match: \(tag)"]
      #expect(try await browser.request("/requests", again).status == 304)
      #expect(try await browser.get("/requests").body.contains("data-live=\"\(tag.replacing("\"", with: "&quot;"))\""))
      let stranger = try console.browser()
      #expect(try await stranger.request("/requests", again).status == 401)
    }
  }

  @Test func viewersShareAPageUntilSomethingChangedAndEachHasTheOwnToken() async throws {
    let signals = ConsoleSignals()
    let pages = SharedPages(signals: signals)
    let made = Mutex(0)
    let key = SharedPages.Key(path: "/", role: .viewer, language: .zh)
    func read(at now: Int, following: Bool = false) async throws -> Int {
      let page = try await pages.page(key, now: now, following: following) {
        let number = made.withLock { made in
          made += 1
          return made
        }
        return RenderedPage(
          ConsolePage(title: "\(number)", topics: [.orders], template: Template("t", ""), view: [:]), "<p>\(number)</p>"
        )
      }
      return Int(page.title) ?? 0
    }
    #expect(try await [read(at: 0), read(at: 500), read(at: 1_500)] == [1, 1, 1])
    signals.raise([.platforms])
    #expect(try await read(at: 1_600) == 1)
    // Changed, and older than a second.
    signals.raise([.orders])
    #expect(try await read(at: 1_700) == 2)
    signals.raise([.orders])
    #expect(try await read(at: 1_800) == 2)
    // Who was told of the change is not given the page without it, and no page is made twice in a second for that.
    let begun = ContinuousClock.now
    #expect(try await read(at: 1_800, following: true) == 3)
    #expect(ContinuousClock.now - begun >= .milliseconds(900))
    #expect(try await read(at: 2_700, following: true) == 3)
    // Whoever did something sees it at once.
    signals.acted()
    #expect(try await read(at: 2_701, following: true) == 4)
    #expect(try await read(at: 2_701 + 5_000) == 5)
    // Overtaken on its way by the call for which it was made.
    #expect(try await read(at: 7_698) == 5)
    // A clock that was set back.
    #expect(try await read(at: 0) == 6)
    try await ConsoleFixture().serving { console in
      let first = try await console.signedIn(as: .administrator)
      try await console.addUser("second", .administrator)
      let second = try console.browser()
      _ = try await second.signIn("second", ConsoleFixture.password)
      func token(_ page: WebAnswer) throws -> String {
        try #require(page.main.firstMatch(of: /name="csrf" value="([^"]+)"/)).output.1.description
      }
      let pages = [try await first.get("/platforms"), try await second.get("/platforms")]
      #expect(try token(pages[0]) != token(pages[1]))
      #expect(try await first.post("/platforms", [("name", "water")], csrf: token(pages[0])).status == 303)
      #expect(try await second.post("/platforms", [("name", "gas")], csrf: token(pages[1])).status == 303)
      #expect(try await first.get("/platforms").main.contains("gas"))
    }
  }

  @Test func theLastChangeOfABurstIsShownToWhoeverWasToldOfIt() async throws {
    try await ConsoleFixture().serving { console in
      let first = try await console.signedIn(as: .viewer)
      let second = try console.browser()
      _ = try await second.signIn("viewer", ConsoleFixture.password)
      // Another's page of this moment, made before the change.
      let page = try await second.request("/orders", ["-H", "X-Live: 1"])
      let tag = try #require(page["ETag"])
      _ = try console.order([.init("title", "the last of the burst")])
      let fetched = try await first.request("/orders", ["-H", "X-Live: 1", "-H", "If-None-Match: \(tag)"])
      #expect(fetched.status == 200 && fetched.body.contains("the last of the burst"))
    }
  }

  @Test func whoFollowsWhereChangesNeverStopIsGivenThePageThatHasItsOwn() async throws {
    let signals = ConsoleSignals()
    let pages = SharedPages(signals: signals)
    let key = SharedPages.Key(path: "/orders", role: .viewer, language: .en)
    let made = Atomic(0)
    // Each page is out of date as soon as it is made.
    let make: @Sendable () async throws -> RenderedPage = {
      let number = made.add(1, ordering: .relaxed).newValue
      signals.raise([.orders])
      return RenderedPage(
        ConsolePage(title: "\(number)", topics: [.orders], template: Template("t", ""), view: [:]), "<p></p>")
    }
    _ = try await pages.page(key, now: 0, make: make)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<50 { tasks.addTask { _ = try await pages.page(key, now: 0, following: true, make: make) } }
      try await tasks.waitForAll()
    }
    // Those that came after it began are told of what it raised, and wait for one more.
    #expect(made.load(ordering: .relaxed) <= 3)
  }

  @Test func whoeverComesWhileAPageIsMadeWaitsForItAndAFailureIsNobodyElses() async throws {
    struct Refused: Error {}
    let pages = SharedPages(signals: ConsoleSignals())
    let made = Atomic(0)
    let key = SharedPages.Key(path: "/orders", role: .viewer, language: .en)
    let make: @Sendable () async throws -> RenderedPage = {
      let number = made.add(1, ordering: .relaxed).newValue
      await Task.yield()
      if number == 1 { throw Refused() }
      return RenderedPage(
        ConsolePage(title: "\(number)", topics: [.orders], template: Template("t", ""), view: [:]), "<p></p>")
    }
    let titles: [String?] = await withTaskGroup(of: String?.self) { tasks in
      for _ in 0..<50 { tasks.addTask { try? await pages.page(key, now: 0, make: make).title } }
      return await tasks.reduce(into: []) { $0.append($1) }
    }
    #expect(titles.filter { $0 == nil }.count == 1)
    #expect(titles.filter { $0 == "2" }.count == 49)
  }

  @Test func marksInAPageAreFilledForEachViewer() {
    let parts = MarkedBytes("<b>水\(Layout.tokenMark)</b>\(Layout.requestMark)\(Layout.tokenMark)")
    #expect(String(buffer: parts.filled(token: "T", request: "")) == "<b>水T</b>T")
    #expect(String(buffer: parts.filled(token: "t", request: "request")) == "<b>水t</b>requestt")
    #expect(String(buffer: MarkedBytes("").filled(token: "T", request: "R")).isEmpty)
  }

  @Test func whoWaitsIsWokenByItsTopicsAlone() async {
    let signals = ConsoleSignals()
    let moment = signals.moment
    signals.raise([.orders])
    // Raised before it waited: no wake-up is lost.
    await signals.wait(for: [.orders], since: moment, atMost: .seconds(3_600))
    #expect(signals.moment.raised(since: moment, of: [.orders, .platforms]) == [.orders])
    signals.close()
    await signals.wait(for: [.platforms], since: signals.moment, atMost: .seconds(3_600))
    #expect(signals.isClosed)
  }
}
