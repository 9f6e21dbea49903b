// Who acts at the hub: a person at the console, a program with an API token, or whoever may open the Unix socket.

import Core

/// What a session must do before it may do anything else.
enum Duty: Sendable, Hashable {
  /// It began with a one-time password, or with one that is too short without a second factor.
  case newPassword
  /// Its role takes a second factor, and the account has none yet.
  case secondFactor
}

/// One who acts, with the role that counts now.
struct Operator: Sendable, Hashable {
  /// The way by which one came.
  enum Via: Sendable, Hashable {
    case socket, console
    /// An API token, by its id.
    case token(String)

    var text: String {
      switch self {
      case .socket: "socket"
      case .console: "console"
      case .token(let id): "token:\(id)"
      }
    }
  }

  /// The account's name; for the socket, what its caller says.
  var name: String
  let role: Role
  let via: Via
  /// What comes first; until then one's own account is all there is.
  var duty: Duty?

  /// Who may open the hub's socket may open its database too.
  static let socket = Operator(name: "socket", role: .administrator, via: .socket)

  func may(_ right: Right) -> Bool {
    duty == nil ? RoleTable.allows(right, role) : right == .ownAccount
  }

  /// Refuses in words what the role does not allow.
  func demand(_ right: Right) throws(Problem) {
    guard !may(right) else { return }
    switch duty {
    case .newPassword:
      throw Problem(.forbidden, "choose a password of your own first: this one was good for signing in once")
    case .secondFactor: throw Problem(.forbidden, "set up your second factor first: your role takes one")
    case nil: break
    }
    throw Problem(
      .forbidden,
      "the right '\(right.rawValue)' begins with the role \(RoleTable.least(right).rawValue); yours is \(role.rawValue)"
    )
  }
}
