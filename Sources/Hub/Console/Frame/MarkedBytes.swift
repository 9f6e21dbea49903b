// A rendered text cut once where the viewer's own marks stand in it, so that each answer only puts the pieces together.

import NIOCore

/// The bytes of a text with marks (`Layout.tokenMark`, `Layout.requestMark`).
struct MarkedBytes: Sendable {
  private struct Mark {
    /// Where it begins.
    let place: Int
    let isToken: Bool
  }

  /// With the marks.
  let bytes: [UInt8]
  private let marks: [Mark]

  init(_ markup: String) {
    let bytes = Array(markup.utf8)
    self.bytes = bytes
    var marks: [Mark] = []
    for index in bytes.indices.dropLast() where bytes[index] == 1 {
      marks.append(Mark(place: index, isToken: bytes[index + 1] == UInt8(ascii: "c")))
    }
    self.marks = marks
  }

  /// The text with the viewer's token, and an id that is fresh in this answer, where the marks are.
  func filled(token: String, request: String) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(bytes.count + marks.count * max(token.utf8.count, request.utf8.count))
    var start = 0
    for mark in marks {
      buffer.writeBytes(bytes[start..<mark.place])
      buffer.writeString(mark.isToken ? token : request)
      start = mark.place + 2
    }
    buffer.writeBytes(bytes[start...])
    return buffer
  }
}
