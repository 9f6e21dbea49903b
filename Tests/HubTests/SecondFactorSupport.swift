// What the tests of second factors share: an app's code, setting one up, and both steps of signing in with it.

import Core
import Testing

@testable import Hub

extension HubWorld {
  /// What an app with this secret shows now.
  func code(_ secret: [UInt8]) -> String { OneTimeCode.code(secret, step: OneTimeCode.step(at: clock.now)) }

  /// Sets up a second factor in an open session, as its owner does.
  func setUp(
    in session: String, password: String = HubWorld.password
  ) async throws -> (secret: [UInt8], codes: [String], session: String) {
    let signIn = accounts.signIn
    try await signIn.beginSecondFactor(session: session, password: password, code: "", address: "10.0.0.1")
    let found = try #require(try accounts.sessions.find(session))
    let secret = try #require(try signIn.ownSecondFactor(session: session, found).pending)
    let (success, codes) = try await signIn.confirmSecondFactor(code(secret), session: session, address: "10.0.0.1")
    // The code that confirmed it has been used.
    clock.advance(OneTimeCode.stepMilliseconds)
    return (secret, codes, success.session)
  }

  /// The first step of signing in to an account with a second factor.
  func half(
    _ name: String, _ password: String = HubWorld.password, from address: String = "10.0.0.1", device: String? = nil,
    replacing: String? = nil
  ) async throws -> String {
    let step = try await accounts.signIn.attempt(
      name: name, password: password, address: address, device: device, replacing: replacing)
    guard case .codeNext(let half) = step else { throw Unexpected.noCode }
    return half
  }

  /// The second step; the problem where it is refused.
  func enter(_ code: String, _ half: String) async -> ProblemCode? {
    await refusal { try await accounts.signIn.enterCode(code, half: half, address: "10.0.0.1") }?.code
  }
}
