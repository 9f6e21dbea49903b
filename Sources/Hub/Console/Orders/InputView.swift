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
  var isRequired = false
  var maxLength = 2_000

  /// - Parameter id: of the form, so that the same field of two forms has two ids.
  func view(in id: String) -> ViewModel {
    var view: [String: ViewModel] = [
      "id": .text("\(id)-\(name)"), "name": .text(name), "label": .text(label), "value": .optional(value),
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
  static func inputs(_ form: ShapeForm, _ call: PageCall) -> [InputView] {
    form.fields.map { field in
      let kind: Kind =
        switch field.kind {
        case .text(let maxBytes): maxBytes > 1_024 ? .area : .line
        case .choice(let words, let vocabulary):
          .select(
            [Choice("", "—")]
              + words.map { word in
                Choice(word, vocabulary.map { call.word($0, word) } ?? word)
              })
        case .flag:
          .select([
            Choice("", "—"), Choice("true", call.say(FramePhrase.yes)), Choice("false", call.say(FramePhrase.no)),
          ])
        case .number: .number
        case .time: .time
        }
      return InputView(name: "v." + field.name, label: field.label, kind: kind)
    }
  }

  private static let template = Template(
    "order.input",
    #"""
    {{#isLine}}<p class="field"><label for="{{id}}">{{label}}</label><input id="{{id}}" type="{{type}}" name="{{name}}" value="{{value}}" maxlength="{{max}}" autocomplete="off"{{#isRequired}} required{{/isRequired}}></p>{{/isLine}}
    {{#isArea}}<p class="field"><label for="{{id}}">{{label}}</label><textarea id="{{id}}" name="{{name}}" rows="3" maxlength="{{max}}"{{#isRequired}} required{{/isRequired}}>{{value}}</textarea></p>{{/isArea}}
    {{#isSelect}}<p class="field"><label for="{{id}}">{{label}}</label><select id="{{id}}" name="{{name}}"{{#isRequired}} required{{/isRequired}}>{{options}}</select></p>{{/isSelect}}
    {{#isCheck}}<p class="field"><label for="{{id}}"><input id="{{id}}" type="checkbox" name="{{name}}" value="true"{{#value}} checked{{/value}}> {{label}}</label></p>{{/isCheck}}
    """#)
}
