// The corpus: valid inputs of every decoder, kept beside the tests in `Corpus/TARGET.*.txt`, and what mutations take from them.
// The generated part is written by CorpusWriting.swift.

import Foundation

@testable import Core

struct FuzzCorpus: Sendable {
  struct Sample: Sendable {
    let bytes: [UInt8]
    /// Of JSON.
    let tree: JSON?
    /// Of a batch.
    let batch: Batch?
  }

  /// What ends each input in a file, on a line of its own.
  static let separator = Array("\n%%\n".utf8)
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")

  /// By target.
  let samples: [String: [Sample]]
  /// Values that stand somewhere in the corpus, by their key: what is plausible there.
  let valuesByKey: [String: [JSON]]
  let values: [JSON]
  let keys: [String]
  /// The nodes of all DER samples.
  let derNodes: [DERNode]

  init() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: FuzzCorpus.directory.path).sorted()
    var samples: [String: [Sample]] = [:]
    var valuesByKey: [String: [JSON]] = [:]
    var values: [JSON] = []
    var derNodes: [DERNode] = []
    func collect(_ json: JSON, key: String?) {
      // An array's or object's own text is known by its parts.
      if let key, valuesByKey[key]?.contains(json) != true { valuesByKey[key, default: []].append(json) }
      values.append(json)
      for member in json.asObject ?? [] { collect(member.value, key: member.key) }
      for element in json.asArray ?? [] { collect(element, key: nil) }
    }
    for target in FuzzTarget.all {
      for file in files where file.hasPrefix(target.name + ".") {
        for var bytes in FuzzCorpus.split(
          try [UInt8](Data(contentsOf: FuzzCorpus.directory.appendingPathComponent(file))))
        {
          var tree: JSON?
          var batch: Batch?
          switch target.syntax {
          case .json: tree = try JSON(parsing: bytes)
          case .batch: batch = try Batch(parsing: bytes)
          case .der:
            bytes = try FuzzCorpus.der(bytes, file)
            if let node = DERNode.parse(bytes) { derNodes += node.all }
          case .text: break
          }
          if let tree { collect(tree, key: nil) }
          if let batch { collect(batch.header, key: nil) }
          samples[target.name, default: []].append(Sample(bytes: bytes, tree: tree, batch: batch))
        }
      }
      guard samples[target.name] != nil else { throw FuzzFailure("there is no corpus of '\(target.name)'") }
    }
    self.samples = samples
    self.valuesByKey = valuesByKey
    self.values = values
    self.derNodes = derNodes
    keys = valuesByKey.keys.sorted()
  }

  func samples(of target: FuzzTarget) -> [Sample] { samples[target.name] ?? [] }

  /// A text of the corpus that is no target's: `Corpus/NAME`.
  static func text(_ name: String) throws -> String {
    try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
  }

  static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    while let end = rest.firstRange(of: separator) {
      parts.append(Array(rest[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return parts
  }

  private static func der(_ pem: [UInt8], _ file: String) throws -> [UInt8] {
    let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-----") }
    guard let data = Data(base64Encoded: lines.joined()) else { throw FuzzFailure("\(file) is not PEM") }
    return [UInt8](data)
  }
}
