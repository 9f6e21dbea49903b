// `user`: the accounts of people and programs. Their API tokens are in UserTokenCommand.swift.

import ArgumentParser
import Core
import Shell

struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "The accounts of people and programs at the hub.",
    discussion: """
      A person signs in at the console with a password; without one given here, the hub makes one that is good for \
      signing in once, within three days, and must be changed then. A program has API tokens.

      Roles: viewer, operator, supervisor, administrator; each may do what those before it may. docs/operate.md has \
      the table.

      EXAMPLES:
        lianxin-hub user add li.wei --display-name 李伟 --role operator
        lianxin-hub user add erp --program --role operator
        lianxin-hub user token create erp --label 'asset management' --out erp.token
        lianxin-hub user list
      """,
    subcommands: [
      Add.self, List.self, SetRole.self, SetPassword.self, ResetSecondFactor.self, Disable.self, Enable.self,
      UserTokenCommand.self,
    ])

  /// Who does it, for the audit.
  struct By: ParsableArguments {
    @Option(help: ArgumentHelp("Your name, for the audit (default: the user who is logged in).", valueName: "name"))
    var author: String?

    var member: (String, JSON?) {
      ("author", ["name": .string(OperatorOptions.name(author)), "role": "administrator"])
    }
  }

  /// Where a password comes from; nowhere: the hub makes one.
  struct PasswordOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp("Take the password from the file's first line; - is standard input.", valueName: "file"))
    var passwordFile: String?
    @Flag(help: "Ask for the password at the terminal.")
    var askPassword = false

    func validate() throws {
      if askPassword, passwordFile != nil {
        throw ValidationError("Give --password-file or --ask-password, not both.")
      }
    }

    var isGiven: Bool { askPassword || passwordFile != nil }

    func password() throws -> String? {
      if let passwordFile { return try SecretInput.read(file: passwordFile) }
      guard askPassword else { return nil }
      let first = try SecretInput.ask("Password (at least \(PasswordRules.minLength) characters): ")
      guard try SecretInput.ask("Again: ") == first else {
        throw CommandFailure("the two are not the same", remedy: "repeat the command", status: .usage)
      }
      return first
    }
  }

  struct Add: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add an account. Its name never changes.",
      discussion: """
        EXAMPLES:
          lianxin-hub user add li.wei --display-name 李伟 --role operator
          lianxin-hub user add admin --role administrator --ask-password
          lianxin-hub user add erp --program --role operator
        """)

    @Argument(help: "a-z and 0-9, inside also . _ and -.")
    var name: String
    @Option(help: ArgumentHelp("The name for people.", valueName: "text"))
    var displayName: String?
    @Option(help: ArgumentHelp("viewer, operator, supervisor or administrator.", valueName: "role"))
    var role = Role.viewer.rawValue
    @Flag(help: "It is a program: it never signs in, and has API tokens.")
    var program = false
    @OptionGroup var secret: PasswordOptions
    @OptionGroup var by: By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func validate() throws {
      try checkWord(role, among: Role.allCases.map(\.rawValue), as: "role")
      if program, secret.isGiven { throw ValidationError("A program has no password: give it an API token.") }
    }

    func call() throws -> HubCall {
      .post(
        "/v1/users",
        [
          ("name", .string(name)), ("displayName", displayName.map(JSON.string)), ("role", .string(role)),
          ("program", program ? true : nil), ("password", try secret.password().map(JSON.string)), by.member,
        ])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      let name = answer.text("name")
      let made = Sanitize.line("Account \(name), \(answer.text("role")).")
      if answer.isTrue("program") {
        return [made, Sanitize.line("It acts by API tokens: lianxin-hub user token create \(name) --label TEXT")]
      }
      return [made] + UserPrinting.oneTimePassword(answer, on: page)
    }
  }

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the accounts.", discussion: "EXAMPLES:\n  lianxin-hub user list --json")

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/users") }
    func lines(_ answer: JSON, on page: Page) -> [String] { UserPrinting.users(answer, on: page) }
  }

  struct SetRole: HubRequestCommand {
    static let configuration = CommandConfiguration(
      commandName: "role", abstract: "Give an account another role. It counts at once, in open sessions too.",
      discussion: "EXAMPLES:\n  lianxin-hub user role li.wei supervisor")

    @Argument(help: "The account's name.") var name: String
    @Argument(help: "viewer, operator, supervisor or administrator.") var role: String
    @OptionGroup var by: By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func validate() throws { try checkWord(role, among: Role.allCases.map(\.rawValue), as: "role") }

    func call() -> HubCall {
      .post(DaemonClient.path("v1", "users", name, "role"), [("role", .string(role)), by.member])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [Sanitize.line("\(answer.text("name")) is \(answer.text("role")).")]
    }
  }

  struct SetPassword: HubRequestCommand {
    static let configuration = CommandConfiguration(
      commandName: "password",
      abstract: "Give a person another password, and end all sessions of the account.",
      discussion: """
        EXAMPLES:
          lianxin-hub user password li.wei
          lianxin-hub user password admin --ask-password
        """)

    @Argument(help: "The account's name.") var name: String
    @OptionGroup var secret: PasswordOptions
    @OptionGroup var by: By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func call() throws -> HubCall {
      .post(
        DaemonClient.path("v1", "users", name, "password"),
        [("password", try secret.password().map(JSON.string)), by.member])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [Sanitize.line("\(answer.text("name")) has another password; all sessions of the account have ended.")]
        + UserPrinting.oneTimePassword(answer, on: page)
    }
  }

  struct ResetSecondFactor: HubRequestCommand {
    static let configuration = CommandConfiguration(
      commandName: "reset-second-factor",
      abstract: "Take away the second factor of somebody who has lost it, and end all sessions of the account.",
      discussion: """
        Be sure who asks: afterwards the password alone signs in, once, to set up another second factor.

        EXAMPLES:
          lianxin-hub user reset-second-factor li.wei
        """)

    @Argument(help: "The account's name.") var name: String
    @OptionGroup var by: By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func call() -> HubCall { .post(DaemonClient.path("v1", "users", name, "second-factor", "reset"), [by.member]) }
    func lines(_ answer: JSON, on page: Page) -> [String] {
      [
        Sanitize.line(
          "\(answer.text("name")) has no second factor any more; all sessions of the account have ended. The next"
            + " sign-in sets up another where the role takes one.")
      ]
    }
  }

  struct Disable: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let an account do nothing any more: sessions end, API tokens count for nothing.",
      discussion: "EXAMPLES:\n  lianxin-hub user disable li.wei")

    @Argument(help: "The account's name.") var name: String
    @OptionGroup var by: By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func call() -> HubCall { .post(DaemonClient.path("v1", "users", name, "disable"), [by.member]) }
    func lines(_ answer: JSON, on page: Page) -> [String] { [Sanitize.line("\(answer.text("name")) is disabled.")] }
  }

  struct Enable: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let an account that was disabled act again.",
      discussion: "EXAMPLES:\n  lianxin-hub user enable li.wei")

    @Argument(help: "The account's name.") var name: String
    @OptionGroup var by: By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func call() -> HubCall { .post(DaemonClient.path("v1", "users", name, "enable"), [by.member]) }
    func lines(_ answer: JSON, on page: Page) -> [String] { [Sanitize.line("\(answer.text("name")) may act again.")] }
  }
}

