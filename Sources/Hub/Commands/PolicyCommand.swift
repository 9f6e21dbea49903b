// `policy`: which limits and reminders are in force, whether a file is right, and reading it again.

import ArgumentParser
import Core
import Shell

struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Limits of each stage, working calendar and reminders: show, check, reload.",
    discussion: """
      EXAMPLES:
        lianxin-hub policy show
        lianxin-hub policy check /etc/lianxin/policy.yaml
        lianxin-hub policy reload
      """,
    subcommands: [Show.self, Check.self, Reload.self])

  struct Show: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the policy in force.", discussion: "EXAMPLES:\n  lianxin-hub policy show --json")

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/policy") }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      let policy = answer["policy"]
      let calendar = policy?["calendar"]
      var lines = page.facts([
        ("Policy", policy?.text("name") ?? ""), ("File", answer["file"]?.asString ?? "none: the defaults"),
        ("Time zone", calendar?.text("timeZone") ?? ""),
        ("Working days", PolicyPrinting.words(calendar?["workingDays"])),
        ("Working hours", PolicyPrinting.words(calendar?["workingHours"])),
        ("Holidays", "\(calendar?.list("holidays").count ?? 0) days"),
        ("Dispatch", policy?.text("dispatch") ?? ""),
        ("Extensions", policy?["requests"]?.text("maxExtensions") ?? ""),
      ])
      var table = TextTable([.init("STAGE"), .init("RULE"), .init("LIMIT", .right), .init("WHEN", canShrink: true)])
      for stage in policy?["limits"]?.asObject ?? [] {
        for rule in stage.value.asArray ?? [] {
          table.append([
            .init(stage.key), .init(rule.text("name")), .init(rule.text("limit")),
            .init(PolicyPrinting.condition(rule["when"])),
          ])
        }
      }
      lines += [""] + table.lines(on: page, ifEmpty: "No stage has a limit.") + [""]
      var ladder = TextTable([
        .init("STAGES"), .init("DUE SOON", .right), .init("URGE AFTER", .right), .init("SUPERVISE AFTER", .right),
        .init("ANSWER WITHIN", .right), .init("WHEN", canShrink: true),
      ])
      for rule in policy?.list("ladder") ?? [] {
        ladder.append([
          .init(rule["stages"].map { PolicyPrinting.words($0) } ?? "all"), .init(rule.text("dueSoon")),
          .init(rule.text("urge")), .init(rule.text("supervise")), .init(rule.text("answerWithin")),
          .init(PolicyPrinting.condition(rule["when"])),
        ])
      }
      return lines + ladder.lines(on: page, ifEmpty: "The hub reminds nobody by itself.")
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a policy file; no hub is needed.",
      discussion: "EXAMPLES:\n  lianxin-hub policy check policy.yaml")

    @Argument(help: "The file.") var file: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let policy: Policy
      do { policy = try PolicyFile.read(file) } catch {
        throw CommandFailure(
          error.description, remedy: "deploy/policy.example.yaml has every key", status: .configuration)
      }
      output.show(["file": .string(file), "policy": policy.json]) { _, _ in
        [
          "\(Sanitize.line(file)) is right: policy \(Sanitize.line(policy.name)), \(policy.limits.values.map(\.count).reduce(0, +)) limits."
        ]
      }
    }
  }

  struct Reload: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Have the running hub read its policy file again, as SIGHUP does.",
      discussion: """
        A file that is wrong is refused, and the policy stays. Deadlines that were given are never rewritten.

        EXAMPLES:
          lianxin-hub policy reload
        """)

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .post("/v1/policy/reload", []) }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [
        answer.isTrue("changed")
          ? "The policy of \(Sanitize.line(answer.text("file"))) is in force."
          : "Nothing has changed in \(Sanitize.line(answer.text("file")))."
      ]
    }
  }
}

enum PolicyPrinting {
  static func words(_ json: JSON?) -> String {
    (json?.asArray ?? []).compactMap(\.asString).joined(separator: ", ")
  }

  /// `emergency true; kind repair, help`.
  static func condition(_ json: JSON?) -> String {
    (json?.asObject ?? []).map { member in
      "\(member.key) " + (member.value.asBool.map { "\($0)" } ?? words(member.value))
    }.joined(separator: "; ")
  }
}
