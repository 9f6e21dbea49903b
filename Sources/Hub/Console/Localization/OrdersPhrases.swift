// What the pages of many orders say: list, board, map, search, export, what is done to several, and the form for a new one.

enum OrdersPhrase: String, PhraseSet {
  static let area = "orders"

  case title, list, board, map, new, filter, text, textHint, status, sector, platform, priority, kind, scope, scopeOpen
  case scopeOver, scopeAll, overdueOnly, any, number, matter, due, received, choose, overdue, disagreeing, asking
  case offline, none, noneDo, more, shown, bulk, bulkUrge, bulkNote, bulkDispatch
  case bulkSupervise, bulkGo, bulkTitle, bulkCount, bulkAllowed, bulkRefused, bulkConfirm, bulkNothing, bulkDone
  case bulkDoneTitle, bulkFailed, bulkLost, boardMore, export, exportMasked, exportPlainDo, exportPlainGo,
    exportCut, disagreement, lead
  case mapLabel, mapSystem, mapOther, mapUnplaced, mapFar, mapList, mapNorth, mapSeveral, mapShown, mapNone
  case receivedFrom, receivedUntil
  case mapUnknown, metres, kilometres, phoneTitle, phoneField, phoneGo, phoneNote, phoneFound, phoneNone

  var texts: Texts {
    switch self {
    case .title: Texts("工单", "Orders")
    case .list: Texts("列表", "List")
    case .board: Texts("看板", "Board")
    case .map: Texts("地图", "Map")
    case .new: Texts("新建工单", "New order")
    case .filter: Texts("筛选", "Filter")
    case .text: Texts("搜索", "Search")
    case .textHint: Texts("工单号、标题、地址、内容", "number, title, address, words")
    case .status: Texts("状态", "Status")
    case .sector: Texts("行业", "Sector")
    case .platform: Texts("平台", "Platform")
    case .lead: Texts("主办平台", "Lead platform")
    case .disagreement: Texts("只看有冲突的", "in conflict only")
    case .exportCut:
      Texts("只导出了前 {0} 张，其余没有导出；请缩小筛选范围。", "Only the first {0} were exported, the rest were not: narrow the filter.")
    case .priority: Texts("优先级", "Priority")
    case .kind: Texts("类别", "Kind")
    case .scope: Texts("范围", "Which")
    case .scopeOpen: Texts("未办结", "open")
    case .scopeOver: Texts("已办结或取消", "closed or cancelled")
    case .scopeAll: Texts("全部", "all")
    case .overdueOnly: Texts("只看超期", "overdue only")
    case .any: Texts("不限", "any")
    case .number: Texts("工单号", "Number")
    case .matter: Texts("事项", "Matter")
    case .due: Texts("办结时限", "Due")
    case .received: Texts("受理", "Received")
    case .receivedFrom: Texts("受理自", "Received from")
    case .receivedUntil: Texts("受理至", "Received until")
    case .choose: Texts("选择工单 {0}", "Choose order {0}")
    case .overdue: Texts("已超期", "overdue")
    case .disagreeing: Texts("有冲突", "in conflict")
    case .asking: Texts("有申请", "request waiting")
    case .offline: Texts("平台离线", "platform offline")
    case .none: Texts("没有符合条件的工单", "No order matches")
    case .noneDo: Texts("请放宽筛选条件；已办结的工单在“全部”里。", "Widen the filter; closed orders are under 'all'.")
    case .more: Texts("下一页", "Next page")
    case .shown: Texts("本页 {0} 张", "{0} on this page")
    case .bulk: Texts("对所选工单", "With the chosen orders")
    case .bulkUrge: Texts("催办", "Urge")
    case .bulkNote: Texts("加备注", "Add a note")
    case .bulkDispatch: Texts("派单", "Dispatch")
    case .bulkSupervise: Texts("督办", "Supervise")
    case .bulkGo: Texts("下一步…", "Next …")
    case .bulkTitle: Texts("批量{0}：请确认", "{0}: please confirm")
    case .bulkCount: Texts("共选 {0} 张：可以做 {1} 张，不能做 {2} 张。", "{0} chosen: it can be done to {1}, and not to {2}.")
    case .bulkAllowed: Texts("将要做的", "Will be done")
    case .bulkRefused: Texts("不能做的，以及原因", "Cannot be done, and why")
    case .bulkConfirm: Texts("确认，对这 {0} 张工单执行", "Confirm for these {0} orders")
    case .bulkNothing: Texts("没有选中工单。请返回，勾选后再试。", "No order is chosen. Go back and tick some.")
    case .bulkDone: Texts("已对 {0} 张工单执行。", "Done to {0} orders.")
    case .bulkDoneTitle: Texts("批量{0}：结果", "{0}: the outcome")
    case .bulkFailed:
      Texts("这些没有做成，原因在旁；它们保持原样：", "These were not done, for the reason beside each; they stand as they were:")
    case .bulkLost:
      Texts(
        "每张工单单独记录；可以逐张撤回或再改，不会丢失任何内容。",
        "Each order keeps its own record; each can be taken back or changed by itself, and nothing is lost.")
    case .boardMore: Texts("还有 {0} 张…", "{0} more …")
    case .export: Texts("导出表格", "Export")
    case .exportMasked: Texts("导出 CSV（电话打码）", "Export CSV (telephone masked)")
    case .exportPlainDo:
      Texts(
        "文件里会有来电人的姓名和完整电话。谁在何时导出，会记入审计。",
        "The file will hold the callers' names and whole telephone numbers. Who exported it and when goes into the audit."
      )
    case .exportPlainGo: Texts("记入审计并导出", "Export, and note it in the audit")
    case .mapLabel: Texts("工单位置图，{0} 个位置", "Orders by place, {0} places")
    case .mapSystem: Texts("坐标系 {0}：{1} 张", "coordinate system {0}: {1} orders")
    case .mapOther:
      Texts(
        "坐标系不同的点相差几百米，所以不画在一起。另有：",
        "Points of another coordinate system lie hundreds of metres off, so they are not drawn together. There are also:"
      )
    case .mapUnplaced: Texts("没有坐标的工单：{0} 张", "Orders without coordinates: {0}")
    case .mapFar:
      Texts("离其他工单太远、没有画出的：{0} 张（坐标可能填错）", "Too far from all others to be drawn: {0} (the coordinates may be mistyped)")
    case .mapList: Texts("图上的工单", "The orders of the map")
    case .mapNorth: Texts("北", "N")
    case .mapSeveral: Texts("此处 {0} 张工单", "{0} orders here")
    case .mapShown: Texts("最新的 {0} 张。要看别的，请筛选。", "The newest {0}. Filter to see others.")
    case .mapNone: Texts("这些工单都没有坐标。", "None of these orders has coordinates.")
    case .mapUnknown: Texts("未注明", "not said")
    case .metres: Texts("{0} 米", "{0} m")
    case .kilometres: Texts("{0} 公里", "{0} km")
    case .phoneTitle: Texts("按电话查找", "Find by telephone")
    case .phoneField: Texts("来电号码", "Telephone number")
    case .phoneGo: Texts("查找（记入审计）", "Find (noted in the audit)")
    case .phoneNote:
      Texts("号码不会出现在网址和日志里；谁查过会记入审计。", "The number stands in no address and no log; who looked is noted in the audit.")
    case .phoneFound: Texts("该号码的工单：{0} 张", "Orders with this number: {0}")
    case .phoneNone: Texts("没有这个号码的工单。", "No order has this number.")
    }
  }
}

