// The form for a new order: by keyboard alone, with likely duplicates beside it, dispatched with the same key.

import Core
import Shell

extension OrdersPages {
  static func newOrder(_ call: PageCall) throws -> ConsolePage {
    try call.seat.demand(.handle)
    return try newOrderPage(NewOrderForm { _ in nil }, fault: nil, similar: nil, call)
  }

  /// Without script: the same form with the likely duplicates on top.
  static func checkedOrder(_ call: PageCall) throws -> PageAnswer {
    try call.seat.demand(.handle)
    let form = NewOrderForm { call.form($0) }
    return .page(try newOrderPage(form, fault: nil, similar: try likelyDuplicates(of: form, call), call))
  }

  static func create(_ call: PageCall) throws -> PageAnswer {
    let form = NewOrderForm { call.form($0) }
    func again(_ fault: NewOrderPhrase) throws -> PageAnswer {
      .page(try newOrderPage(form, fault: fault, similar: nil, call), status: 422)
    }
    try call.seat.demand(.handle)
    if let fault = form.fault { return try again(fault) }
    var platform = form["dispatch"]
    var said = NewOrderPhrase.made
    if platform == "none" {
      (platform, said) = (nil, .madeWaiting)
    } else if platform == "auto" || platform == nil {
      // Nobody waits at the telephone until a sector is found: the order is taken, and says that it waits.
      let able = try platforms(ofSector: form["sector"], call)
      guard able.count < 2 else { return try again(.autoSeveral) }
      platform = able.first
      if platform == nil { said = form["sector"] == nil ? .madeNoSector : .madeNoPlatform }
    }
    let made = try call.seat.create(
      registers: form.registers, dispatchTo: platform, instruction: platform == nil ? nil : form["instruction"],
      request: call.requestID)
    return .goTo("/orders/\(made.text("order").inPath)", saying: said)
  }

  private static func platforms(ofSector sector: String?, _ call: PageCall) throws -> [String] {
    guard let sector else { return [] }
    return try call.seat.platforms().list("platforms").filter { platform in
      platform.list("sectors").contains(.string(sector))
    }.map { $0.text("name") }
  }

  // MARK: The page

  private static func newOrderPage(
    _ form: NewOrderForm, fault: NewOrderPhrase?, similar: [LikelyDuplicate]?, _ call: PageCall
  ) throws -> ConsolePage {
    let platforms = try call.seat.platforms().list("platforms")
    let sectors = Set(platforms.flatMap { $0.list("sectors").compactMap(\.asString) }).sorted()
    let to =
      [Choice("auto", call.say(NewOrderPhrase.dispatchAuto)), Choice("none", call.say(NewOrderPhrase.dispatchNone))]
      + call.platformChoices
    let kept = NewOrderForm.fields.reduce(into: [String: ViewModel]()) { $0[$1] = .optional(form[$1]) }
    return ConsolePage(
      title: call.say(NewOrderPhrase.title), section: .orders, template: newTemplate,
      view: ViewModel.object(kept).with([
        "fault": fault.map { .text(call.say($0)) } ?? .none,
        "similar": similar.map { similarView($0, call) } ?? .none, "wasChecked": .flag(similar != nil),
        "kinds": Choice.options(
          [Choice("", "—")] + call.choices(.kind, RegisterTable.kinds), chosen: form["kind"] ?? ""),
        "sectors": Choice.options([Choice("", "—")] + call.choices(.sector, sectors), chosen: form["sector"] ?? ""),
        "priorities": Choice.options(
          call.choices(.priority, RegisterTable.priorities), chosen: form["priority"] ?? "normal"),
        "sources": Choice.options(
          call.choices(.source, Vocabulary.source.known.keys.sorted()), chosen: form["source"] ?? "call"),
        "systems": Choice.options(
          [Choice("", "—"), Choice("wgs84", "WGS-84"), Choice("gcj02", "GCJ-02"), Choice("cgcs2000", "CGCS2000")],
          chosen: form["crs"] ?? ""),
        "platforms": Choice.options(to, chosen: form["dispatch"] ?? "auto"),
        "searching": .text(call.say(NewOrderPhrase.similar)),
        "fields": .none,
      ]))
  }

  private static func similarView(_ found: [LikelyDuplicate], _ call: PageCall) -> ViewModel {
    .view(
      similarTemplate,
      [
        "found": .list(
          found.map { duplicate in
            [
              "href": .text("/orders/\(duplicate.row.id.text.inPath)"),
              "number": .text(duplicate.row.number ?? duplicate.row.id.short), "title": .text(duplicate.row.title),
              "marks": marks(duplicate.row, isOffline: false, call), "received": call.ago(duplicate.row.created),
              "why": .text(duplicate.reasons.map { call.say($0.phrase) }.joined(separator: ", ")),
            ]
          }), "isEmpty": .flag(found.isEmpty),
      ])
  }

