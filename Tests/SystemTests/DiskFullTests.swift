// A full disk, on a small file system in memory: edits are refused in words, reading goes on, and all resumes alone.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

/// A small file system in memory at a folder, unmounted at the end.
final class SmallDisk {
  let path: String

  init(at path: String, mebibytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(mebibytes)m,mode=0700") == 0 else {
      throw NotInTime(description: "cannot mount: \(String(cString: strerror(errno)))")
    }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  private var filler: String { path + "/filler" }

  /// Takes what is free, to the last byte.
  func fill() {
    let file = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    var size = 64 << 10
    let zeros = [UInt8](repeating: 0, count: size)
    while size > 0 {
      if write(file, zeros, size) <= 0 { size /= 2 }
    }
    close(file)
  }

  func free() { unlink(filler) }

  /// Nothing can be written to it any more, or again. Fails while a file is open for writing.
  func set(readOnly: Bool) throws {
    guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | (readOnly ? MS_RDONLY : 0)), nil) == 0 else {
      throw NotInTime(description: "cannot remount: \(String(cString: strerror(errno)))")
    }
  }

  /// Only root can mount, and not in every container.
  static let isPossible: Bool = {
    let path = NSTemporaryDirectory() + "lx-" + String(UUID().uuidString.prefix(8))
    defer { rmdir(path) }
    return (try? SmallDisk(at: path, mebibytes: 1)) != nil
  }()
}

extension SystemTests {
  @Suite(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
  struct FullDisks {
    /// Notes long enough to need new pages, until one is refused; the request ids of those that were taken.
    private func fill(_ daemon: Daemon, _ order: OrderID) throws -> (taken: [String], refusal: Answer) {
      var taken: [String] = []
      for number in 1...300 {
        let request = "long-\(number)"
        let answer = try daemon.note(String(repeating: "x", count: 20_000), on: order, request: request)
        if answer.status != 200 { return (taken, answer) }
        taken.append(request)
      }
      throw NotInTime(description: "300 notes of 20 kB and the disk is not full")
    }

    @Test func anAgentOnAFullDiskRefusesInWordsReadsOnAndResumesAlone() throws {
      var disk: SmallDisk?
      let site = try Site("water") { data in
        if data.hasSuffix("/water") { disk = try SmallDisk(at: data, mebibytes: 4) }
      }
      let agent = try site.agent("water")
      defer {
        agent.kill()
        disk = nil
      }
      let order = try site.dispatched(to: "water")
      try agent.settle()
      site.hub.kill()
      disk?.fill()
      let (taken, refusal) = try fill(agent, order)
      #expect(refusal.status == 507 && refusal.code == "disk-full" && refusal.json["retry"] == "later", "\(refusal)")
      #expect(refusal.detail.contains("is full"), "\(refusal.detail)")
      let command = try agent.command("orders", "note", order.text, String(repeating: "y", count: 20_000))
      #expect(
        command.status == CommandStatus.failure.rawValue && command.errors.contains("is full"), "\(command.all)")
      #expect(try agent.order(order)["entries"]?.asArray?.count == taken.count)
      #expect(try agent.command("orders", "list").status == 0)
      #expect(try agent.outbox == taken.count)

      disk?.free()
      #expect(try agent.note("space again", on: order, request: "after").status == 200)
      try site.restartHub()
      try site.expectEqual(order, at: "water")
      #expect(try site.hub.order(order)["entries"]?.asArray?.count == taken.count + 1)
    }

    @Test func aHubOnAFullDiskRefusesInWordsAndItsAgentsKeepWhatTheyHave() throws {
      var disk: SmallDisk?
      let site = try Site("water") { data in if data.hasSuffix("/hub") { disk = try SmallDisk(at: data, mebibytes: 4) }
      }
      let agent = try site.agent("water")
      defer {
        agent.kill()
        site.hub.kill()
        disk = nil
      }
      let order = try site.dispatched(to: "water")
      try agent.settle()
      disk?.fill()
      let (taken, refusal) = try fill(site.hub, order)
      #expect(refusal.status == 507 && refusal.code == "disk-full" && refusal.json["retry"] == "later", "\(refusal)")
      #expect(refusal.detail.contains("is full"), "\(refusal.detail)")
      #expect(try site.hub.order(order)["entries"]?.asArray?.count == taken.count)
      let long = try agent.note(String(repeating: "z", count: 20_000), on: order, request: "from-the-crew")
      #expect(long.status == 200)
      try eventually("the agent says why it is not taken") {
        try agent.status["link"]?["reason"]?.asString?.contains("is full") == true
      }
      #expect(try agent.outbox == 1)

      disk?.free()
      #expect(try site.hub.note("space again", on: order, request: "after").status == 200)
      try site.expectEqual(order, at: "water")
      #expect(try site.hub.order(order)["entries"]?.asArray?.count == taken.count + 2)
    }
  }
}
