// What citizens might tell a city's hotline: titles, descriptions and addresses put together from parts, the same for the same seed.
// Nobody's words and nobody's address. What is done with them is YearMaker's.

import Core

/// One matter as it was reported.
struct CityMatter {
  let sector: String
  let kind: String
  let priority: String
  let title: String
  let description: String
  let location: JSON
  /// What was done in the end.
  let work: String
}

struct CityTexts {
  private var generator: SeededTexts

  init(seed: UInt64) { generator = SeededTexts(state: seed) }

  static let sectors = [
    "water", "gas", "heat", "power", "drainage", "lighting", "road", "transit", "rail", "housing", "property",
    "construction-safety", "greening", "sanitation", "enforcement",
  ]

  mutating func next() -> CityMatter {
    let trade = CityTexts.trades[skewed(CityTexts.trades.count)]
    let fault = pick(trade.faults)
    let district = CityTexts.districts[skewed(CityTexts.districts.count)]
    let street = pick(CityTexts.streetNames) + pick(CityTexts.streetKinds)
    let estate = pick(CityTexts.estateNames) + pick(CityTexts.estateKinds)
    let house = "\(below(200) + 1)号"
    let building = "\(below(40) + 1)号楼\(below(6) + 1)门"
    let place = "\(district)\(street)\(house)\(estate)\(building)"
    let isDanger = fault.isDanger && below(3) == 0
    let opening = pick(CityTexts.openings)
    let description =
      "\(opening)\(estate)\(pick(CityTexts.places))\(fault.words)，\(pick(CityTexts.since))，\(pick(CityTexts.harm))，"
      + "\(pick(CityTexts.wishes))。\(pick(CityTexts.endings))"
    return CityMatter(
      sector: trade.sector, kind: isDanger ? "emergency" : pick(trade.kinds),
      priority: isDanger ? "emergency" : below(8) == 0 ? "urgent" : "normal", title: estate + fault.words,
      description: description,
      location: [
        "region": "天津市", "district": .string(district), "street": .string(street + "街道"),
        "community": .string(estate + "社区"), "grid": .string("网格\(below(900) + 100)"), "address": .string(place),
        "lat": .number(degrees(38_900_000 + below(500_000))), "lon": .number(degrees(117_000_000 + below(700_000))),
        "crs": "gcj02",
      ],
      work: pick(trade.works))
  }

  /// A number below `bound`.
  mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: generator.next() >> 33) % max(bound, 1) }

  /// As below, but the first ones come far more often: some trades and districts have most of the calls.
  private mutating func skewed(_ bound: Int) -> Int { min(below(bound), below(bound)) }

  private mutating func pick<Element>(_ parts: [Element]) -> Element { parts[below(parts.count)] }

  private func degrees(_ millionths: Int) -> String {
    let rest = String(millionths % 1_000_000)
    return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - rest.count) + rest
  }
}

/// SplitMix64: small, and the same everywhere.
struct SeededTexts: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension CityTexts {
  fileprivate struct Trade {
    let sector: String
    let kinds: [String]
    let faults: [(words: String, isDanger: Bool)]
    let works: [String]
  }