  private static let similarTemplate = Template(
    "orders.similar",
    #"""
    <h2>{{t.newOrder.similar}}</h2>
    {{#isEmpty}}<p>{{t.newOrder.similarNone}}</p>{{/isEmpty}}
    {{^isEmpty}}<ul>{{#found}}<li><a href="{{href}}" class="mono">{{number}}</a> <bdi>{{title}}</bdi> {{marks}} <small>{{received}} · {{why}}</small></li>{{/found}}</ul>
    <p>{{t.newOrder.similarNote}}</p>{{/isEmpty}}
    """#)

  private static let newTemplate = Template(
    "orders.new",
    #"""
    <h1>{{t.newOrder.title}}</h1>
    <p>{{t.newOrder.intro}}</p>
    {{#fault}}<p class="notice bad" role="alert">{{fault}}</p>{{/fault}}
    <aside id="similar" class="notice" aria-live="polite"{{^wasChecked}} hidden{{/wasChecked}}>{{similar}}</aside>
    <form method="post" action="/orders" class="sheet" data-similar="/orders/similar" data-similar-into="similar">{{csrf}}
    <fieldset><legend>{{t.newOrder.matter}}</legend>
    <label for="n-title">{{t.newOrder.titleField}} <input id="n-title" name="title" value="{{title}}" required maxlength="200" autofocus autocomplete="off"></label>
    <label for="n-kind">{{t.newOrder.kind}} <select id="n-kind" name="kind">{{kinds}}</select></label>
    <label for="n-sector">{{t.newOrder.sector}} <select id="n-sector" name="sector">{{sectors}}</select></label>
    <label for="n-priority">{{t.newOrder.priority}} <select id="n-priority" name="priority">{{priorities}}</select></label>
    <label for="n-description">{{t.newOrder.description}} <textarea id="n-description" name="description" rows="3" maxlength="8000">{{description}}</textarea></label>
    </fieldset>
    <fieldset><legend>{{t.newOrder.place}}</legend>
    <label for="n-address">{{t.orderField.address}} <input id="n-address" name="address" value="{{address}}" maxlength="300" autocomplete="off"></label>
    <label for="n-district">{{t.orderField.district}} <input id="n-district" name="district" value="{{district}}" maxlength="60"></label>
    <label for="n-street">{{t.orderField.street}} <input id="n-street" name="street" value="{{street}}" maxlength="60"></label>
    <label for="n-place-note">{{t.orderField.note}} <input id="n-place-note" name="placeNote" value="{{placeNote}}" maxlength="300"></label>
    <label for="n-flat">{{t.orderField.flat}} <input id="n-flat" name="flat" value="{{flat}}" maxlength="60" autocomplete="off"></label>
    <label for="n-entry">{{t.orderField.entry}} <input id="n-entry" name="entry" value="{{entry}}" maxlength="60" autocomplete="off"></label>
    <details id="d-coordinates"><summary>{{t.orderField.crs}}</summary>
    <label for="n-lat">{{t.orderField.lat}} <input id="n-lat" name="lat" value="{{lat}}" inputmode="decimal" maxlength="24"></label>
    <label for="n-lon">{{t.orderField.lon}} <input id="n-lon" name="lon" value="{{lon}}" inputmode="decimal" maxlength="24"></label>
    <label for="n-crs">{{t.orderField.crs}} <select id="n-crs" name="crs">{{systems}}</select></label></details>
    </fieldset>
    <fieldset><legend>{{t.newOrder.caller}}</legend>
    <label for="n-phone">{{t.orderField.phone}} <input id="n-phone" name="phone" value="{{phone}}" type="tel" maxlength="40" autocomplete="off"></label>
    <label for="n-name">{{t.orderField.name}} <input id="n-name" name="name" value="{{name}}" maxlength="60" autocomplete="off"></label>
    <label for="n-source">{{t.newOrder.source}} <select id="n-source" name="source">{{sources}}</select></label>
    <label for="n-anonymous"><input id="n-anonymous" type="checkbox" name="anonymous" value="true"{{#anonymous}} checked{{/anonymous}}> {{t.orderField.anonymous}}</label>
    <label for="n-confidential"><input id="n-confidential" type="checkbox" name="confidential" value="true"{{#confidential}} checked{{/confidential}}> {{t.newOrder.confidential}}</label>
    <small>{{t.newOrder.confidentialHint}}</small>
    </fieldset>
    <fieldset><legend>{{t.newOrder.dispatch}}</legend>
    <label for="n-dispatch">{{t.newOrder.dispatchTo}} <select id="n-dispatch" name="dispatch">{{platforms}}</select></label>
    <label for="n-instruction">{{t.newOrder.instruction}} <input id="n-instruction" name="instruction" value="{{instruction}}" maxlength="500"></label>
    </fieldset>
    <p class="bar"><button>{{t.newOrder.create}}</button>
    <button class="quiet" formaction="/orders/new" formnovalidate>{{t.newOrder.check}}</button></p>
    </form>
    """#)
}
