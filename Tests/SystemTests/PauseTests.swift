// A process that stands still for a while, as a suspended virtual machine does, and a wall clock that somebody sets: afterwards
// everything goes on where it was.

import Core
import Foundation
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Pauses {
    @Test(arguments: [Program.hub, .agent])
    func whoStandsStillHoldsTheOtherSideUpInNothingAndGoesOnAfterwards(_ program: Program) throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let (still, other) = program == .hub ? (site.hub, agent) : (agent, site.hub)
      let (stillLoad, otherLoad) = (Load(), Load())
      let threads = [
        stillLoad.run(still.socket, order, prefix: "still"), otherLoad.run(other.socket, order, prefix: "other"),
      ]
      try eventually("edits on both sides") { stillLoad.ledger.count >= 20 && otherLoad.ledger.count >= 20 }
      let pid = still.pid
      Foundation.kill(pid, SIGSTOP)
      defer { Foundation.kill(pid, SIGCONT) }
      let before = otherLoad.ledger
      try eventually("the other side works on") { otherLoad.ledger.count >= before.count + 200 }
      let stood = stillLoad.ledger.count
      Foundation.kill(pid, SIGCONT)
      try eventually("it goes on") { stillLoad.ledger.count > stood }
      let during = Set(otherLoad.ledger.values).subtracting(before.values)
      try eventually("it learns what was recorded meanwhile") { try during.isSubset(of: still.lines().keys) }
      #expect(still.process?.isRunning == true && still.pid == pid)

      #expect(try agent.terminate() == 0)
      #expect(try site.hub.terminate() == 0)
      for thread in threads { try thread.join() }
      #expect(stillLoad.refused == [] && otherLoad.refused == [])
      try site.restartHub()
      try agent.start()
      try site.expectEqual(order, at: "water")
      try expectAll(stillLoad.ledger, at: still, order)
      try expectAll(otherLoad.ledger, at: other, order)
      expectOnce(stillLoad.ledger, in: try other.lines())
      expectOnce(otherLoad.ledger, in: try still.lines())
    }

    @Test(.enabled(if: ShiftedClock.compiler != nil, "needs a C compiler, to put a library before the clock"))
    func aClockThatIsSetWhileItRunsLosesNothing() throws {
      let site = try Site("water")
      let plain = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let clock = try ShiftedClock(in: site.directory)
      let port = try site.port
      #expect(try plain.terminate() == 0)
      #expect(try site.hub.terminate() == 0)
      let hub = Daemon(
        .hub, data: site.hub.data, site: site.directory,
        arguments: ["serve", "--data", site.hub.data, "--listen", "127.0.0.1", "--port", "\(port)"],
        environment: clock.environment("hub"))
      let agent = Daemon(
        .agent, data: plain.data, site: site.directory, arguments: ["run", "--data", plain.data],
        environment: Site.quick.merging(clock.environment("agent")) { $1 })
      try hub.start()
      try agent.start()
      let day = 86_400
      var notes = 0
      for (who, seconds) in [("agent", -day), ("agent", 2 * day), ("agent", 0), ("hub", -day), ("hub", 2 * day)] {
        try clock.set(who, seconds)
        for daemon in [agent, hub] {
          notes += 1
          let noted = try daemon.note("\(who) \(seconds)", on: order, request: "r\(notes)")
          #expect(noted.status == 200, "\(who) by \(seconds) s: \(noted)")
        }
        // Who looks from before the certificates' beginning can believe nobody: the agent says so, and goes on by itself later.
        if seconds < 0, who == "agent" {
          try eventually("a person is asked to look at the clock") {
            let link = try agent.status["link"]
            return link?["state"] == "needs-operator" && link?["reason"]?.asString?.contains("not yet valid") == true
          }
        }
        if seconds < 0 { continue }
        try agent.settle()
        #expect(try agent.state(order) == hub.state(order), "\(who) by \(seconds) s")
      }
      try clock.set("hub", 0)
      try agent.settle()
      #expect(try agent.state(order) == hub.state(order))
      #expect(try hub.order(order)["entries"]?.asArray?.count == notes)
      let log = try String(contentsOfFile: try #require(agent.process).log, encoding: .utf8)
      #expect(log.components(separatedBy: "sync.clockWasSet").count - 1 == 3, "\(log)")
    }
  }
}

/// A library that is loaded before the C library and adds to the wall clock what stands in a file, for each process its own. The
/// monotonic clocks stay.
private final class ShiftedClock {
  static let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private let directory: String
  private var library: String { directory + "/clock.so" }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <sys/time.h>
    #include <time.h>
    static const volatile int64_t *shift;
    static int (*real)(clockid_t, struct timespec *);
    __attribute__((constructor)) static void begin(void) {
      int file = open(getenv("SHIFT_FILE"), O_RDONLY | O_CLOEXEC);
      void *page = mmap(0, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
      if (file < 0 || page == MAP_FAILED) abort();
      shift = page;
    }
    int clock_gettime(clockid_t id, struct timespec *t) {
      if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int result = real(id, t);
      if (!result && shift && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += *shift;
      return result;
    }
    int gettimeofday(struct timeval *restrict v, void *restrict zone) {
      struct timespec t;
      if (clock_gettime(CLOCK_REALTIME, &t)) return -1;
      v->tv_sec = t.tv_sec;
      v->tv_usec = t.tv_nsec / 1000;
      return 0;
    }
    time_t time(time_t *result) {
      struct timespec t;
      if (clock_gettime(CLOCK_REALTIME, &t)) return -1;
      if (result) *result = t.tv_sec;
      return t.tv_sec;
    }

    """

  init(in directory: String) throws {
    self.directory = directory
    let source = directory + "/clock.c"
    try ShiftedClock.source.write(toFile: source, atomically: true, encoding: .utf8)
    let compiled = try ChildProcess(
      ShiftedClock.compiler ?? "", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], scratch: directory
    ).finish()
    try #require(compiled.status == 0, "\(compiled.all)")
    for name in ["hub", "agent"] { try set(name, 0) }
  }

  func environment(_ name: String) -> [String: String] { ["LD_PRELOAD": library, "SHIFT_FILE": file(name)] }

  /// Sets that process's clock, from now on.
  func set(_ name: String, _ seconds: Int) throws {
    let descriptor = open(file(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    var value = Int64(seconds)
    try #require(pwrite(descriptor, &value, MemoryLayout<Int64>.size, 0) == MemoryLayout<Int64>.size)
  }

  private func file(_ name: String) -> String { directory + "/shift-" + name }
}
