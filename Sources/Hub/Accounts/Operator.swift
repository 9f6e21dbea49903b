// Who acts at the hub: a person at the console, a program with an API token, or whoever may open the Unix socket.

import Core

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
  /// Signed in by a one-time password: may change it, and nothing else.
  var mustChangePassword = false

  /// Who may open the hub's socket may open its database too.
  static let socket = Operator(name: "socket", role: .administrator, via: .socket)

  func may(_ right: Right) -> Bool {
    mustChangePassword ? right == .ownAccount : RoleTable.allows(right, role)
  }

  /// Refuses in words what the role does not allow.
  func demand(_ right: Right) throws(Problem) {
    guard !may(right) else { return }
    if mustChangePassword {
      throw Problem(.forbidden, "choose a password of your own first: this one was good for signing in once")
    }
    throw Problem(
      .forbidden,
      "the right '\(right.rawValue)' begins with the role \(RoleTable.least(right).rawValue); yours is \(role.rawValue)"
    )
  }
}
