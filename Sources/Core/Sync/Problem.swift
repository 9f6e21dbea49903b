// Every refusal that travels: RFC 9457 problems with a stable code, from one table that gives status, title and whether to retry.

/// What a caller should do about a problem.
public enum Retry: String, Sendable {
  /// Try again later, by backoff or `Retry-After`.
  case later
  /// A person must act; tried again every 15 minutes.
  case `operator`
  /// The same request will never be accepted.
  case never
}

/// The stable codes.
public enum ProblemCode: String, Sendable, CaseIterable {
  case badBody = "bad-body"
  case tooLarge = "too-large"
  case badCommand = "bad-command"
  case certificateRequired = "certificate-required"
  case certificateExpired = "certificate-expired"
  case certificateRevoked = "certificate-revoked"
  case certificateUnknown = "certificate-unknown"
  case signInRequired = "sign-in-required"
  case signInRefused = "sign-in-refused"
  case forbidden = "forbidden"
  case tooManyAttempts = "too-many-attempts"
  case notPermitted = "not-permitted"
  case notFound = "not-found"
  case notAssigned = "not-assigned"
  case ambiguous = "ambiguous"
  case illegalStep = "illegal-step"
  case unseen = "unseen"
  case limit = "limit"
  case exists = "exists"
  case tokenInvalid = "token-invalid"
  case tokenUsed = "token-used"
  case tokenExpired = "token-expired"
  case requestRefused = "request-refused"
  case reconcileFirst = "reconcile-first"
  case fork = "fork"
  case updateNeeded = "update-needed"
  case busy = "busy"
  case diskFull = "disk-full"
  case shuttingDown = "shutting-down"
  case internalError = "internal-error"

  /// The HTTP status that goes with it.
  public var status: Int {
    switch self {
    case .badBody, .badCommand, .requestRefused: 400
    case .certificateRequired, .signInRequired: 401
    case .certificateExpired, .certificateRevoked, .certificateUnknown, .signInRefused, .forbidden, .notPermitted,
      .tokenInvalid, .tokenUsed, .tokenExpired:
      403
    case .notFound: 404
    case .illegalStep, .unseen, .notAssigned, .ambiguous, .exists, .reconcileFirst, .fork: 409
    case .tooLarge: 413
    case .limit: 422
    case .updateNeeded: 426
    case .tooManyAttempts: 429
    case .internalError: 500
    case .busy, .shuttingDown: 503
    case .diskFull: 507
    }
  }

  public var retry: Retry {
    switch self {
    case .busy, .shuttingDown, .internalError, .reconcileFirst, .diskFull, .tooManyAttempts: .later
    case .certificateRequired, .certificateExpired, .certificateRevoked, .certificateUnknown, .updateNeeded: .operator
    default: .never
    }
  }

  public var title: String {
    switch self {
    case .badBody: "The body cannot be read"
    case .tooLarge: "The body is too large"
    case .badCommand: "The command cannot be read"
    case .certificateRequired: "A client certificate is required"
    case .certificateExpired: "The client certificate has expired"
    case .certificateRevoked: "The client certificate is revoked"
    case .certificateUnknown: "The client certificate is not known"
    case .signInRequired: "Sign in first"
    case .signInRefused: "Name or password is wrong"
    case .forbidden: "The role does not allow it"
    case .tooManyAttempts: "Too many attempts"
    case .notPermitted: "Not permitted"
    case .notFound: "There is none, or it is not yours"
    case .notAssigned: "Not assigned"
    case .ambiguous: "Several are meant"
    case .illegalStep: "The step is not allowed now"
    case .unseen: "The values changed meanwhile"
    case .limit: "A limit is reached"
    case .exists: "It exists already"
    case .tokenInvalid: "The token is not valid"
    case .tokenUsed: "The token has been used"
    case .tokenExpired: "The token has expired"
    case .requestRefused: "The certificate request is refused"
    case .reconcileFirst: "Reconcile first"
    case .fork: "One dot with two contents"
    case .updateNeeded: "An update is needed"
    case .busy: "Busy"
    case .diskFull: "The disk is full"
    case .shuttingDown: "Shutting down"
    case .internalError: "Internal error"
    }
  }
}

/// A refusal with its detail.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
  public static let mediaType = "application/problem+json"
  /// What is read of a longer wait: a day. No number that is sent may overflow what counts with it.
  public static let maxRetryAfterSeconds = 86_400

  public let code: ProblemCode
  /// One sentence for people. Never personal data, SQL or paths.
  public let detail: String
  /// Seconds, where the answer carries `Retry-After`.
  public var retryAfterSeconds: Int?
  /// The steps that are allowed, where the problem is a refused step.
  public var allowed: [String] = []

  public init(_ code: ProblemCode, _ detail: String = "", retryAfterSeconds: Int? = nil) {
    self.code = code
    self.detail = detail.isEmpty ? code.title : detail
    self.retryAfterSeconds = retryAfterSeconds
  }

  public init(_ refusal: CommandRefusal) {
    self.init(ProblemCode(rawValue: refusal.code) ?? .badCommand, refusal.description)
    allowed = refusal.allowed
  }

  public var description: String { "\(code.rawValue): \(detail)" }

  public var json: JSON {
    .compact([
      ("type", .string("urn:lianxin:problem:\(code.rawValue)")), ("title", .string(code.title)),
      ("status", .int(code.status)), ("code", .string(code.rawValue)), ("detail", .string(detail)),
      ("retry", .string(code.retry.rawValue)), ("retryAfter", retryAfterSeconds.map(JSON.int)),
      ("allowed", allowed.isEmpty ? nil : .array(allowed.map(JSON.string))),
    ])
  }

  /// Reads a problem; an unknown code counts as `internal-error`, so that it is tried again.
  public init(_ json: JSON) {
    code = json["code"]?.asString.flatMap(ProblemCode.init) ?? .internalError
    detail = json["detail"]?.asString ?? ""
    retryAfterSeconds = json["retryAfter"]?.asInt.map { min(max($0, 0), Problem.maxRetryAfterSeconds) }
    allowed = json["allowed"]?.asArray?.compactMap(\.asString) ?? []
  }
}