/// What `user` says to people.
enum UserPrinting {
  /// Nothing where the password was chosen.
  static func oneTimePassword(_ answer: JSON, on page: Page) -> [String] {
    guard let password = answer["oneTimePassword"]?.asString else { return [] }
    return [
      Sanitize.line("Password: \(password)"),
      page.style.paint(
        Sanitize.line(
          "Shown once; good for signing in once, until \(page.time(answer["oneTimeUntil"]?.asInt)). It must be changed"
            + " then."), .dim),
    ]
  }

  static func users(_ answer: JSON, on page: Page) -> [String] {
    var table = TextTable([
      .init("NAME"), .init("FOR PEOPLE", canShrink: true), .init("ROLE"), .init("STATE"), .init("SECOND FACTOR"),
      .init("LAST SIGN-IN"),
      .init("SESSIONS", .right), .init("TOKENS", .right),
    ])
    for row in answer.list("users") {
      table.append([
        .init(row.text("name")), .init(row.text("displayName")), .init(row.text("role")), state(row, now: page.now),
        .init(row["secondFactor"] == nil ? "" : "yes"), .init(page.age(row["lastSignIn"]?.asInt)),
        .init(row.text("sessions")), .init(row.text("tokens")),
      ])
    }
    return table.lines(on: page, ifEmpty: "There is no account yet: lianxin-hub user add NAME --role administrator")
  }

  private static func state(_ row: JSON, now: Int) -> TextTable.Cell {
    if row["disabled"] != nil { return .init("disabled", .red) }
    if row.isTrue("program") { return .init("program") }
    if let until = row["oneTimeUntil"]?.asInt {
      return until > now ? .init("one-time password", .yellow) : .init("password expired", .red)
    }
    return row.isTrue("hasPassword") ? .init("active", .green) : .init("without password", .red)
  }
}
