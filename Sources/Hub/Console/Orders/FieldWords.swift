// What the fields of records are called, and of which list of words their values are.

import Core

enum FieldWords {
  /// A field's name for people; the field itself where it is none of ours: records may have fields that we do not know.
  static func label(_ field: String, _ language: Language) -> String { labels[field]?[language] ?? field }

  /// The list whose words the value of a register, or of a field of it, is of.
  static func vocabulary(_ pattern: String, field: String? = nil) -> Vocabulary? {
    switch (pattern, field) {
    case ("kind", nil): .kind
    case ("sector", nil), (_, "suggestedSector"): .sector
    case ("priority", nil): .priority
    case ("source", nil): .source
    case ("assignment/<a>/progress", nil): .progress
    case ("assignment/<a>", "role"): .role
    case ("assignment/<a>", "cause"): .cause
    case ("assignment/<a>/result", "outcome"): .outcome
    case ("assignment/<a>/request/<r>", "type"): .request
    case ("closed", "code"): .closing
    case ("relation/<order>", nil): .relation
    case ("callback", "solved"): .answered
    case ("note", "visibility"): .visibility
    case ("callback", "by"): .party
    case ("callback", "channel"): .channel
    case ("urge", "stage"), ("supervise", "stage"): .stage
    case ("due/<stage>", "unit"), ("assignment/<a>/due/<stage>", "unit"): .unit
    case ("due/<stage>", "policy"), ("assignment/<a>/due/<stage>", "policy"): .policyRule
    case ("due/<stage>", "from"), ("assignment/<a>/due/<stage>", "from"): .limitStart
    case ("attachment", "role"): .attachmentRole
    case ("lost/<dot>", "reason"), ("void/<dot>", "reason"), ("purged/<commitment>", "reason"): .voidReason
    default: nil
    }
  }

  static let labels: [String: Texts] = [
    "region": Texts("省市", "region"), "district": Texts("区", "district"), "street": Texts("街道", "street"),
    "community": Texts("社区", "community"), "grid": Texts("网格", "grid"), "address": Texts("地址", "address"),
    "asset": Texts("设施编号", "asset"), "lat": Texts("纬度", "latitude"), "lon": Texts("经度", "longitude"),
    "crs": Texts("坐标系", "coordinate system"), "note": Texts("说明", "note"), "name": Texts("姓名", "name"),
    "phone": Texts("电话", "telephone"), "language": Texts("语言", "language"), "anonymous": Texts("匿名", "anonymous"),
    "flat": Texts("门牌", "flat"), "entry": Texts("门禁", "entry"), "platform": Texts("平台", "platform"),
    "role": Texts("角色", "role"), "round": Texts("轮次", "round"), "after": Texts("接续派单", "after"),
    "cause": Texts("原因", "cause"), "instruction": Texts("派单要求", "instruction"),
    "outcome": Texts("处置结果", "outcome"), "unsolvedCode": Texts("未解决原因", "why unsolved"),
    "substantiated": Texts("情况属实", "substantiated"), "work": Texts("处置经过", "work done"),
    "materials": Texts("材料", "materials"), "cost": Texts("费用", "cost"), "finishedAt": Texts("完工时间", "finished at"),
    "followUp": Texts("后续安排", "follow-up"), "citizen": Texts("答复市民", "to the citizen"),
    "public": Texts("公开答复", "to the public"), "type": Texts("类型", "type"), "code": Texts("方式", "code"),
    "reason": Texts("理由", "reason"), "until": Texts("至", "until"),
    "suggestedSector": Texts("建议行业", "suggested sector"), "granted": Texts("同意", "granted"),
    "level": Texts("审批级别", "level"), "at": Texts("时间", "at"), "first": Texts("原定", "at first"),
    "limit": Texts("期限", "limit"), "unit": Texts("单位", "unit"), "policy": Texts("依据规则", "policy"),
    "solved": Texts("已解决", "solved"), "satisfied": Texts("满意", "satisfied"), "by": Texts("回访方", "by"),
    "channel": Texts("渠道", "channel"), "attempt": Texts("第几次", "attempt"), "reached": Texts("联系上", "reached"),
    "result": Texts("结果满意度", "satisfied with the result"), "service": Texts("服务满意度", "satisfied with the service"),
    "claimConfirmed": Texts("处置属实", "claim confirmed"), "to": Texts("对象", "to"), "demand": Texts("要求", "demand"),
    "text": Texts("内容", "text"), "visibility": Texts("可见范围", "visible to"), "number": Texts("号码", "number"),
    "url": Texts("网址", "address on the web"), "scheme": Texts("分类体系", "scheme"), "path": Texts("分类路径", "path"),
    "said": Texts("通话内容", "what was said"), "bytes": Texts("字节", "bytes"), "masked": Texts("已打码", "masked"),
    "since": Texts("起算", "since"), "from": Texts("起算点", "counts from"), "assignment": Texts("派单", "assignment"),
    "stage": Texts("环节", "stage"),
    "sha256": Texts("校验值", "SHA-256"),
  ]
}
