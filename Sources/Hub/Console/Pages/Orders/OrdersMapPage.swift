// The map: the orders of a filter by their coordinates, drawn here and with no tile from outside, and the same orders as a list.

import Core

extension OrdersPages {
  /// The newest orders that the map has.
  private static let mapSize = 1_000

  static func map(_ call: PageCall, _ cache: PlaceCache) throws -> ConsolePage {
    let filter = try filter(call)
    let rows = try page(filter, after: nil, limit: mapSize, call).rows
    let positions = try call.seat.read(.see) { hotline in
      try hotline.database.read { db in try cache.positions(of: rows, db) }
    }
    let places = rows.map { row in
      Place(
        order: row.id, name: "\(row.number ?? row.id.short) \(row.title)", isEmergency: row.isEmergency,
        position: positions[row.id])
    }
    let map = PointMap(places, system: call.query("crs"))
    return ConsolePage(
      title: call.say(OrdersPhrase.map), section: .orders, topics: [.orders], template: mapTemplate,
      view: [
        "filter": try filterView(filter, view: "map", call),
        "shown": .text(call.say(OrdersPhrase.mapShown, "\(rows.count)")),
        "picture": map.marks.isEmpty ? .none : .html(drawing(map, places, call).html),
        "system": map.system.map { system in
          .text(
            call.say(
              OrdersPhrase.mapSystem, name(ofSystem: system, call), "\(map.marks.reduce(0) { $0 + $1.places.count })"))
        } ?? .none,
        "others": .list(
          map.systems.filter { $0.name != map.system }.map { other in
            [
              "href": .text(address(filter, ("view", "map"), ("crs", other.name))),
              "name": .text(call.say(OrdersPhrase.mapSystem, name(ofSystem: other.name, call), "\(other.orders)")),
            ]
          }),
        "unplaced": map.unplaced.isEmpty
          ? .none : .text(call.say(OrdersPhrase.mapUnplaced, "\(map.unplaced.count)")),
        "far": map.far.isEmpty ? .none : .text(call.say(OrdersPhrase.mapFar, "\(map.far.count)")),
        "farOrders": .list(map.far.map { link(to: places[$0]) }),
        "marks": .list(
          map.marks.enumerated().map { number, mark in
            ["anchor": .text("place-\(number)"), "orders": .list(mark.places.map { link(to: places[$0]) })]
          }),
      ])
  }

  private static func link(to place: Place) -> ViewModel {
    [
      "href": .text("/orders/\(place.order.text.inPath)"), "name": .text(place.name),
      "position": place.position.map { .text("\($0.latitude), \($0.longitude)") } ?? .none,
    ]
  }

  private static func name(ofSystem system: String, _ call: PageCall) -> String {
    system == OrderPosition.unknownSystem ? call.say(OrdersPhrase.mapUnknown) : system
  }

  private static func drawing(_ map: PointMap, _ places: [Place], _ call: PageCall) -> Drawing {
    let language = call.language
    let words = PointDrawing.Words(
      label: call.say(OrdersPhrase.mapLabel, "\(map.marks.count)"), north: call.say(OrdersPhrase.mapNorth),
      several: { OrdersPhrase.mapSeveral.said(in: language, ["\($0)"]) }, emergency: call.word(.priority, "emergency"),
      length: { metres in
        metres < 1_000
          ? OrdersPhrase.metres.said(in: language, ["\(metres)"])
          : OrdersPhrase.kilometres.said(in: language, ["\(metres / 1_000)"])
      })
    return PointDrawing(map: map, places: places, words: words).draw()
  }

  private static let mapTemplate = Template(
    "orders.map",
    #"""
    <h1>{{t.orders.title}} <small>{{t.orders.map}}</small></h1>
    {{filter}}
    <p>{{shown}} {{system}}</p>
    {{#others}}<p class="notice">{{t.orders.mapOther}} <a href="{{href}}">{{name}}</a></p>{{/others}}
    {{#picture}}<figure class="drawing">{{picture}}</figure>{{/picture}}
    {{^picture}}<p class="empty">{{t.orders.mapNone}}</p>{{/picture}}
    {{#unplaced}}<p>{{unplaced}}</p>{{/unplaced}}
    {{#far}}<p>{{far}}</p><ul>{{#farOrders}}<li><a href="{{href}}"><bdi>{{name}}</bdi></a> <small>{{position}}</small></li>{{/farOrders}}</ul>{{/far}}
    <details id="d-map-list"><summary>{{t.orders.mapList}}</summary><ol>
    {{#marks}}<li id="{{anchor}}">{{#orders}}<a href="{{href}}"><bdi>{{name}}</bdi></a> <small>{{position}}</small><br>{{/orders}}</li>
    {{/marks}}</ol></details>
    """#)
}
