// Mutations of ASN.1 by its nodes (X.690): lengths are set right again, so that what is inside gets read.

/// One type-length-value; constructed ones as their parts.
struct DERNode: Sendable {
  var tag: UInt8
  var content: [UInt8] = []
  var parts: [DERNode] = []
  /// True where `parts` counts; an octet string is read no deeper.
  var isConstructed: Bool { tag & 0x20 != 0 }

  /// Reads one node that takes all of `bytes`, or nil where there is none.
  static func parse(_ bytes: [UInt8]) -> DERNode? {
    var position = 0
    guard let node = read(bytes, &position), position == bytes.count else { return nil }
    return node
  }

  private static func read(_ bytes: [UInt8], _ position: inout Int) -> DERNode? {
    guard position + 2 <= bytes.count else { return nil }
    var node = DERNode(tag: bytes[position])
    var length = Int(bytes[position + 1])
    position += 2
    if length > 0x80 {
      let count = length - 0x80
      guard count <= 3, position + count <= bytes.count else { return nil }
      length = bytes[position..<position + count].reduce(0) { $0 << 8 | Int($1) }
      position += count
    }
    guard length != 0x80, position + length <= bytes.count else { return nil }
    let content = Array(bytes[position..<position + length])
    position += length
    guard node.isConstructed else {
      node.content = content
      return node
    }
    var inner = 0
    while inner < content.count {
      guard let part = read(content, &inner) else { return nil }
      node.parts.append(part)
    }
    return node
  }

  var bytes: [UInt8] {
    let content = isConstructed ? parts.flatMap(\.bytes) : content
    var length: [UInt8] = [UInt8(truncatingIfNeeded: content.count)]
    if content.count >= 0x80 {
      length = [16, 8, 0].map { UInt8(truncatingIfNeeded: content.count >> $0) }
      length = Array(length.drop { $0 == 0 })
      length.insert(0x80 | UInt8(length.count), at: 0)
    }
    return [tag] + length + content
  }

  /// This node and all below.
  var all: [DERNode] { [self] + parts.flatMap(\.all) }

  /// One change at one place, both by chance.
  func mutated(_ pool: [DERNode], _ random: inout FuzzRandom) -> DERNode {
    var place = random.below(all.count)
    return rewritten(&place, pool, &random)
  }

  private func rewritten(_ place: inout Int, _ pool: [DERNode], _ random: inout FuzzRandom) -> DERNode {
    if place == 0 {
      place = -1
      return changed(pool, &random)
    }
    place -= 1
    var node = self
    for index in node.parts.indices where place >= 0 {
      node.parts[index] = node.parts[index].rewritten(&place, pool, &random)
    }
    return node
  }

  private func changed(_ pool: [DERNode], _ random: inout FuzzRandom) -> DERNode {
    var node = self
    switch random.below(7) {
    case 0: return random.pick(pool)
    case 1:
      // Mostly another type of the same form.
      node.tag = random.chance(70) ? tag ^ UInt8(1 << random.below(5)) : UInt8(truncatingIfNeeded: random.next())
      if node.isConstructed != isConstructed { node.content = isConstructed ? parts.flatMap(\.bytes) : [] }
    case 2:
      let depth = random.chance(80) ? 1 : 60
      for _ in 0..<depth { node = DERNode(tag: 0x30, parts: [node]) }
    default:
      guard isConstructed, !parts.isEmpty else {
        ByteMutation.mutate(&node.content, other: random.pick(pool).content, &random)
        if isConstructed { node.parts = [random.pick(pool)] }
        return node
      }
      let index = random.below(parts.count)
      switch random.below(4) {
      case 0: node.parts.remove(at: index)
      case 1: node.parts.insert(parts[index], at: index)
      case 2: node.parts.swapAt(index, random.below(parts.count))
      default: node.parts.append(random.pick(pool))
      }
    }
    return node
  }
}
