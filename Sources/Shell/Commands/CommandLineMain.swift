// Runs a command tree and ends the process with the status from the table. What the commands do is not here.

import ArgumentParser
import Core
import Foundation

extension AsyncParsableCommand {
  /// Parses the arguments, runs the command and ends the process. A ``CommandFailure`` or ``ConfigFailure`` is printed
  /// to stderr (as one line of JSON where --json is among the arguments) and gives its own exit status; everything else is
  /// ArgumentParser's.
  public static func runToExit(_ arguments: [String]? = nil) async -> Never {
    do {
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      exit(withError: nil)
    } catch let failure as CommandFailure {
      report(failure, asJSON: wantsJSON(arguments))
    } catch let failure as ConfigFailure {
      report(CommandFailure("\(failure)", status: .configuration), asJSON: wantsJSON(arguments))
    } catch {
      exit(withError: error)
    }
  }

  private static func wantsJSON(_ arguments: [String]?) -> Bool {
    (arguments ?? Array(CommandLine.arguments.dropFirst())).contains("--json")
  }

  private static func report(_ failure: CommandFailure, asJSON: Bool) -> Never {
    if asJSON {
      Terminal.write(String(decoding: failure.json.bytes, as: UTF8.self) + "\n", to: STDERR_FILENO)
      Foundation.exit(failure.status.rawValue)
    }
    let style = Style.standardError
    var text = style.paint("Error:", .red) + " " + Sanitize.block(failure.message) + "\n"
    if let remedy = failure.remedy { text += style.paint("Remedy:", .yellow) + " " + Sanitize.block(remedy) + "\n" }
    Terminal.write(text, to: STDERR_FILENO)
    Foundation.exit(failure.status.rawValue)
  }
}

extension CommandFailure {
  /// The daemon's problem with the exit status, or the failure in the same form.
  var json: JSON {
    let status = JSON.Member("exitStatus", .int(Int(status.rawValue)))
    if let problem, let members = (try? JSON(parsing: problem))?.asObject {  // not JSON: told in words below
      return .object(members + [status])
    }
    return .object(
      [JSON.Member("detail", .string(message))] + (remedy.map { [JSON.Member("remedy", .string($0))] } ?? []) + [status]
    )
  }
}
