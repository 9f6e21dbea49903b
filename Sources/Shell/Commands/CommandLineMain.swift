// Runs a command tree and ends the process with the status from the table. What the commands do is not here.

import ArgumentParser
import Foundation

extension AsyncParsableCommand {
  /// Parses the arguments, runs the command and ends the process. A ``CommandFailure`` or ``ConfigFailure`` is printed
  /// to stderr and gives its own exit status; everything else is ArgumentParser's.
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
      report(failure)
    } catch let failure as ConfigFailure {
      report(CommandFailure("\(failure)", status: .configuration))
    } catch {
      exit(withError: error)
    }
  }

  private static func report(_ failure: CommandFailure) -> Never {
    let style = Style.standardError
    var text = style.paint("Error:", .red) + " " + Sanitize.block(failure.message) + "\n"
    if let remedy = failure.remedy { text += style.paint("Remedy:", .yellow) + " " + Sanitize.block(remedy) + "\n" }
    Terminal.write(text, to: STDERR_FILENO)
    Foundation.exit(failure.status.rawValue)
  }
}
