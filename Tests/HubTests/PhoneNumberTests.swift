// A telephone number: the same however it is written, no other, and not repeated where it is refused.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct PhoneNumberTests {
  @Test(arguments: [
    "13800001234", "138 0000 1234", "138-0000-1234", "+86 138 0000 1234", "+8613800001234", "008613800001234",
    "8613800001234", "１３８００００１２３４", "(138) 0000.1234", "138　0000　1234",
  ])
  func isTheSameHoweverItIsWritten(text: String) throws {
    let phone = try PhoneNumber("13800001234")
    #expect(try PhoneNumber(text) == phone)
    #expect(phone.isIn(["phone": .string(text)]))
    #expect(phone.isIn("rang \(text), nobody there"))
    #expect(phone.isIn(["a": ["b": [.string("rang \(text) 10:30")]]]))
  }

  @Test(arguments: ["13800001235", "138000012345", "213800001234", "1380000123", "13800001234-2", "x", ""])
  func isNoOther(text: String) throws {
    let phone = try PhoneNumber("13800001234")
    #expect(!phone.isIn(["phone": .string(text)]))
    #expect(text.last == "2" || !phone.isIn("rang \(text)"))
  }

  @Test(arguments: ["", "1357", "abc", "138x00001234", "+", "--", "123456789012345678901", "+86+13800001234"])
  func isRefusedWithoutBeingRepeated(text: String) {
    let refusal = #expect(throws: Problem.self) { try PhoneNumber(text) }
    #expect(refusal?.code == .badCommand)
    #expect(text.isEmpty || refusal?.detail.contains(text) == false || text == "-")
  }
}
