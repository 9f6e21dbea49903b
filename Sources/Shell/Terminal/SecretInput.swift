// Secrets as a command gets them: typed at the terminal without being shown, or from a file. Never from an argument, which every user of
// the machine can read.

import Foundation

public enum SecretInput {
  /// What is read of a file at most.
  static let maxBytes = 4_096

  /// Asks at the terminal, not at standard input, and shows nothing of what is typed.
  public static func ask(_ prompt: String) throws(CommandFailure) -> String {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else {
      throw CommandFailure(
        "there is no terminal to ask at", remedy: "give it in a file, or by a pipe with - as the file's name",
        status: .usage)
    }
    defer { close(terminal) }
    var shown = termios()
    guard tcgetattr(terminal, &shown) == 0 else {
      throw CommandFailure("the terminal cannot be kept from showing it", status: .usage)
    }
    var hidden = shown
    // Ctrl-C is read as a character, so that the terminal never stays as it is now.
    hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
    tcsetattr(terminal, TCSAFLUSH, &hidden)
    defer {
      tcsetattr(terminal, TCSAFLUSH, &shown)
      Terminal.write("\n", to: terminal)
    }
    Terminal.write(prompt, to: terminal)
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < maxBytes {
      let count = Foundation.read(terminal, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
      if byte == 3 { throw CommandFailure("cancelled", status: .failure) }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first line of a file; `-` is standard input. `what` it is, for refusals.
  public static func read(file path: String, as what: String = "password") throws(CommandFailure) -> String {
    let data: Data?
    if path == "-" {
      data = readLine().map { Data($0.utf8) }
    } else {
      guard let handle = FileHandle(forReadingAtPath: path) else {
        throw CommandFailure(
          "cannot read \(path)", remedy: "name a file with the \(what) in its first line", status: .usage)
      }
      defer { try? handle.close() }
      do { data = try handle.read(upToCount: maxBytes) } catch {
        throw CommandFailure("cannot read \(path): \(error)", status: .usage)
      }
    }
    let line = (data ?? Data()).prefix { $0 != 0x0A && $0 != 0x0D }
    guard let text = String(bytes: line, encoding: .utf8), !text.isEmpty else {
      throw CommandFailure("there is no \(what) in the first line of \(path)", status: .usage)
    }
    return text
  }
}
