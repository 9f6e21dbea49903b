// A token that the hub made and does not keep: shown once, or written into a file that its owner alone can read.

import Core
import Shell

enum ShownOnce {
  /// - Parameters:
  ///   - answer: the hub's answer, with the member `token`.
  ///   - file: where the token goes; nil: it is shown.
  ///   - revoke: the command that makes the token useless, where it cannot be written.
  ///   - shown: what people are told with the token.
  ///   - written: what they are told of one that is in the file.
  static func tell(
    _ answer: JSON, into file: String?, orElse revoke: String, _ output: OutputOptions,
    shown: (JSON, Page) -> [String], written: (JSON, Page) -> String
  ) throws {
    guard let file else { return output.show(answer, as: shown) }
    do {
      try SecretFile.write(Array(try answer.string("token").utf8) + [0x0A], to: file)
    } catch {
      throw CommandFailure(
        "the token was made but not written: \(error)", remedy: "revoke it with `\(revoke)` and make another")
    }
    output.show(.object((answer.asObject ?? []).filter { $0.key != "token" })) { answer, page in
      [Sanitize.line(written(answer, page))]
    }
  }
}
