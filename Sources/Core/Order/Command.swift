// What a person or a program asks for, parsed once at the edge. How it is checked and which edits it becomes is CommandCheck's.

/// Why a command is refused, in words for its author.
public struct CommandRefusal: Error, Sendable, CustomStringConvertible {
  /// A stable code: `illegal-step`, `bad-command`, `not-assigned` …
  public let code: String
  public let message: String
  /// The steps that are allowed now.
  public let allowed: [String]

  public init(_ code: String, _ message: String, allowed: [String] = []) {
    self.code = code
    self.message = message
    self.allowed = allowed
  }

  public var description: String {
    allowed.isEmpty ? message : message + "; allowed now: " + allowed.joined(separator: ", ")
  }
}

/// A command on an existing order.
public enum Command: Sendable, Hashable {
  // Platform (the hub on a platform's behalf).
  case accept
  case progress(step: String)
  case result(JSON)
  case complete(result: JSON, reply: JSON?)
  case reply(JSON)
  case request(type: String, code: String?, reason: String, until: Int?, suggestedSector: String?)
  case withdraw(request: String)
  case resume
  case plan(field: String, value: JSON)
  case contact(JSON, number: String?)
  // Both.
  case note(text: String, visibility: String)
  case describe([JSON.Member])
  case amend([JSON.Member])
  // Hub.
  case dispatch(platform: String, role: String?, instruction: String?, cause: String?)
  case recall(reason: String)
  case urge(text: String)
  case supervise(to: String, demand: String, until: Int?)
  case callBack(JSON, verdict: JSON?)
  case close(code: String, note: String?)
  case rework(platform: String?, instruction: String?)
  case cancel(reason: String)
  case answer(request: String, granted: Bool, until: Int?, note: String?)
  /// `seen`: the values that its author had before them, of those that are at stake (`OrderView.atStake`); nil: it is not said.
  case settle(register: String, value: JSON?, seen: Set<Dot>? = nil)
  /// The order is a duplicate, a repeat or of the same incident as another; nil takes that back.
  case relate(order: String, kind: String?)
  case void(dot: String, reason: String)
  case reinstate(dot: String)

  /// The command's name on the wire and at the command line.
  public var name: String {
    switch self {
    case .accept: "accept"
    case .progress: "progress"
    case .result: "result"
    case .complete: "complete"
    case .reply: "reply"
    case .request: "request"
    case .withdraw: "withdraw"
    case .resume: "resume"
    case .plan: "plan"
    case .contact: "contact"
    case .note: "note"
    case .describe: "describe"
    case .amend: "amend"
    case .dispatch: "dispatch"
    case .recall: "recall"
    case .urge: "urge"
    case .supervise: "supervise"
    case .callBack: "call-back"
    case .close: "close"
    case .rework: "rework"
    case .cancel: "cancel"
    case .answer: "answer"
    case .settle: "settle"
    case .relate: "relate"
    case .void: "void"
    case .reinstate: "reinstate"
    }
  }

  /// True for what the platform of an assignment does.
  public var isOfPlatform: Bool {
    switch self {
    case .accept, .progress, .result, .complete, .reply, .request, .withdraw, .resume, .plan, .contact: true
    default: false
    }
  }

  /// Reads `{"command":"accept", …}`. Throws `bad-command`, naming what is missing or wrong.
  public init(_ json: JSON) throws(CommandRefusal) {
    do {
      self = try Command.read(json)
    } catch let error as JSONError {
      throw CommandRefusal("bad-command", "the command has \(error)")
    } catch let refusal as CommandRefusal {
      throw refusal
    } catch {
      throw CommandRefusal("bad-command", "\(error)")
    }
  }

  private static func read(_ json: JSON) throws -> Command {
    let name = try json.string("command")
    switch name {
    case "accept": return .accept
    case "progress": return .progress(step: try json.string("step"))
    case "result": return .result(try record(json, "result"))
    case "complete": return .complete(result: try record(json, "result"), reply: json["reply"].flatMap(present))
    case "reply": return .reply(try record(json, "reply"))
    case "request":
      return .request(
        type: try json.string("type"), code: try json.optionalString("code"),
        reason: try json.optionalString("reason") ?? "", until: try json.optionalInt("until"),
        suggestedSector: try json.optionalString("suggestedSector"))
    case "withdraw": return .withdraw(request: try json.string("requestId"))
    case "resume": return .resume
    case "plan":
      guard let value = json["value"] else { throw JSONError(.missing, field: "value") }
      return .plan(field: try json.string("field"), value: value)
    case "contact":
      return .contact(json["contact"].flatMap(present) ?? .object([]), number: try json.optionalString("number"))
    case "note":
      return .note(text: try json.string("text"), visibility: try json.optionalString("visibility") ?? "all")
    case "describe": return .describe(try registers(json))
    case "amend": return .amend(try registers(json))
    case "dispatch":
      return .dispatch(
        platform: try json.string("platform"), role: try json.optionalString("role"),
        instruction: try json.optionalString("instruction"), cause: try json.optionalString("cause"))
    case "recall": return .recall(reason: try json.optionalString("reason") ?? "")
    case "urge": return .urge(text: try json.optionalString("text") ?? "")
    case "supervise":
      return .supervise(
        to: try json.string("to"), demand: try json.string("demand"), until: try json.optionalInt("until"))
    case "call-back": return .callBack(try record(json, "callback"), verdict: json["verdict"].flatMap(present))
    case "close": return .close(code: try json.string("code"), note: try json.optionalString("note"))
    case "rework":
      return .rework(platform: try json.optionalString("platform"), instruction: try json.optionalString("instruction"))
    case "cancel": return .cancel(reason: try json.optionalString("reason") ?? "")
    case "answer":
      guard let granted = try json.optionalBool("granted") else { throw JSONError(.missing, field: "granted") }
      return .answer(
        request: try json.string("requestId"), granted: granted, until: try json.optionalInt("until"),
        note: try json.optionalString("note"))
    case "settle":
      return .settle(register: try json.string("register"), value: json["value"], seen: try dots(json, "seen"))
    case "relate":
      // Null is meant: it takes a relation back, which nobody does by leaving something out.
      guard json["kind"] != nil else { throw JSONError(.missing, field: "kind") }
      return .relate(order: try json.string("order"), kind: try json.optionalString("kind"))
    case "void": return .void(dot: try json.string("dot"), reason: try json.string("reason"))
    case "reinstate": return .reinstate(dot: try json.string("dot"))
    default: throw CommandRefusal("bad-command", "there is no command '\(name.prefix(64))'")
    }
  }

  private static func registers(_ json: JSON) throws(JSONError) -> [JSON.Member] {
    guard let members = json["registers"]?.asObject, !members.isEmpty else {
      throw JSONError(.missing, field: "registers")
    }
    return members
  }

  private static func record(_ json: JSON, _ key: String) throws(JSONError) -> JSON {
    guard let value = json[key] else { throw JSONError(.missing, field: key) }
    guard value.asObject != nil else { throw JSONError(.wrongType, field: key) }
    return value
  }

  private static func dots(_ json: JSON, _ key: String) throws -> Set<Dot>? {
    guard let value = json[key].flatMap(present) else { return nil }
    guard let texts = value.asArray else { throw JSONError(.wrongType, field: key) }
    return try Set(
      texts.map { text in
        guard let text = text.asString else { throw JSONError(.wrongType, field: key) }
        guard let dot = try? Dot(text) else {
          throw CommandRefusal("bad-command", "'\(text.prefix(80))' is not a dot")
        }
        return dot
      })
  }

  private static func present(_ json: JSON) -> JSON? { json.isNull ? nil : json }
}