  fileprivate static let trades: [Trade] = [
    Trade(
      sector: "water", kinds: ["repair", "repair", "help", "complaint", "enquiry"],
      faults: [
        ("自来水爆管", true), ("水管漏水", false), ("停水", false), ("水压不足", false), ("水质发黄", false),
        ("水表损坏", false), ("消火栓漏水", false), ("水费疑问", false), ("管道冻裂", false), ("井盖缺失", true),
      ],
      works: ["更换管道后恢复供水", "关闭阀门抢修完毕", "检修水表并试压合格", "现场冲洗管网，水质达标", "已向用户解释并核对账单"]),
    Trade(
      sector: "heat", kinds: ["repair", "repair", "complaint", "enquiry"],
      faults: [
        ("室温不达标", false), ("暖气不热", false), ("供热管道漏水", false), ("暖气片跑水", true), ("换热站噪音", false),
        ("停热退费", false), ("热力井冒气", true),
      ],
      works: ["入户测温并调节阀门", "排气后室温达标", "更换阀门，恢复供热", "降噪处理完成", "办理退费手续"]),
    Trade(
      sector: "property", kinds: ["complaint", "complaint", "repair", "situation"],
      faults: [
        ("电梯停运", true), ("楼道灯不亮", false), ("物业服务差", false), ("小区停车混乱", false), ("门禁损坏", false),
        ("外墙脱落", true), ("屋顶漏雨", false),
      ],
      works: ["电梯维修后试运行正常", "更换灯具", "已约谈物业企业并限期整改", "划线整理停车位", "防水施工完成"]),
    Trade(
      sector: "gas", kinds: ["repair", "repair", "enquiry", "help"],
      faults: [
        ("燃气泄漏", true), ("天然气停气", false), ("燃气表故障", false), ("闻到煤气味", true), ("燃气充值失败", false),
        ("管道锈蚀", false),
      ],
      works: ["关阀检测，消除泄漏", "更换燃气表", "恢复供气并检查灶具", "更换管段并试压合格"]),
    Trade(
      sector: "road", kinds: ["repair", "situation", "complaint"],
      faults: [
        ("路面塌陷", true), ("道路坑洼", false), ("便道砖松动", false), ("护栏损坏", false), ("道路积水", false),
        ("路名牌缺失", false), ("施工围挡占道", false),
      ],
      works: ["回填压实并铺设沥青", "更换便道砖", "修复护栏", "清掏雨水口，积水退去"]),
    Trade(
      sector: "drainage", kinds: ["repair", "help", "complaint"],
      faults: [("污水外溢", false), ("下水堵塞", false), ("雨水井堵塞", false), ("化粪池满溢", false), ("污水管断裂", true)],
      works: ["疏通管道", "清掏化粪池", "更换污水管段", "清理井内淤泥"]),
    Trade(
      sector: "sanitation", kinds: ["complaint", "situation", "suggestion"],
      faults: [("垃圾堆积", false), ("垃圾桶破损", false), ("公厕脏乱", false), ("渣土遗撒", false), ("道路未清扫", false)],
      works: ["清运垃圾", "更换垃圾桶", "加强保洁频次", "清扫路面"]),
    Trade(
      sector: "lighting", kinds: ["repair", "repair", "suggestion"],
      faults: [("路灯不亮", false), ("灯杆倾斜", true), ("路灯白天长明", false), ("灯罩脱落", true)],
      works: ["更换光源", "扶正灯杆", "调整控制时间", "修复线路"]),
    Trade(
      sector: "enforcement", kinds: ["violation", "complaint", "situation"],
      faults: [("占道经营", false), ("违章建筑", false), ("夜间施工噪音", false), ("油烟扰民", false), ("乱贴小广告", false)],
      works: ["劝离并教育", "下达限期拆除通知", "责令停止夜间施工", "清除小广告"]),
    Trade(
      sector: "transit", kinds: ["complaint", "suggestion", "praise", "enquiry"],
      faults: [("公交甩站", false), ("公交候车时间长", false), ("站牌损坏", false), ("司机服务好", false), ("线路调整咨询", false)],
      works: ["调查录像并处理当班司机", "增加高峰班次", "更换站牌", "已答复来电人"]),
    Trade(
      sector: "power", kinds: ["repair", "help", "enquiry"],
      faults: [("停电", false), ("电线垂落", true), ("变压器异响", true), ("电压不稳", false)],
      works: ["更换熔断器恢复供电", "重新架线", "检修变压器", "调整负荷"]),
    Trade(
      sector: "housing", kinds: ["complaint", "enquiry", "situation"],
      faults: [("房屋漏雨", false), ("危房鉴定咨询", false), ("公房维修", false), ("阳台开裂", true)],
      works: ["完成屋面防水", "安排鉴定", "维修完成", "支护加固"]),
    Trade(
      sector: "greening", kinds: ["situation", "suggestion", "repair"],
      faults: [("树木倒伏", true), ("树枝遮挡", false), ("绿地破坏", false), ("虫害", false)],
      works: ["清理倒伏树木", "修剪树枝", "补植绿化", "喷药防治"]),
    Trade(
      sector: "rail", kinds: ["complaint", "enquiry", "praise"],
      faults: [("地铁扶梯停用", false), ("列车晚点", false), ("站内空调过冷", false)],
      works: ["维修扶梯", "已解释晚点原因", "调整温度"]),
    Trade(
      sector: "construction-safety", kinds: ["violation", "complaint", "emergency"],
      faults: [("工地扬尘", false), ("脚手架松动", true), ("塔吊越界", true), ("基坑积水", true)],
      works: ["责令覆盖降尘", "停工整改", "限制塔吊回转范围", "抽排积水并监测"]),
  ]

  fileprivate static let districts = [
    "南开区", "河西区", "河东区", "和平区", "河北区", "红桥区", "西青区", "津南区", "北辰区", "东丽区", "滨海新区", "武清区", "宝坻区",
    "静海区", "宁河区", "蓟州区",
  ]
  fileprivate static let streetNames = [
    "大沽南", "卫津", "解放", "红旗", "黄河", "长江", "友谊", "复康", "鞍山西", "水上公园", "围堤", "津塘", "新开", "中山", "西马", "南京",
    "成都", "重庆", "昆明", "贵阳", "洛阳", "芥园", "密云", "宾水", "珠江", "广东", "福建", "六纬", "七经", "八纬", "张贵庄", "程林庄",
  ]
  fileprivate static let streetKinds = ["路", "道", "街", "北路", "南路", "东道", "西道"]
  fileprivate static let estateNames = [
    "阳光", "金泰", "华苑", "时代", "天拖", "王顶堤", "体院", "瑞江", "梅江", "川府", "长虹", "水岸", "丽景", "碧华", "安华", "居华",
    "长江", "云阳", "万德", "欣苑", "环湖", "迎水", "园荫", "宜君", "丁字沽", "佳园", "瑞景", "凯旋", "晨光", "红磡", "富民", "靖江",
  ]
  fileprivate static let estateKinds = ["里", "北里", "南里", "花园", "家园", "公寓", "小区", "新村", "东里", "西里"]
  fileprivate static let places = ["门口", "三楼住户家中", "地下车库", "小区主干道", "楼前绿地", "楼道内", "南侧便道", "北门外", "水泵房旁", "幼儿园旁"]
  fileprivate static let openings = ["来电人反映", "市民反映", "居民报修", "来电人称", "多户居民反映", "网格员上报", "物业人员来电"]
  fileprivate static let since = ["已持续两天", "今天早晨发现", "从昨晚开始", "近一个月反复出现", "刚刚发生", "已向社区反映过一次", "上周维修后再次出现"]
  fileprivate static let harm = [
    "影响居民出行", "影响正常生活", "存在安全隐患", "家中有老人和孩子", "路面已经结冰", "楼下住户被淹", "车辆无法通行", "气味很大", "噪音扰民",
  ]
  fileprivate static let wishes = ["希望尽快派人处理", "要求维修", "希望有关部门核实并答复", "请抢修人员到场前联系", "要求给出处理时限", "希望彻底解决"]
  fileprivate static let endings = ["", "", "来电人表示可随时配合。", "请勿在夜间致电。", "此前工单未解决。", "请回复处理结果。"]
}
