// Passwords: how they are kept, which may be chosen, and how often a wrong one may be tried.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct AccountsPasswordTests {
  @Test func aHashIsScryptsOfItsParameters() throws {
    // RFC 7914 §12, the third vector's first 32 bytes.
    let cost = PasswordCost(logN: 10, blockSize: 8, parallelism: 16)
    let hash = try PasswordHash.make("password", salt: Array("NaCl".utf8), cost: cost)
    let hex = hash.hash.map { String(format: "%02x", Int($0)) }.joined()
    #expect(hex == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
  }

  @Test func aHashIsReadBackWithTheParametersThatMadeIt() throws {
    let hash = try PasswordHash.make("a", salt: [1, 2, 3], cost: .ofTests)
    #expect(hash.text.hasPrefix("$scrypt$ln=4,r=8,p=1$AQID$"))
    let read = try #require(PasswordHash(hash.text))
    #expect(read == hash)
    #expect(try read.matches("a"))
    #expect(try !read.matches("b"))
    #expect(try !read.matches(""))
  }

  @Test func aRowCannotAskForMoreMemoryThanThereIs() throws {
    let rest = try PasswordHash.make("a", salt: [1], cost: .ofTests).text.dropFirst("$scrypt$ln=4,r=8,p=1".count)
    for parameters in ["ln=25,r=8,p=1", "ln=17,r=64,p=1", "ln=17,r=8,p=90", "ln=0,r=8,p=1", "ln=4,r=8"] {
      #expect(PasswordHash("$scrypt$\(parameters)\(rest)") == nil, "\(parameters)")
    }
    #expect(PasswordHash("$scrypt$ln=4,r=8,p=1$AQ$AQ") == nil, "a hash of another length")
    #expect(PasswordHash("") == nil)
  }

  @Test func theStandardPriceIsWhatIsRecommended() {
    #expect(PasswordCost.standard == PasswordCost(logN: 17, blockSize: 8, parallelism: 1))
    #expect(PasswordQueue.maxRunning == 2)
  }

  @Test(
    arguments: [
      ("correct horse battery staple", nil), ("一场很长很长的晚间散步和一壶热茶", nil), ("K7 q-9v Lm2 xW4 zT8", nil),
      ("fourteen chars", .tooShort(least: 15)), ("", .tooShort(least: 15)),
      (String(repeating: "长城", count: 129), .tooLong),
      (String(repeating: "x", count: 1 << 20), .tooLong),
      ("qwertyuiop12345", .known), ("123456789987654321", .known), ("Password12345678!", .known),
      ("baseball2026!!!!", .known),
      ("aaaaaaaaaaaaaaaa", .monotonous), ("abcabcabcabcabcab", .monotonous), ("passwordpasswordpa", .monotonous),
      ("abcdefghijklmnopq", .monotonous), ("1234567890123456789", .monotonous), ("asdfghjklpoiuytrewq", .monotonous),
      ("li.wei li.wei lianxin", .ofItsContext), ("热线12345热线12345abc", .ofItsContext),
      ("李伟李伟hotline李伟12345", .ofItsContext),
    ] as [(String, PasswordFault?)])
  func aPasswordIsLongAndNotAmongThoseTriedFirst(password: String, fault: PasswordFault?) {
    #expect(PasswordRules.fault(password, account: "li.wei", displayName: "李伟") == fault)
  }

  @Test func besideASecondFactorEightCharactersAreEnough() {
    func fault(_ password: String, _ hasSecondFactor: Bool) -> PasswordFault? {
      PasswordRules.fault(password, account: "li", displayName: "李", hasSecondFactor: hasSecondFactor)
    }
    #expect(fault("K7 q-9vL", true) == nil)
    #expect(fault("K7 q-9vL", false) == .tooShort(least: 15))
    #expect(fault("K7 q-9v", true) == .tooShort(least: 8))
    #expect(fault("password", true) == .known)
    #expect(PasswordRules.isShort("K7 q-9vL") && !PasswordRules.isShort("correct horse battery staple"))
  }

  @Test func aRefusalDoesNotQuoteThePassword() {
    for fault in [PasswordFault.tooShort(least: 15), .tooLong, .known, .monotonous, .ofItsContext] {
      #expect(!fault.description.contains("li.wei") && fault.description.count > 20)
    }
  }

  @Test func theSameCharactersAreTheSamePasswordHoweverTheyWereTyped() {
    #expect(PasswordRules.normalised("ｐａｓｓ ｗｏｒｄ é") == PasswordRules.normalised("pass word e\u{301}"))
  }
}

