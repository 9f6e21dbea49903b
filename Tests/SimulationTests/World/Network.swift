// The network between agents and hubs: calls that are lost, late, doubled, cut off or answered by somebody else. It knows bytes alone.

import Core
import Shell

@testable import Agent
@testable import Hub

/// A call as it arrives at a hub: who the certificate says calls, and what was sent.
struct WireCall {
  let peer: PeerIdentity?
  let name: String
  let contentType: String
  let body: [UInt8]
  /// Known to the caller alone: how long it is ready to wait for the first byte.
  let patience: Int
}

/// What becomes of a call for the one who made it.
enum WireResult {
  case answer(HTTPAnswer)
  case broken(TransportFailure)
}

/// One agent's way to the hubs.
final class Link {
  enum Mode: String {
    case open, refusing, silent
    /// Requests arrive, replies do not.
    case deaf
  }
  var mode = Mode.open
  /// The last good answer by call name, for a cache that answers with it again.
  var lastAnswers: [String: HTTPAnswer] = [:]
  var isCached = true
}

final class Network {
  private let world: World
  private var random: SimRandom

  init(world: World, random: SimRandom) {
    self.world = world
    self.random = random
  }

  private func strikes(_ fault: Fault, _ probability: Double) -> Bool {
    guard world.isFaulty, world.plan.has(fault), random.chance(probability * world.plan.intensity) else { return false }
    world.count(fault)
    return true
  }

  private func latency() -> Int {
    if strikes(.delay, 0.03) { return 200 + random.below(20_000) }
    return 1 + random.below(40)
  }

  /// Sends `call` of an agent; `done` is called once with what came back, or never where the caller died.
  func send(_ call: WireCall, over link: Link, _ done: @escaping (WireResult) -> Void) {
    var isDone = false
    func finish(_ result: WireResult) {
      guard !isDone else { return }
      isDone = true
      done(result)
    }
    func breakAfter(_ delay: Int, _ failure: TransportFailure) {
      world.timeline.after(delay) { finish(.broken(failure)) }
    }
    // The client's own deadline (SyncTransport): it never waits for ever.
    breakAfter(call.patience, .timedOut("no answer in time"))
    switch link.mode {
    case .refusing: return breakAfter(1 + random.below(50), .couldNotConnect("connection refused", errno: 111))
    case .silent: return
    case .open, .deaf: break
    }
    if strikes(.portal, 0.01) {
      let pages: [HTTPAnswer] = [
        HTTPAnswer(status: 200, headers: ["content-type": "text/html"], body: Array("<html>welcome</html>".utf8)),
        HTTPAnswer(status: 302, headers: ["location": "http://portal/"], body: []),
        HTTPAnswer(status: 200, headers: ["content-type": "application/json"], body: Array("{\"ok\":true}".utf8)),
        HTTPAnswer(status: 502, headers: ["content-type": "text/html"], body: Array("bad gateway".utf8)),
      ]
      let page = pages[random.below(pages.count)]
      return world.timeline.after(latency()) { finish(.answer(page)) }
    }
    if link.isCached, strikes(.staleReply, 0.01), let stale = link.lastAnswers[call.name] {
      return world.timeline.after(latency()) { finish(.answer(stale)) }
    }
    if strikes(.lostRequest, 0.03) { return random.chance(0.5) ? breakAfter(30, .brokenReply("reset")) : () }
    let hub = random.below(world.plan.hubs)
    deliver(call, to: hub, over: link, finish)
    if strikes(.duplicate, 0.03) { deliver(call, to: random.below(world.plan.hubs), over: link) { _ in } }
    if strikes(.lateDuplicate, 0.01) {
      let late = 60_000 + random.below(3 * 86_400_000)
      let again = random.below(world.plan.hubs)
      world.timeline.after(late) { [self] in deliver(call, to: again, over: link) { _ in } }
    }
  }

  private func deliver(_ call: WireCall, to hub: Int, over link: Link, _ done: @escaping (WireResult) -> Void) {
    let truncates = strikes(.truncatedReply, 0.01)
    let loses = strikes(.lostReply, 0.03)
    let cut = random.unit()
    let back = latency()
    world.timeline.after(latency()) { [self] in
      guard world.hubs[hub].isUp else { return done(.broken(.couldNotConnect("connection refused", errno: 111))) }
      world.hubs[hub].receive(call) { [self] answer in
        guard let answer else { return done(.broken(.brokenReply("the connection was closed"))) }
        world.timeline.after(back) {
          if link.mode == .deaf || link.mode == .silent || loses { return }
          if link.mode == .refusing { return done(.broken(.brokenReply("reset"))) }
          if answer.status == 200 { link.lastAnswers[call.name] = answer }
          guard truncates else { return done(.answer(answer)) }
          let part = Array(answer.body.prefix(Int(Double(answer.body.count) * cut)))
          // Most truncations break the transfer; a proxy that corrects the length makes them look whole.
          if cut < 0.5 { return done(.broken(.brokenReply("the body ended early"))) }
          done(.answer(HTTPAnswer(status: answer.status, headers: answer.headers, body: part)))
        }
      }
    }
  }
}
