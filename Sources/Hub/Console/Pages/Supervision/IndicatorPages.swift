// The page of indicators: a period, cut by what one likes, as table, picture and file, with the definition of each.

import Core
import Shell

enum IndicatorPages {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page(
      "indicators", query: "from", "to", "by", "show", "sector", "platform", "district", sharedFor: .role
    ) { call in try page(call) }
    routes.act("indicators/export") { call in try export(call) }
  }

  // MARK: The question

  /// Without a period: this month so far, by platform.
  private static func query(_ call: PageCall, _ value: (String) -> String?) throws -> IndicatorQuery {
    let today = try call.seat.read { $0.today }
    func day(_ name: String) throws(Problem) -> LocalDay? {
      guard let text = value(name) else { return nil }
      guard let day = LocalDay(text) else { throw Problem(.badBody, "'\(name)' is a day as 2026-11-25") }
      return day
    }
    let to = try day("to") ?? today
    let by: String? = value("by") ?? "platform"
    return IndicatorQuery(
      from: try day("from") ?? to.firstOfMonth, to: to, sector: value("sector"), platform: value("platform"),
      district: value("district"),
      grouping: by == "none" ? nil : try SupervisionWords.parse(by, "by"))
  }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let query = try query(call) { call.query($0) }
    let answer = try call.seat.indicators(query)
    let columns = columns(query, answer, call)
    let shown = columns.first { $0.id == call.query("show") } ?? columns[1]
    let rows = answer.list("rows")
    let groups = names(rows.map { $0.text("group") }, query.grouping, call)
    let platforms = platforms(answer)
    let overdue = answer["overdue"]?["groups"]
    return ConsolePage(
      title: call.say(IndicatorPhrase.title), section: .indicators, topics: [], template: template,
      view: [
        "from": .text(query.from.description), "to": .text(query.to.description),
        "following": .flag(answer.isTrue("following")),
        "groupings": .list(
          ([nil] + IndicatorQuery.Grouping.allCases).map { grouping in
            [
              "value": .text(grouping?.rawValue ?? "none"), "name": .text(call.say(phrase(grouping))),
              "on": .flag(grouping == query.grouping),
            ]
          }),
        "indicators": .list(
          columns.map { ["value": .text($0.id), "name": .text($0.name), "on": .flag($0.id == shown.id)] }),
        "platforms": .list(call.platformOptions(query.platform)),
        "sectors": .list(call.sectorOptions(query.sector)),
        "district": .optional(query.district), "grouping": .text(query.grouping?.rawValue ?? "none"),
        "sector": .optional(query.sector), "platform": .optional(query.platform),
        "groupName": .text(call.say(phrase(query.grouping))),
        "headings": .list(
          Indicator.all.map { ["id": .text($0.id), "name": .text($0.name(call.language))] }),
        "rows": .list(
          rows.map { row in
            let group = row.text("group")
            return [
              "name": .text(groups[group] ?? group), "cells": cells(row["values"], call),
              "overdue": .optional(overdue.map { "\($0[group]?.asInt ?? 0)" }),
              "availability": .optional(
                platforms[group]?["availability"]?.asInt.map { Indicator.percent($0) }),
              "lag": .optional(platforms[group].map { $0.text("lag") }),
            ]
          }),
        "hasOverdue": .flag(overdue != nil), "isByPlatform": .flag(query.grouping == .platform),
        "total": cells(answer["total"], call), "overdueTotal": .text(answer["overdue"]?.text("total") ?? "0"),
        "isEmpty": .flag(Indicator.all.allSatisfy { isNothing(answer["total"]?[$0.id]) }),
        "chart": rows.isEmpty ? .none : .html(chart(shown, rows, groups, query, call)),
        "chartName": .text(shown.name), "chartFormula": .text(shown.formula),
        "definitions": .list(
          Indicator.all.map { indicator -> ViewModel in
            [
              "id": .text(indicator.id), "name": .text(indicator.name(call.language)),
              "formula": .text(indicator.formula(call.language)),
            ]
          } + definitionsOfNow(isByPlatform: query.grouping == .platform, call)),
      ])
  }

  /// A column of the table, as the picture shows it.
  private struct Column {
    let id: String
    let name: String
    let formula: String
    /// What a row has in it, and how that is said; nil where it has nothing.
    let value: (JSON) -> (number: Int, said: String)?
  }

  /// The columns that the table has by this grouping.
  private static func columns(_ query: IndicatorQuery, _ answer: JSON, _ call: PageCall) -> [Column] {
    var columns = Indicator.all.map { indicator in
      Column(id: indicator.id, name: indicator.name(call.language), formula: indicator.formula(call.language)) { row in
        guard let number = row["values"]?[indicator.id]?["value"]?.asInt,
          let said = said(indicator, row["values"], call)
        else { return nil }
        return (number: number, said: said)
      }
    }
    func add(
      _ id: String, _ name: IndicatorPhrase, _ formula: IndicatorPhrase,
      _ value: @escaping (String) -> (number: Int, said: String)?
    ) {
      columns.append(
        Column(id: id, name: call.say(name), formula: call.say(formula)) { row in value(row.text("group")) })
    }
    if let overdue = answer["overdue"]?["groups"] {
      add("overdueNow", .overdueNow, .overdueFormula) { group in
        let number = overdue[group]?.asInt ?? 0
        return (number: number, said: "\(number)")
      }
    }
    if query.grouping == .platform {
      let platforms = platforms(answer)
      add("availability", .availability, .availabilityFormula) { group in
        platforms[group]?["availability"]?.asInt.map { (number: $0, said: Indicator.percent($0)) }
      }
      add("lag", .lag, .lagFormula) { group in platforms[group]?["lag"]?.asInt.map { (number: $0, said: "\($0)") } }
    }
    return columns
  }

  /// How platforms' agents fare, by platform.
  private static func platforms(_ answer: JSON) -> [String: JSON] {
    Dictionary(answer.list("platforms").map { ($0.text("platform"), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// True where nothing was counted that a value could be made of.
  private static func isNothing(_ value: JSON?) -> Bool {
    value?["value"]?.asInt ?? 0 == 0 && value?["base"]?.asInt ?? 0 == 0
  }

  /// What is no figure of a day, and so no ``Indicator``: how things stand at this moment, and how platforms' agents fare.
  private static func definitionsOfNow(isByPlatform: Bool, _ call: PageCall) -> [ViewModel] {
    var all: [(String, IndicatorPhrase, IndicatorPhrase)] = [("overdueNow", .overdueNow, .overdueFormula)]
    if isByPlatform {
      all += [("availability", .availability, .availabilityFormula), ("lag", .lag, .lagFormula)]
    }
    return all.map { id, name, formula in
      ["id": .text(id), "name": .text(call.say(name)), "formula": .text(call.say(formula))]
    }
  }

  private static func phrase(_ grouping: IndicatorQuery.Grouping?) -> IndicatorPhrase {
    switch grouping {
    case nil: .allTogether
    case .sector: .bySector
    case .platform: .byPlatform
    case .district: .byDistrict
    case .day: .byDay
    case .month: .byMonth
    }
  }

  /// What groups are called.
  private static func names(
    _ groups: [String], _ grouping: IndicatorQuery.Grouping?, _ call: PageCall
  ) -> [String: String] {
    var names = Dictionary(groups.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
    switch grouping {
    case .sector: for group in groups { names[group] = call.word(.sector, group) }
    case .platform: for group in groups { names[group] = call.platform(group) }
    case .district, .day, .month, nil: break
    }
    names[""] = call.say(IndicatorPhrase.noName)
    return names
  }

  private static func said(_ indicator: Indicator, _ values: JSON?, _ call: PageCall) -> String? {
    guard let value = values?[indicator.id]?["value"]?.asInt else { return nil }
    switch indicator.making {
    case .handling: return call.duration(value)
    case .count, .share: return indicator.said(value)
    }
  }

  private static func cells(_ values: JSON?, _ call: PageCall) -> ViewModel {
    .list(
      Indicator.all.map { indicator in
        let base = values?[indicator.id]?["base"]?.asInt
        return [
          "label": .text(indicator.name(call.language)), "value": .optional(said(indicator, values, call)),
          "base": .optional(base.flatMap { $0 > 0 ? call.say(IndicatorPhrase.of, "\($0)") : nil }),
        ]
      })
  }

  private static func chart(
    _ column: Column, _ rows: [JSON], _ names: [String: String], _ query: IndicatorQuery, _ call: PageCall
  ) -> SafeHTML {
    let isInTime = query.grouping == .day || query.grouping == .month
    return IndicatorChart(
      label: call.say(
        IndicatorPhrase.chart, column.name, "\(query.from) – \(query.to)"),
      points: rows.map { row in
        let group = row.text("group")
        let value = column.value(row)
        return .init(
          name: names[group] ?? group, value: value?.number, said: value?.said ?? call.say(IndicatorPhrase.noValue))
      }, isInTime: isInTime
    ).html
  }

  private static let template = Template(
    "indicators",
    #"""
    <h1>{{t.indicators.title}} <small>{{from}} – {{to}}</small></h1>
    {{#following}}<p class="notice info">{{t.indicators.following}}</p>{{/following}}
    <form method="get" action="/indicators" class="bar">
    <label for="i-from">{{t.indicators.from}}<input type="date" id="i-from" name="from" value="{{from}}"></label>
    <label for="i-to">{{t.indicators.to}}<input type="date" id="i-to" name="to" value="{{to}}"></label>
    <label for="i-by">{{t.indicators.by}}<select id="i-by" name="by">{{#groupings}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/groupings}}</select></label>
    <label for="i-show">{{t.indicators.show}}<select id="i-show" name="show">{{#indicators}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/indicators}}</select></label>
    <label for="i-sector">{{t.supervision.sector}}<select id="i-sector" name="sector">
    <option value="">{{t.supervision.anySector}}</option>{{#sectors}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/sectors}}</select></label>
    <label for="i-platform">{{t.supervision.platform}}<select id="i-platform" name="platform">
    <option value="">{{t.supervision.anyPlatform}}</option>{{#platforms}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/platforms}}</select></label>
    <label for="i-district">{{t.supervision.district}}
    <input id="i-district" name="district" value="{{district}}" maxlength="64"></label>
    <button>{{t.indicators.apply}}</button></form>
    <p>{{t.indicators.overdueNow}}: <strong>{{overdueTotal}}</strong></p>
    {{#isEmpty}}<p class="empty">{{t.indicators.none}}</p>{{/isEmpty}}
    {{#chart}}<figure class="card"><figcaption><strong>{{chartName}}</strong> <small>{{chartFormula}}</small></figcaption>{{chart}}</figure>{{/chart}}
    <div class="scroll" id="indicator-rows"><table class="rows"><thead><tr><th scope="col">{{groupName}}</th>{{#headings}}<th scope="col" class="number">
    <a href="#def-{{id}}">{{name}}</a></th>{{/headings}}
    {{#hasOverdue}}<th scope="col" class="number"><a href="#def-overdueNow">{{t.indicators.overdueNow}}</a></th>{{/hasOverdue}}
    {{#isByPlatform}}<th scope="col" class="number"><a href="#def-availability">{{t.indicators.availability}}</a></th>
    <th scope="col" class="number"><a href="#def-lag">{{t.indicators.lag}}</a></th>{{/isByPlatform}}</tr></thead><tbody>
    {{#rows}}<tr data-row><th scope="row"><bdi>{{name}}</bdi></th>{{#cells}}
    <td class="number" data-label="{{label}}">{{value}} {{#base}}<small>{{base}}</small>{{/base}}</td>{{/cells}}
    {{#hasOverdue}}<td class="number" data-label="{{t.indicators.overdueNow}}">{{overdue}}</td>{{/hasOverdue}}
    {{#isByPlatform}}<td class="number" data-label="{{t.indicators.availability}}">{{availability}}</td>
    <td class="number" data-label="{{t.indicators.lag}}">{{lag}}</td>{{/isByPlatform}}</tr>{{/rows}}
    <tr><th scope="row">{{t.indicators.all}}</th>{{#total}}<td class="number" data-label="{{label}}">{{value}} {{#base}}
    <small>{{base}}</small>{{/base}}</td>{{/total}}
    {{#hasOverdue}}<td class="number" data-label="{{t.indicators.overdueNow}}">{{overdueTotal}}</td>{{/hasOverdue}}{{#isByPlatform}}
    <td></td><td></td>{{/isByPlatform}}</tr></tbody></table></div>
    <form method="post" action="/indicators/export" class="bar">{{csrf}}<input type="hidden" name="from" value="{{from}}">
    <input type="hidden" name="to" value="{{to}}">
    <input type="hidden" name="by" value="{{grouping}}"><input type="hidden" name="sector" value="{{sector}}">
    <input type="hidden" name="platform" value="{{platform}}">
    <input type="hidden" name="district" value="{{district}}"><button>{{t.indicators.export}}</button></form>
    <h2>{{t.indicators.definitions}}</h2>
    <dl class="facts">{{#definitions}}<dt id="def-{{id}}">{{name}}</dt><dd>{{formula}}</dd>{{/definitions}}</dl>
    """#)

  // MARK: The file

  /// One row a group, and one of all, with every column that the page has. Shares in per cent, times in minutes; what has no value is
  /// empty.
  private static func export(_ call: PageCall) throws -> PageAnswer {
    let query = try query(call) { call.form($0) }
    let answer = try call.seat.indicators(query)
    let rows = answer.list("rows")
    let names = names(rows.map { $0.text("group") }, query.grouping, call)
    let overdue = answer["overdue"]
    let overdueGroups = overdue?["groups"]
    let platforms = platforms(answer)
    let isByPlatform = query.grouping == .platform
    func integer(_ value: JSON?) -> CSVField { value?.asInt.map(CSVField.integer) ?? .empty }
    /// What stands at this moment, of a group or of all.
    func now(_ overdue: JSON?, _ platform: JSON?) -> [CSVField] {
      guard isByPlatform else { return [integer(overdue)] }
      let availability = platform?["availability"]?.asInt.map { CSVField.number("\($0 / 10).\($0 % 10)") }
      return [integer(overdue), availability ?? .empty, integer(platform?["lag"])]
    }
    func fields(_ name: String, _ values: JSON?) -> [CSVField] {
      [.text(name)]
        + Indicator.all.map { indicator in
          guard let value = values?[indicator.id]?["value"]?.asInt else { return .empty }
          switch indicator.making {
          case .count: return .integer(value)
          case .share: return .number("\(value / 10).\(value % 10)")
          case .handling: return .integer(value / 60_000)
          }
        }
    }
    var bytes = CSVWriter.byteOrderMark
    var headings = [call.say(phrase(query.grouping))] + Indicator.all.map { $0.heading(call.language) }
    headings.append(call.say(IndicatorPhrase.overdueNow))
    if isByPlatform {
      headings += [call.say(IndicatorPhrase.availability) + " (%)", call.say(IndicatorPhrase.lag)]
    }
    bytes += CSVWriter.row(headings.map { .text($0) })
    for row in rows {
      let group = row.text("group")
      bytes += CSVWriter.row(
        fields(names[group] ?? group, row["values"]) + now(overdueGroups.map { $0[group] ?? 0 }, platforms[group]))
    }
    bytes += CSVWriter.row(fields(call.say(IndicatorPhrase.all), answer["total"]) + now(overdue?["total"], nil))
    return .file(
      name: "indicators-\(query.from)-\(query.to).csv", type: "text/csv; charset=utf-8", bytes: bytes)
  }
}

extension Indicator {
  func name(_ language: Language) -> String { Texts(chinese, english)[language] }
  func formula(_ language: Language) -> String { Texts(formulaChinese, formulaEnglish)[language] }

  /// With its unit, for a file.
  func heading(_ language: Language) -> String {
    switch making {
    case .count: name(language)
    case .share: name(language) + " (%)"
    case .handling: name(language) + Texts("（分钟）", " (minutes)")[language]
    }
  }
}
