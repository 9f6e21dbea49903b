// Inputs of a form as they stand in a page: one template for all of them, so that each has its label and its id.

import Core

struct InputView: Sendable {
  enum Kind: Sendable {
    case line
    case area
    case select([Choice])
    case check
    case time
    case number
  }

  let name: String
  let label: String
  let kind: Kind
  var value: String?
  /// What stands there now, shown where nothing is filled in.
  var present: String?
  var isRequired = false
  var maxLength = 2_000

  /// - Parameter id: of the form, so that the same field of two forms has two ids.
  func view(in id: String) -> ViewModel {
    var view: [String: ViewModel] = [
      "id": .text("\(id)-\(name)"), "name": .text(name), "label": .text(label), "value": .optional(value),
      "present": .optional(present),
      "isRequired": .flag(isRequired), "max": .int(maxLength), "isLine": false, "isArea": false, "isSelect": false,
      "isCheck": false, "type": "text", "options": .none,
    ]
    switch kind {
    case .line: view["isLine"] = true
    case .area: view["isArea"] = true
    case .check: view["isCheck"] = true
    case .time: (view["isLine"], view["type"]) = (true, "datetime-local")
    case .number: (view["isLine"], view["type"]) = (true, "text")
    case .select(let choices): (view["isSelect"], view["options"]) = (true, Choice.options(choices, chosen: value))
    }
    return .view(InputView.template, .object(view))
  }

  static func views(_ inputs: [InputView], in id: String) -> ViewModel { .list(inputs.map { $0.view(in: id) }) }

  /// The inputs of a register's value.
  ///
  /// - Parameters:
  ///   - shown: what the register shows now, said beside what can be filled in.
  ///   - filled: what stands in the inputs, by field.
  static func inputs(
    _ form: ShapeForm, shown: JSON? = nil, filled: [String: String] = [:], _ call: PageCall
  ) -> [InputView] {
    let parts = shown.map { call.values.parts($0, ofRegister: form.register.text) } ?? []
    return form.fields.map { field in
      let present = parts.first { $0.label == (form.isRecord ? field.label : "") }?.text
      let empty = Choice("", present.map { call.say(StepPhrase.present, $0) } ?? "—")
      let kind: Kind =
        switch field.kind {
        case .text(let maxBytes): maxBytes > 1_024 ? .area : .line
        case .choice(let words, let vocabulary):
          .select(
            [empty]
              + words.map { word in
                Choice(word, vocabulary.map { call.word($0, word) } ?? word)
              })
        case .flag:
          .select([
            empty, Choice("true", call.say(FramePhrase.yes)), Choice("false", call.say(FramePhrase.no)),
          ])
        case .number: .number
        case .time: .time
        }
      return InputView(
        name: "v." + field.name, label: field.label, kind: kind, value: filled[field.name], present: present)
    }
  }

  private static let template = Template(
    "order.input",
    #"""
    {{#isLine}}<p class="field"><label for="{{id}}">{{label}}</label><input id="{{id}}" type="{{type}}" name="{{name}}" value="{{value}}" maxlength="{{max}}"{{#present}} placeholder="{{present}}"{{/present}} autocomplete="off"{{#isRequired}} required{{/isRequired}}></p>{{/isLine}}
    {{#isArea}}<p class="field"><label for="{{id}}">{{label}}</label><textarea id="{{id}}" name="{{name}}" rows="3" maxlength="{{max}}"{{#present}} placeholder="{{present}}"{{/present}}{{#isRequired}} required{{/isRequired}}>{{value}}</textarea></p>{{/isArea}}
    {{#isSelect}}<p class="field"><label for="{{id}}">{{label}}</label><select id="{{id}}" name="{{name}}"{{#isRequired}} required{{/isRequired}}>{{options}}</select></p>{{/isSelect}}
    {{#isCheck}}<p class="field"><label for="{{id}}"><input id="{{id}}" type="checkbox" name="{{name}}" value="true"{{#value}} checked{{/value}}> {{label}}</label></p>{{/isCheck}}
    """#)
}
