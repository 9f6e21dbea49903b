// The version vector of one order: per replica the highest n among its changes to this order. Never pruned or folded.

/// A sparse version vector (Parker et al. 1983), kept sorted by replica so that it has one form.
public struct VersionVector: Sendable, Hashable {
  /// One replica's component.
  public struct Component: Sendable, Hashable {
    public let replica: ReplicaID
    public fileprivate(set) var n: Int
  }

  public private(set) var components: [Component] = []

  public init() {}

  /// Builds a vector from components in any order; of two for one replica the higher counts.
  public init(_ pairs: some Sequence<(ReplicaID, Int)>) {
    for (replica, n) in pairs { advance(to: Dot(replica, n)) }
  }

  public var count: Int { components.count }
  public var isEmpty: Bool { components.isEmpty }

  private func index(of replica: ReplicaID) -> (Int, Bool) {
    var low = 0
    var high = components.count
    while low < high {
      let middle = (low + high) / 2
      if components[middle].replica < replica { low = middle + 1 } else { high = middle }
    }
    return (low, low < components.count && components[low].replica == replica)
  }

  /// The highest n of `replica`, 0 where there is none.
  public subscript(replica: ReplicaID) -> Int {
    let (index, found) = index(of: replica)
    return found ? components[index].n : 0
  }

  /// True if the change with this dot is in this vector's past.
  public func covers(_ dot: Dot) -> Bool { self[dot.replica] >= dot.n }

  /// True if everything that `other` names is in this vector's past.
  public func covers(_ other: VersionVector) -> Bool {
    if other.components.count > components.count { return false }
    var index = 0
    for wanted in other.components {
      while index < components.count, components[index].replica < wanted.replica { index += 1 }
      guard index < components.count, components[index].replica == wanted.replica, components[index].n >= wanted.n
      else { return false }
    }
    return true
  }

  /// Raises the component of the dot's replica to at least its n.
  public mutating func advance(to dot: Dot) {
    let (index, found) = index(of: dot.replica)
    if found {
      if components[index].n < dot.n { components[index].n = dot.n }
    } else {
      components.insert(Component(replica: dot.replica, n: dot.n), at: index)
    }
  }

  /// The least vector that covers both.
  public func merged(with other: VersionVector) -> VersionVector {
    var result = self
    for component in other.components { result.advance(to: Dot(component.replica, component.n)) }
    return result
  }

  /// `{"replica":n,…}`, sorted by replica.
  public func write(to output: inout [UInt8]) {
    output.append(0x7B)
    for (index, component) in components.enumerated() {
      if index > 0 { output.append(0x2C) }
      output.append(0x22)
      output.append(contentsOf: component.replica.text.utf8)
      output.append(0x22)
      output.append(0x3A)
      output.append(contentsOf: String(component.n).utf8)
    }
    output.append(0x7D)
  }

  /// Reads `{"replica":n,…}` in any order of keys; `limit` is the wire's, nil for what this side stored itself.
  static func read(
    _ reader: inout JSONReader, limit: Int? = Limits.maxVectorSize
  ) throws(JSONError) -> VersionVector {
    var vector = VersionVector()
    try reader.readObject { (reader, key) throws(JSONError) in
      if let limit, vector.count >= limit {
        throw JSONError(.outOfRange, at: reader.position, field: "context: at most \(limit) components")
      }
      let replica: ReplicaID
      do { replica = try ReplicaID(key) } catch { throw JSONError(.wrongType, at: reader.position, field: "context") }
      let n = try reader.readInt()
      guard n >= 1, n <= Limits.maxInteger else { throw JSONError(.outOfRange, at: reader.position, field: "context") }
      vector.advance(to: Dot(replica, n))
    }
    return vector
  }

  public var json: JSON { .object(components.map { JSON.Member($0.replica.text, .int($0.n)) }) }
}
