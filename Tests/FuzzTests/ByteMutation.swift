// Mutations that know no syntax, or only lines.

enum ByteMutation {
  /// What breaks readers: numbers at the edges, half escapes, half code points, ends of things.
  static let tokens: [[UInt8]] =
    [
      "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e999999999",
      "1.5",
      "-0", "1e300", "9007199254740993", "null", "true", "[[[[", "]]]]", "{\"a\":", "\\ud800", "\\udc00", "\\u0000",
      "\"",
      "}", "]", "{", "[", ",", ":", "-", "\\", "00", "\n", "\r\n", "\r", "\t", " ", "%%", "\"\"", "'", "|\n", "- ",
      "? ",
      "&a ", "*a", "<<: ", "!!int ", "#", "-----BEGIN ", "-----END ", "/", ".", "..", "\u{FEFF}", "\u{2028}", "é",
      "e\u{301}", "02/29/2011 12:00:00 AM", "03/13/2011 02:30:00 AM", "99999999999999999999d", "hub",
    ].map { Array($0.utf8) } + [[0], [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xE4, 0xBF], [0xF0, 0x9F], [0x80]]

  static func mutate(_ bytes: inout [UInt8], other: [UInt8], _ random: inout FuzzRandom) {
    guard !bytes.isEmpty else {
      bytes = other
      return
    }
    let place = random.below(bytes.count)
    /// Mostly short, sometimes all the rest.
    let length = min(bytes.count - place, random.chance(85) ? 1 + random.below(24) : bytes.count)
    switch random.below(13) {
    case 0, 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 2, 3: bytes[place] ^= 1 << UInt8(random.below(8))
    case 4: bytes[place] = bytes[place] &+ UInt8(truncatingIfNeeded: random.below(3) - 1)
    case 5, 6: bytes.insert(contentsOf: random.pick(tokens), at: place)
    case 7: bytes.removeSubrange(place..<place + length)
    case 8: bytes.removeSubrange(place...)
    case 9:
      let times = random.chance(95) ? 1 + random.below(4) : 1 + random.below(max(1, 20_000 / length))
      bytes.insert(contentsOf: Array(repeating: Array(bytes[place..<place + length]), count: times).joined(), at: place)
    case 10: bytes.replaceSubrange(place..<place + length, with: random.pick(tokens))
    case 11:
      guard !other.isEmpty else { return }
      bytes.replaceSubrange(place..., with: other[random.below(other.count)...])
    default: bytes.insert(contentsOf: random.bytes(1 + random.below(4)), at: place)
    }
  }

  /// Moves, doubles, drops and indents lines, or mutates within one.
  static func mutateLines(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    let index = random.below(lines.count)
    let other = random.below(lines.count)
    switch random.below(8) {
    case 0: lines.remove(at: index)
    case 1: lines.insert(lines[index], at: other)
    case 2: lines.swapAt(index, other)
    case 3: lines[index] = Array(repeating: 0x20, count: random.below(9)) + lines[index].drop { $0 == 0x20 }
    case 4:
      // A value for another: what stands behind the last colon or comma.
      guard let cut = lines[index].lastIndex(where: { $0 == 0x3A || $0 == 0x2C }) else { return }
      lines[index] = lines[index][...cut] + [0x20] + random.pick(tokens)
    case 5:
      let opening = random.pick(["[", "{a: ", "- ", "\"", "? "])
      lines[index] += Array(String(repeating: opening, count: random.chance(90) ? random.below(20) : 2_000).utf8)
    default:
      var line = lines[index]
      mutate(&line, other: lines[other], &random)
      lines[index] = line
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }
}
