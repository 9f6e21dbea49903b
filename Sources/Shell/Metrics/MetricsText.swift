// The text that Prometheus reads, format 0.0.4. Which metrics there are is each daemon's table.

/// What kind of figure a metric is.
public enum MetricKind: String, Sendable {
  case counter, gauge, histogram
}

/// One metric: what a daemon's table says of it.
public struct MetricRow: Sendable {
  /// By the convention: prefix, what it is, unit; counters end with `_total`.
  public let name: String
  public let kind: MetricKind
  /// One line.
  public let help: String

  public init(_ name: String, _ kind: MetricKind, _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
  }
}

/// Writes metrics one after the other; a metric's samples stand together.
public struct MetricsText: Sendable {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  public private(set) var text = ""

  public init() {}

  /// A metric without labels.
  public mutating func write(_ row: MetricRow, _ value: Double) { write(row, [([], value)]) }

  /// A metric with one sample for each set of labels; nothing where there is none.
  public mutating func write(_ row: MetricRow, _ samples: [(labels: [(name: String, value: String)], value: Double)]) {
    guard !samples.isEmpty else { return }
    writeHead(row)
    for sample in samples { writeSample(row.name, sample.labels, sample.value) }
  }

  public mutating func write(_ row: MetricRow, _ reading: Histogram.Reading) {
    write(row, [(labels: [], reading: reading)])
  }

  /// A histogram with one reading for each set of labels; nothing where there is none.
  public mutating func write(
    _ row: MetricRow, _ readings: [(labels: [(name: String, value: String)], reading: Histogram.Reading)]
  ) {
    guard !readings.isEmpty else { return }
    writeHead(row)
    for (labels, reading) in readings {
      for (bound, count) in reading.cumulative {
        writeSample(row.name + "_bucket", labels + [("le", MetricsText.number(bound.inSeconds))], Double(count))
      }
      writeSample(row.name + "_bucket", labels + [("le", "+Inf")], Double(reading.count))
      writeSample(row.name + "_sum", labels, reading.sum.inSeconds)
      writeSample(row.name + "_count", labels, Double(reading.count))
    }
  }

  private mutating func writeHead(_ row: MetricRow) {
    let help = row.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    text += "# HELP \(row.name) \(help)\n# TYPE \(row.name) \(row.kind.rawValue)\n"
  }

  private mutating func writeSample(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.name)=\"\(MetricsText.escaped($0.value))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(MetricsText.number(value))\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// Whole numbers without a point, as people expect of a count.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    return "\(value)"
  }
}

extension Duration {
  /// In seconds, as figures for programs have it.
  public var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