@Suite struct AccountsAttemptLimitTests {
  private func attempts(
    _ limits: inout AttemptLimits, _ keys: [AttemptLimits.Key], now: Int, atMost: Int = 1_000
  ) -> Int {
    (0..<atMost).prefix { _ in limits.take(keys, now: now) == nil }.count
  }

  @Test func anAccountTakesSixWrongPasswordsFromOneAddressInAQuarterOfAnHour() {
    var limits = AttemptLimits()
    let keys: [AttemptLimits.Key] = [.address("a"), .accountFromAddress("li", "a"), .account("li")]
    #expect(attempts(&limits, keys, now: 0) == 6)
    #expect(limits.take(keys, now: 0) == 150, "when the next one may come, seconds")
    #expect(attempts(&limits, keys, now: 150_000) == 1)
    #expect(attempts(&limits, keys, now: 150_000 + 900_000) == 6)
  }

  @Test func anAddressTakesThirtyWhateverNamesAreTried() {
    var limits = AttemptLimits()
    let count = (0..<100).prefix { n in
      limits.take([.address("a"), .accountFromAddress("n\(n)", "a"), .account("n\(n)")], now: 0) == nil
    }.count
    #expect(count == 30)
    #expect(limits.take([.address("b"), .accountFromAddress("n", "b"), .account("n")], now: 0) == nil)
  }

  @Test func anAccountTakesNoMoreThanAHundredADayFromAllAddresses() {
    var limits = AttemptLimits()
    var taken = 0
    // A day, a fresh address every minute.
    for minute in 0..<1_440 {
      let address = "a\(minute)"
      taken += attempts(
        &limits, [.address(address), .accountFromAddress("li", address), .account("li")], now: minute * 60_000)
    }
    #expect((96...192).contains(taken), "\(taken): a full share and what comes back of it in a day")
    let late = 1_439 * 60_000
    #expect(limits.take([.account("li")], now: late) != nil)
    #expect(limits.take([.device([1])], now: late) == nil, "a machine that the account knows is let in")
  }

  @Test func whatIsRefusedTakesNothing() {
    var limits = AttemptLimits()
    #expect(attempts(&limits, [.account("li"), .accountFromAddress("li", "a")], now: 0) == 6)
    #expect(attempts(&limits, [.account("li"), .accountFromAddress("li", "a")], now: 0) == 0)
    #expect(attempts(&limits, [.account("li")], now: 0) == 90)
  }

  @Test func aRightPasswordIsNoAttempt() {
    var limits = AttemptLimits()
    for _ in 0..<500 {
      #expect(limits.take([.address("a")], now: 0) == nil)
      limits.giveBack([.address("a")])
    }
  }

  @Test func aClockThatGoesBackKeepsNobodyOutForLonger() {
    var limits = AttemptLimits()
    let day = 86_400_000
    #expect(attempts(&limits, [.address("a")], now: 10 * day) == 30)
    #expect(limits.take([.address("a")], now: 0).map { $0 <= 30 } == true)
    #expect(limits.take([.address("a")], now: 900_000) == nil)
  }

  @Test func whatIsRememberedIsBoundedAndTheWorstStay() {
    var limits = AttemptLimits()
    #expect(attempts(&limits, [.address("worst")], now: 0) == 30)
    for n in 0..<AttemptLimits.maxKeys + 5 { _ = limits.take([.address("\(n)")], now: 1) }
    #expect(limits.count <= AttemptLimits.maxKeys)
    #expect(limits.take([.address("worst")], now: 1) != nil)
  }

  @Test(arguments: [
    ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:db8:1:2::7", "2001:db8:1:2/64"),
    ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2/64"), ("fe80::1%eth0", "fe80:0:0:0/64"),
    ("nonsense", "nonsense"),
  ])
  func anAddressOfIPv6CountsByItsNetwork(address: String, place: String) {
    #expect(AttemptLimits.place(address) == place)
  }
}
