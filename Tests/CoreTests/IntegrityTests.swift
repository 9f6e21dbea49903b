// Hashes, chains, commitments and receipts: what they prove, and that nothing else passes for it.

import Testing

@testable import Core

@Suite struct IntegrityTests {
  private static let key: [UInt8] = Array(1...32)

  @Test func base64urlReadsBackEveryLength() {
    var random = SplitMix64(seed: 1)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
      let text = Base64URL.encode(bytes)
      #expect(Base64URL.decode(text) == bytes)
      #expect(text.utf8.count == (length * 4 + 2) / 3)
    }
  }

  @Test func base64urlIsAsTheRFCsExamples() {
    let examples = [
      "": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "fooba": "Zm9vYmE", "foobar": "Zm9vYmFy",
    ]
    for (plain, text) in examples { #expect(Base64URL.encode(Array(plain.utf8)) == text) }
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
  }

  @Test(arguments: ["A", "AAAAA", "Zh", "Zm9", "Zg==", "Zm9v\n", " Zm9v", "+/8", "Zm9v=", "é", "Zm 9v"])
  func whatIsNotCanonicalBase64urlIsRefused(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func aHashReadsBackAndAnotherAlgorithmIsRefused() {
    let hash = Hash.of(Array("line".utf8))
    #expect(Hash(hash.description) == hash)
    #expect(Hash(bytes: hash.bytes) == hash)
    #expect(Hash(bytes: [2] + hash.bytes.dropFirst()) == nil)
    #expect(Hash(Base64URL.encode([2] + hash.bytes.dropFirst())) == nil)
    #expect(Hash(bytes: Array(hash.bytes.dropLast())) == nil)
    #expect(Hash(String(hash.description.dropLast())) == nil)
    #expect(Hash("") == nil)
  }

  @Test func aHashIsSHA256() {
    // FIPS 180-4, the example "abc".
    let hex = Hash.of(Array("abc".utf8)).bytes.dropFirst().map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
    #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func aChainTellsEveryOtherHistoryApart() {
    let hashes = (0..<4).map { Hash.of([UInt8($0)]) }
    let ends = permutations(4).map { order in order.reduce(Hash.zero) { Hash.chain($0, hashes[$1]) } }
    #expect(Set(ends).count == 24)
    #expect(Hash.chain(.zero, hashes[0]) != hashes[0])
    let dot = Dot(Some.water, 1)
    #expect(Hash.feed(.zero, dot, hashes[0]) != Hash.feed(.zero, Dot(Some.water, 2), hashes[0]))
    #expect(Hash.feed(.zero, dot, hashes[0]) != Hash.feed(.zero, dot, hashes[1]))
    #expect(Hash.feed(.zero, dot, hashes[0]) != Hash.feed(hashes[0], dot, hashes[0]))
  }

  @Test func aSealedValueIsFoundAgainByItsCommitmentAlone() {
    let sealed = SealedValue(nonce: Array(0..<16), value: JSONText("13800001234"))
    #expect(SealedValue.commitment(in: sealed.placeholder) == sealed.commitment)
    #expect(SealedValue(nonce: Array(1...16), value: sealed.value).commitment != sealed.commitment)
    #expect(SealedValue(nonce: sealed.nonce, value: JSONText("13800001235")).commitment != sealed.commitment)
    #expect(SealedValue.commitment(in: ["sealed": "nothing"]) == nil)
    #expect(SealedValue.commitment(in: "plain") == nil)
  }

  @Test func aReceiptProvesJustThisChangeAndThisVerdict() throws {
    let dot = Dot(Some.water, 12)
    let hash = Hash.of([1])
    let key = IntegrityTests.key
    let receipt = Receipt.issue(order: Some.order, dot: dot, prev: 1, hash: hash, verdict: .accepted, key: key)
    func verifies(
      _ receipt: Hash, order: OrderID = Some.order, dot: Dot = dot, prev: Int = 1, hash: Hash = hash,
      verdict: Verdict = .accepted, key: [UInt8] = key
    ) -> Bool {
      Receipt.verifies(receipt, order: order, dot: dot, prev: prev, hash: hash, verdict: verdict, key: key)
    }
    #expect(verifies(receipt))
    let otherOrder = OrderID(maker: .hub, milliseconds: 1_340_000_000_001, random: [7])
    #expect(!verifies(receipt, order: otherOrder))
    #expect(!verifies(receipt, dot: Dot(Some.gas, 12)))
    #expect(!verifies(receipt, dot: Dot(Some.water, 11)))
    // The digits of n and prev run into each other nowhere.
    #expect(!verifies(receipt, dot: Dot(Some.water, 1), prev: 21))
    #expect(!verifies(receipt, prev: 2))
    #expect(!verifies(receipt, hash: Hash.of([2])))
    for verdict in Verdict.allCases where verdict != .accepted { #expect(!verifies(receipt, verdict: verdict)) }
    #expect(!verifies(receipt, key: key.reversed()))
    for index in 1..<Hash.size {
      var bytes = receipt.bytes
      bytes[index] ^= 1
      #expect(!verifies(try #require(Hash(bytes: bytes))))
    }
  }
}
