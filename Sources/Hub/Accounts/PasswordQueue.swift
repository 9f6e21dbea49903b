// Where passwords are hashed: two at a time, since each takes 128 MiB, and few waiting, so that a flood of guesses takes neither the
// machine's memory nor the threads of other work. What is done with the hashes is SignIn's and Accounts'.

import Core
import Foundation
import Synchronization

final class PasswordQueue: Sendable {
  static let maxRunning = 2
  /// Guesses of strangers that may wait, and all that may: who is known is let in while strangers are told to come back.
  private static let maxStrangers = 16
  private static let maxWaiting = 48

  let cost: PasswordCost
  private let environment: HubEnvironment
  private let queue = OperationQueue()
  private let front = DispatchQueue(label: "lianxin-sign-in")
  private let waiting = Mutex(0)
  /// A hash that no password has, for names that nobody has: as much work as any.
  private let decoy: PasswordHash?

  init(cost: PasswordCost, environment: HubEnvironment) {
    self.cost = cost
    self.environment = environment
    queue.maxConcurrentOperationCount = PasswordQueue.maxRunning
    queue.name = "lianxin-passwords"
    decoy = PasswordHash(
      "$scrypt$ln=\(cost.logN),r=\(cost.blockSize),p=\(cost.parallelism)"
        + "$\(Base64URL.encode(environment.random(PasswordHash.saltBytes)))$\(Base64URL.encode(environment.random(32)))"
    )
  }

  /// Runs `body`, which may hash and may block, when it is its turn. Throws `busy` where too many wait.
  func run<Value: Sendable>(
    forStranger isStranger: Bool = false, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let isAdmitted = waiting.withLock { waiting in
      guard waiting < (isStranger ? PasswordQueue.maxStrangers : PasswordQueue.maxWaiting) else { return false }
      waiting += 1
      return true
    }
    guard isAdmitted else {
      throw Problem(.busy, "many are signing in at this moment; try again shortly", retryAfterSeconds: 5)
    }
    return try await withCheckedThrowingContinuation { continuation in
      let operation = BlockOperation { [self] in
        let result = Result { try body() }
        waiting.withLock { $0 -= 1 }
        continuation.resume(with: result)
      }
      operation.queuePriority = isStranger ? .normal : .high
      queue.addOperation(operation)
    }
  }

  /// Runs what blocks for moments, and hashes nothing, off the caller's thread.
  func aside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      front.async { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Blocks: inside `run` alone. `password` as ``PasswordRules/normalised(_:)`` gives it.
  func hash(_ password: String) throws -> PasswordHash {
    try PasswordHash.make(password, salt: environment.random(PasswordHash.saltBytes), cost: cost)
  }

  /// Whether the password is the stored one's; false, after as much work, where there is none. Blocks: inside `run` alone.
  func matches(_ password: String, _ stored: PasswordHash?) throws -> Bool {
    guard let tried = stored ?? decoy else { throw Problem(.internalError, "passwords cannot be checked") }
    let isEqual = try tried.matches(password)
    return isEqual && stored != nil
  }
}
