// The privacy routes over the real socket: what they answer, what they refuse, and that no answer but the copy has the number.

import Core
import Testing

@testable import Hub

@Suite struct RetentionRoutesTests {
  private let phone = "13800001234"

  private func has(_ answer: JSON, _ texts: String...) -> Bool {
    let text = String(decoding: answer.bytes, as: UTF8.self)
    return texts.contains { text.contains($0) }
  }

  @Test func aPersonIsFoundCopiedPurgedAndWhoDidItIsTold() async throws {
    try await OperatorsFixture().serving { hub in
      _ = try await hub.post("/v1/platforms", ["name": "water"])
      let made = try await hub.post(
        "/v1/orders",
        [
          "registers": ["title": "leak", "caller": ["name": "王", "phone": "138-0000-1234"]], "dispatch": "water",
        ])
      let li: JSON = ["name": "li", "role": "operator"]
      let body: JSON = ["phone": .string(phone), "author": li]
      let found = try await hub.post("/v1/privacy/find", body)
      #expect(found.list("orders").map { $0["order"] } == [made["order"]])
      #expect(!has(found, phone, "0000-1234", "王"))
      let copy = try await hub.post("/v1/privacy/export", ["phone": .string(phone)])
      #expect(copy["phone"] == .string(phone))
      #expect(copy.list("orders").first?.list("registers").first?["value"]?["phone"] == "138-0000-1234")
      let lookups = try await hub.get("/v1/privacy/lookups").list("lookups")
      #expect(Set(lookups.map { "\($0.text("author")) \($0.text("action"))" }) == ["li find", "operator export"])
      #expect(lookups.allSatisfy { $0["orders"] == 1 })
      let purged = try await hub.post(
        "/v1/privacy/purge", ["phone": .string(phone), "reason": "request 17", "author": li])
      #expect(purged["values"] == 1)
      let status = try await hub.get("/v1/privacy/status")
      #expect(status.list("purges").map { $0["order"] } == [made["order"]])
      #expect(status["retention"]?["values"] == 0)
      #expect(try await hub.post("/v1/privacy/find", body).list("orders").isEmpty)
      #expect(try await hub.get("/v1/privacy/lookups").list("lookups").count == 3)
      let document = try await hub.get("/v1/orders/\(made.text("order"))")
      #expect(document.list("history").last?["author"]?["name"] == "li")
      #expect(!has(document, phone, "0000-1234", "王"))
      #expect(has(copy, phone, "0000-1234"), "the copy alone has it")
    }
  }

  @Test func whatCannotBeReadIsRefusedWithoutTheNumber() async throws {
    try await OperatorsFixture().serving { hub in
      for path in ["find", "export", "purge"] {
        for body in [
          #"{}"#, #"{"phone":13800001234}"#, #"{"phone":"x13800001234y"}"#, #"{"phone":"13800001234","extra":1}"#,
          #"{"phone":"13800001234","author":{"name":"13800001234","role":"x"},"reason":"r"}"#, #"13800001234"#,
        ] {
          let (status, problem) = try await hub.refusal("POST", "/v1/privacy/\(path)", Array(body.utf8))
          #expect(status == 400 && !problem.detail.contains("0000"), "\(path) \(body): \(status) \(problem.detail)")
        }
        #expect(try await hub.refusal("GET", "/v1/privacy/\(path)").status >= 404)
      }
      #expect(
        try await hub.refusal(
          "POST", "/v1/privacy/purge", Array(#"{"phone":"13800001234","reason":"of 138 0000 1234"}"#.utf8)
        ).status == 400)
      #expect(try await hub.get("/v1/privacy/lookups").list("lookups").isEmpty)
    }
  }
}
