// Why a call brought nothing that can be used: what counts as a hub's answer, and which class of failure a problem is.

import Core
import Shell

/// Why a call brought no answer that can be used.
enum SyncFailure: Error, Equatable, CustomStringConvertible {
  /// It may pass by itself: the network, a busy hub, a captive portal.
  case transient(String, retryAfterMilliseconds: Int? = nil)
  /// A person must act.
  case needsOperator(String)
  /// The hub does not know what this agent has seen of it.
  case cursorLost
  /// The call was given up for another one.
  case interrupted
  case fork(String)
  case tooLarge
  /// The transport was stopped.
  case stopped

  var description: String {
    switch self {
    case .transient(let reason, _), .needsOperator(let reason), .fork(let reason): reason
    case .cursorLost: "the hub does not know the cursor"
    case .interrupted: "given up for another call"
    case .tooLarge: "the body is too large"
    case .stopped: "stopped"
    }
  }
}

extension SyncDialogue {
  /// What an error means for the lane; nil where the transport was stopped.
  static func outcome(of error: any Error) -> SyncOutcome? {
    switch error {
    case let failure as SyncFailure:
      switch failure {
      case .stopped: return nil
      case .transient(let reason, let retryAfter):
        return .failed(.transient, reason: reason, retryAfterMilliseconds: retryAfter)
      case .needsOperator(let reason): return .failed(.needsOperator, reason: reason, retryAfterMilliseconds: nil)
      case .fork(let reason): return .failed(.fork, reason: reason, retryAfterMilliseconds: nil)
      case .cursorLost: return .cursorLost
      case .interrupted: return .interrupted
      case .tooLarge: return .tooLarge
      }
    case let altered as AlteredLine:
      return .failed(.needsOperator, reason: altered.description, retryAfterMilliseconds: nil)
    case let problem as Problem where problem.code == .diskFull:
      return .failed(.transient, reason: problem.detail, retryAfterMilliseconds: nil)
    default: return .failed(.transient, reason: "\(error)", retryAfterMilliseconds: nil)
    }
  }

  /// Only a problem of ours or our media type is an answer; a portal's 200, a redirect or a proxy's page is not.
  static func check(_ answer: HTTPAnswer, accept: String) throws(SyncFailure) {
    if answer.contentType == Problem.mediaType {
      let problem: Problem
      do {
        problem = Problem(try JSON(parsing: answer.body))
      } catch {
        throw .transient("what answers is not a hub (HTTP \(answer.status))")
      }
      throw failure(problem, retryAfter: answer.retryAfter?.milliseconds)
    }
    guard answer.status == 200, answer.contentType == accept else {
      throw .transient("what answers is not a hub (HTTP \(answer.status), \(answer.contentType ?? "no type"))")
    }
  }

  static func failure(_ problem: Problem, retryAfter: Int?) -> SyncFailure {
    let reason = "the hub says: \(problem.detail)"
    switch problem.code {
    case .reconcileFirst: return .cursorLost
    case .fork: return .fork(reason)
    case .tooLarge: return .tooLarge
    default:
      switch problem.code.retry {
      case .later:
        return .transient(
          reason, retryAfterMilliseconds: problem.retryAfterSeconds.map { $0 * 1_000 } ?? retryAfter)
      // The same request would be refused for ever; what must change is a person's to find out.
      case .operator, .never: return .needsOperator(reason)
      }
    }
  }

  static func usable<Value>(_ read: () throws(JSONError) -> Value) throws(SyncFailure) -> Value {
    do {
      return try read()
    } catch {
      throw .transient("the hub's answer cannot be read: it has \(error)")
    }
  }
}
