// What the process costs the machine, under the names that every Prometheus client uses. Read from /proc.

import Foundation

public enum ProcessFigures {
  public static let rows = [cpu, memory, openFiles, maxFiles, started]

  static let cpu = MetricRow("process_cpu_seconds_total", .counter, "Processor time that this process used, seconds.")
  static let memory = MetricRow("process_resident_memory_bytes", .gauge, "Memory that this process holds, bytes.")
  static let openFiles = MetricRow("process_open_fds", .gauge, "Open file descriptors, connections included.")
  static let maxFiles = MetricRow("process_max_fds", .gauge, "File descriptors that this process may open.")
  static let started = MetricRow("process_start_time_seconds", .gauge, "When this process started, Unix time.")

  /// What /proc tells; a figure that it does not tell is left out.
  public static func write(to text: inout MetricsText) {
    if let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8) {
      // The second field is the program's name in brackets, which may hold anything.
      let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ").dropFirst()
      let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
      let values = Array(fields)
      func field(_ number: Int) -> Double? { values.indices.contains(number - 3) ? Double(values[number - 3]) : nil }
      if let user = field(14), let system = field(15) { text.write(cpu, (user + system) / ticks) }
      if let pages = field(24) { text.write(memory, pages * Double(sysconf(Int32(_SC_PAGESIZE)))) }
      if let sinceBoot = field(22), let boot = bootTime() { text.write(started, boot + sinceBoot / ticks) }
    }
    if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      text.write(openFiles, Double(open.count))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      text.write(maxFiles, Double(limit.rlim_cur))
    }
  }

  private static func bootTime() -> Double? {
    guard let stat = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
    let line = stat.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst(6)) }
  }
}
