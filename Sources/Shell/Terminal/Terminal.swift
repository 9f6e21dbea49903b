// What is known of the terminal behind a file descriptor, and writing to it. What is written is made elsewhere.

import Foundation

/// The terminal, or whatever stands in its place.
public enum Terminal {
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal; nil when `descriptor` is not one, as nothing is to be cut to fit then.
  public static func width(_ descriptor: Int32 = STDOUT_FILENO) -> Int? {
    guard isTerminal(descriptor) else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes the whole text. An error ends it silently: there is nowhere left to report it.
  public static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
    // What `print` still holds back was said before.
    if descriptor == STDOUT_FILENO { fflush(nil) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
