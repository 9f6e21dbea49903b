// What an answer, or the lack of one, means for the next try.

import Core
import Shell
import Testing

@testable import Agent

struct SyncTransportTests {
  private func check(_ status: Int, _ type: String?, _ body: String, retryAfter: String? = nil) -> SyncFailure? {
    var headers: [String: String] = [:]
    headers["content-type"] = type
    headers["retry-after"] = retryAfter
    let answer = HTTPAnswer(status: status, headers: headers, body: Array(body.utf8))
    do {
      try SyncDialogue.check(answer, accept: "application/json")
      return nil
    } catch { return error }
  }

  private func problem(_ code: ProblemCode, retryAfter: Int? = nil) -> SyncFailure? {
    let problem = Problem(code, "why", retryAfterSeconds: retryAfter)
    return check(code.status, Problem.mediaType, String(decoding: problem.json.bytes, as: UTF8.self))
  }

  @Test func onlyOurMediaTypeIsAnAnswer() {
    #expect(check(200, "application/json", "{}") == nil)
    for (status, type) in [
      (200, "text/html"), (302, "application/json"), (302, "text/html"), (502, "text/html"), (200, nil),
    ] {
      guard case .transient = check(status, type, "<html>Log in</html>") else {
        Issue.record("\(status) \(type ?? "-") must be a failure of the transport")
        continue
      }
    }
    guard case .transient = check(403, Problem.mediaType, "<html>") else {
      Issue.record("a problem that cannot be read is none")
      return
    }
  }

  @Test func aProblemSaysWhatIsToBeDone() {
    #expect(problem(.busy, retryAfter: 7) == .transient("the hub says: why", retryAfterMilliseconds: 7_000))
    #expect(problem(.reconcileFirst) == .cursorLost)
    #expect(problem(.tooLarge) == .tooLarge)
    #expect(problem(.fork) == .fork("the hub says: why"))
    for code in [ProblemCode.certificateExpired, .certificateRevoked, .updateNeeded, .notPermitted, .badBody] {
      #expect(problem(code) == .needsOperator("the hub says: why"))
    }
    let header = check(
      503, Problem.mediaType, #"{"code":"busy","detail":"x"}"#, retryAfter: "3")
    #expect(header == .transient("the hub says: x", retryAfterMilliseconds: 3_000))
  }

  @Test(arguments: ["9223372036854775807", "9007199254740992", "86401"])
  func noWaitThatIsAskedForOverflows(seconds: String) {
    let day = SyncFailure.transient("the hub says: x", retryAfterMilliseconds: 86_400_000)
    let body = #"{"code":"busy","detail":"x","retryAfter":\#(seconds)}"#
    #expect(check(503, Problem.mediaType, body) == day)
    #expect(check(503, Problem.mediaType, #"{"code":"busy","detail":"x"}"#, retryAfter: seconds) == day)
    let past = check(503, Problem.mediaType, #"{"code":"busy","detail":"x","retryAfter":-\#(seconds)}"#)
    #expect(past == .transient("the hub says: x", retryAfterMilliseconds: 0))
  }

  @Test func aWrongClockNeedsAPersonAndAStrangerDoesNot() {
    guard case .needsOperator(let words) = SyncTransport.failure(.tls("certificate is not yet valid")) else {
      Issue.record("a clock does not right itself")
      return
    }
    #expect(words.contains("clock"))
    guard case .transient = SyncTransport.failure(.tls("self-signed certificate in certificate chain")) else {
      Issue.record("a portal's certificate passes with the portal")
      return
    }
    guard case .needsOperator = SyncTransport.failure(.clientCertificateProblem("alert certificate expired")) else {
      Issue.record("our own certificate is a person's business")
      return
    }
    #expect(SyncTransport.failure(.aborted) == .stopped)
  }

  @Test func aHalfOpenConnectionIsGivenUpWithin45SecondsAndAPollIsGivenItsWholeWait() {
    // The client looks once a second, and a sound poll is answered some time after its wait.
    let wait = SyncEngine.Settings().maxWait
    #expect(SyncTransport.silence(of: wait) + .seconds(1) < .seconds(40))
    for wait in [1, 5_000, wait, 60_000] {
      #expect(SyncTransport.silence(of: wait) >= .milliseconds(wait) + .seconds(3), "\(wait) ms")
    }
    #expect(SyncTransport.silence(of: 0) == .seconds(30), "what does not wait is not answered at once either")
  }

  @Test func aCertificateIsRenewedInItsLastThird() {
    let day = 86_400_000
    #expect(CertificateRenewal.due(notBefore: 0, notAfter: 90 * day, random: 0) == 60 * day)
    let late = CertificateRenewal.due(notBefore: 0, notAfter: 90 * day, random: 0.999)
    #expect(late > 67 * day && late < 68 * day)
  }
}