enum NewOrderPhrase: String, PhraseSet {
  static let area = "newOrder"

  case title, intro, matter, titleField, description, kind, sector, priority, caller, confidential, confidentialHint
  case place, dispatch, dispatchTo, dispatchAuto, dispatchNone, instruction, create, check, made
  case madeWaiting, similar, similarNone, similarNote, whyAddress, whyPhone, whyWords, empty, autoSeveral, madeNoSector,
    madeNoPlatform
  case noCoordinates, badCoordinate, source

  var texts: Texts {
    switch self {
    case .title: Texts("新建工单", "New order")
    case .intro:
      Texts(
        "填好标题即可提交；回车提交，Tab 换栏。提交即派单。",
        "A title is enough; Enter submits, Tab goes on. It is dispatched with the same key.")
    case .matter: Texts("事项", "Matter")
    case .titleField: Texts("标题", "Title")
    case .description: Texts("内容", "Description")
    case .kind: Texts("类别", "Kind")
    case .sector: Texts("行业", "Sector")
    case .priority: Texts("优先级", "Priority")
    case .caller: Texts("来电人", "Caller")
    case .confidential: Texts("为来电人保密", "Keep the caller confidential")
    case .confidentialHint: Texts("平台看不到来电人", "No platform is told who called")
    case .place: Texts("地点", "Place")
    case .dispatch: Texts("派单", "Dispatch")
    case .dispatchTo: Texts("派给", "To")
    case .dispatchAuto: Texts("按行业自动", "by the sector")
    case .dispatchNone: Texts("暂不派单", "not yet")
    case .instruction: Texts("派单要求", "Instruction")
    case .create: Texts("建单并派单", "Create and dispatch")
    case .check: Texts("先查重", "Look for duplicates first")
    case .made: Texts("工单已建立。", "The order is made.")
    case .madeWaiting: Texts("工单已建立，尚未派单。", "The order is made and not yet dispatched.")
    case .similar: Texts("可能重复的工单", "Likely duplicates")
    case .similarNone: Texts("没有相近的未办结工单。", "No open order is like it.")
    case .similarNote:
      Texts(
        "若是同一件事，请打开那张工单加备注，不必再建。", "If it is the same matter, open that order and add a note instead of making another."
      )
    case .whyAddress: Texts("同一地址", "same address")
    case .whyPhone: Texts("同一电话", "same telephone")
    case .whyWords: Texts("内容相近", "like words")
    case .empty: Texts("请至少填写标题。", "Fill in a title at least.")
    case .madeNoSector:
      Texts(
        "工单已建立，等待派单：没有填行业，请在“现在可以做”里派给一个平台。",
        "The order is made and waits to be dispatched: no sector was given. Choose a platform under 'what can be done now'."
      )
    case .madeNoPlatform:
      Texts(
        "工单已建立，等待派单：没有平台负责这个行业，请在“现在可以做”里派给一个平台。",
        "The order is made and waits to be dispatched: no platform has its sector. Choose one under 'what can be done now'."
      )
    case .autoSeveral: Texts("有多个平台负责该行业，请选择一个。", "Several platforms have this sector: choose one.")
    case .noCoordinates: Texts("纬度、经度和坐标系要一起填写。", "Latitude, longitude and their system go together.")
    case .badCoordinate:
      Texts("纬度在 -90 到 90 之间，经度在 -180 到 180 之间。", "Latitude is from -90 to 90, longitude from -180 to 180.")
    case .source: Texts("来源", "Source")
    }
  }
}

/// The heads of the export's columns.
enum ExportPhrase: String, PhraseSet {
  static let area = "export"

  case number, id, title, kind, sector, priority, status, platform, round, receivedAt, due, updated, district, address
  case latitude, longitude, crs, caller, phone

  var texts: Texts {
    switch self {
    case .number: Texts("工单号", "number")
    case .id: Texts("编号", "id")
    case .title: Texts("标题", "title")
    case .kind: Texts("类别", "kind")
    case .sector: Texts("行业", "sector")
    case .priority: Texts("优先级", "priority")
    case .status: Texts("状态", "status")
    case .platform: Texts("主办平台", "lead platform")
    case .round: Texts("轮次", "round")
    case .receivedAt: Texts("受理时间", "received at")
    case .due: Texts("办结时限", "due")
    case .updated: Texts("最后变更", "last change")
    case .district: Texts("区", "district")
    case .address: Texts("地址", "address")
    case .latitude: Texts("纬度", "latitude")
    case .longitude: Texts("经度", "longitude")
    case .crs: Texts("坐标系", "coordinate system")
    case .caller: Texts("来电人", "caller")
    case .phone: Texts("电话", "telephone")
    }
  }
}
