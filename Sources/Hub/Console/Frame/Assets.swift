// The console's own style sheet, script and icon, as they are in the binary. Their addresses carry their content's hash, so that a browser
// may keep them for good and still has the new one after an upgrade.

import Core
import HTTPTypes
import Hummingbird
import NIOCore

struct Assets: Sendable {
  private struct File: Sendable {
    let bytes: [UInt8]
    let type: String
    let address: String
  }

  private let files: [String: File]

  init() {
    let sources: [(String, [UInt8], String)] = [
      ("console.css", PackageResources.console_css, "text/css; charset=utf-8"),
      ("console.js", PackageResources.console_js, "text/javascript; charset=utf-8"),
      ("icon.svg", PackageResources.icon_svg, "image/svg+xml"),
    ]
    files = Dictionary(
      sources.map { name, bytes, type in
        let parts = name.split(separator: ".", maxSplits: 1)
        let hash = Hash.of(bytes).description.prefix(16)
        return (name, File(bytes: bytes, type: type, address: "\(parts[0]).\(hash).\(parts[1])"))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Where a page finds the file.
  func path(_ name: String) -> String { "/assets/" + (files[name]?.address ?? name) }

  func addRoutes(to router: Router<ConsoleContext>) {
    for (name, file) in files.sorted(by: { $0.key < $1.key }) {
      router.get(RouterPath(path(name))) { _, _ in
        Response(
          status: .ok,
          headers: [.contentType: file.type, .cacheControl: "public, max-age=31536000, immutable"],
          body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
      }
    }
  }
}
