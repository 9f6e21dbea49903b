// `import` and `replay`: a file of another system's matters becomes orders. Reading and mapping the file is Import's;
// here are the two commands.

import ArgumentParser
import Core
import Foundation
import Shell

/// The file, its mapping, and what is to become of them.
struct ImportOptions: ParsableArguments {
  @Argument(help: "The CSV file.", completion: .file(extensions: ["csv"])) var file: String
  @Option(
    help: ArgumentHelp("How its columns become registers.", valueName: "file"), completion: .file(extensions: ["yaml"]))
  var mapping: String
  @Option(help: ArgumentHelp("Take the first rows only, up to this many.", valueName: "count")) var limit: Int?
  @Flag(help: "Add the mapping's platforms that the hub does not have.") var addPlatforms = false
  @Flag(help: "End with status 0 even if rows could not be taken.") var allowFaults = false
  @Flag(help: "Say on standard error what was odd in rows that were taken.") var notes = false
  @Option(
    help: ArgumentHelp("Your name in the orders' history (default: the user who is logged in).", valueName: "name"))
  var author: String?
  @OptionGroup var hub: HubOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1.") }
  }

  /// The mapping and the file's rows, the first of them where a limit is set.
  func read() throws -> ImportFile {
    do {
      let mapping = try MappingFile.read(mapping)
      let bytes: [UInt8]
      do {
        bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
      } catch {
        throw CommandFailure("\(file) cannot be read: \(error.localizedDescription)", status: .usage)
      }
      var read = try Importer.read(csv: bytes, mapping: mapping)
      if let limit {
        read.rows = Array(read.rows.prefix(limit))
        // What is beyond the last row that is taken was not asked for.
        if read.rows.count == limit, let last = read.rows.last { read.faults.removeAll { $0.line > last.line } }
      }
      return ImportFile(mapping: mapping, rows: read.rows, faults: read.faults)
    } catch let failure as MappingFailure {
      throw CommandFailure("the mapping cannot be used:\n\(failure)", status: .configuration)
    } catch let failure as ImportFailure {
      throw CommandFailure("\(file): \(failure)", status: .usage)
    }
  }

  func session(_ file: ImportFile, dispatch: Bool) throws -> ImportSession {
    return ImportSession(
      client: try hub.client(author: author), system: file.mapping.system, dispatch: dispatch,
      author: ["name": .string(OperatorOptions.name(author)), "role": "operator"])
  }
}

/// A file that was read.
struct ImportFile: Sendable {
  let mapping: ImportMapping
  var rows: [ImportedRow]
  let faults: [RowFault]
}

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make orders of a file's rows, and dispatch them if asked to.",
    discussion: """
      A row that the hub has already, by the file's own number, makes no second order. A row that cannot be taken is \
      named on standard error with its line and reason, and the rest goes on; the status is 1 then, unless \
      --allow-faults is given.

      EXAMPLES:
        cd Examples/nyc311
        lianxin-hub import nyc311-2011.csv --mapping mapping.yaml \\
          --add-platforms --dispatch
        lianxin-hub import requests.csv --mapping mapping.yaml --limit 10 --json
      """)

  @Flag(help: "Dispatch each new order to the platform that the file names.") var dispatch = false
  @OptionGroup var options: ImportOptions

  func run() async throws {
    let file = try options.read()
    var session = try options.session(file, dispatch: dispatch)
    if options.addPlatforms { try session.addPlatforms(file.mapping.allPlatforms) }
    let bar = ProgressBar("import", total: file.rows.count)
    try session.send(file.rows[...]) { bar.update($0) }
    bar.finish()
    try session.report(file, options)
  }
}

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract:
      "Play a file as a day of work: dates moved so that the last creation is now, dispatched in order of creation.",
    discussion: """
      Without --speed all rows go as fast as the hub takes them; with it, each when its time has come: --speed 86400 \
      plays a day of the file in a second.

      EXAMPLES:
        lianxin-hub replay nyc311-2011.csv --mapping mapping.yaml --add-platforms
        lianxin-hub replay requests.csv --mapping mapping.yaml --speed 86400
      """)

  @Option(help: ArgumentHelp("How many times faster than it happened.", valueName: "factor")) var speed: Double?
  @OptionGroup var options: ImportOptions

  func validate() throws {
    if let speed, !(speed > 0 && speed.isFinite) { throw ValidationError("--speed takes a number above 0.") }
  }

  func run() async throws {
    var file = try options.read()
    file.rows = Replay.shifted(file.rows, now: Page.wallClock())
    var session = try options.session(file, dispatch: true)
    if options.addPlatforms { try session.addPlatforms(file.mapping.allPlatforms) }
    let bar = ProgressBar("replay", total: file.rows.count)
    let clock = ContinuousClock()
    let start = clock.now
    var sent = 0
    while sent < file.rows.count {
      let elapsed = start.duration(to: clock.now) / .milliseconds(1)
      let due = ReplayPace.due(file.rows.lazy.map(\.createdAt), elapsedMilliseconds: elapsed, speed: speed)
      if due > sent {
        let done = sent
        try session.send(file.rows[sent..<due]) { bar.update(done + $0) }
        sent = due
      } else {
        // Short, so that the bar's figures stay true; the pace is set by the rows' times.
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    bar.finish()
    try session.report(file, options)
  }
}

/// When a row of a replay has its turn.
enum ReplayPace {
  /// How many of the rows, whose times are sorted, are due.
  ///
  /// - Parameter speed: nil makes all due at once.
  static func due(
    _ times: some RandomAccessCollection<Int>, elapsedMilliseconds: Double, speed: Double?
  ) -> Int {
    guard let speed, let first = times.first else { return times.count }
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      let time = times[times.index(times.startIndex, offsetBy: middle)]
      if Double(time - first) <= elapsedMilliseconds * speed { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
