// Every limit of the product in one table. Both sides check them before they parse; errors name the limit.

/// Limits on what is accepted, with the reason for each.
public enum Limits {
  /// Nesting of arrays and objects in any JSON text: deep recursion is the classic way to overflow a parser's stack.
  public static let maxDepth = 32
  /// Bytes of one number token: no honest number is longer, and conversion cost is bounded.
  public static let maxNumberBytes = 64
  /// The largest integer on the wire: what every JSON reader holds exactly (2^53 - 1).
  public static let maxInteger = 9_007_199_254_740_991
  /// Bytes of one change line.
  public static let maxLineBytes = 256 * 1024
  /// Bytes of one head line: it may carry the sealed values of an assignment.
  public static let maxHeadBytes = 256 * 1024
  /// Edits in one change.
  public static let maxEdits = 128
  /// Bytes of one register value or entry.
  public static let maxValueBytes = 64 * 1024
  /// Bytes of a register's name.
  public static let maxRegisterNameBytes = 512
  /// Registers in one order at which its authors add no more: requests and assignments included, `void/…`,
  /// `clock/…` and `purged/…` not. The hub takes up to twice as many, all included, of platforms that wrote without knowing of each
  /// other.
  public static let maxRegisters = 4_096
  /// Registers beyond those that platforms can fill an order with, for the hub alone: closing, cancelling, recalling, a verdict and
  /// answers must stay possible, so that an order that someone filled can be ended.
  public static let registerReserve = 256
  /// Entries (notes, call-backs …) in one order.
  public static let maxEntries = 200_000
  /// Components of one version vector. At the limit a new edit is refused at its author.
  public static let maxVectorSize = 4_096
  /// Of them only the hub's own runs may take the last: so it can go on writing where platforms have filled an order.
  public static let vectorReserve = 16
  /// 80 %: a size that people should be shown. Nothing is refused by it.
  public static let warnVectorSize = maxVectorSize * 8 / 10
  /// Bytes of one sealed value.
  public static let maxSealedBytes = 8 * 1024
  /// Nesting in one sealed value: in a head it stands three levels down, and must be readable there.
  public static let maxSealedDepth = 24
  /// Sealed values beside one change.
  public static let maxSealedValues = 16
  /// Changes of one platform that the hub keeps in quarantine; then its pushes wait for a person.
  public static let maxQuarantined = 10_000
  /// Changes in one push or pull.
  public static let maxBatchChanges = 2_000
  /// Bytes of one request or reply body.
  public static let maxBatchBytes = 8 * 1024 * 1024
  /// Bytes of any other request body.
  public static let maxMessageBytes = 256 * 1024
  /// Runs that one hello may name; more are named in a later hello.
  public static let maxRunsInHello = 256
  /// Commitments that one message may name as lacking their values.
  public static let maxLacks = 256
  /// Top buckets whose leaves one reconcile call may ask for.
  public static let maxReconcileTops = 32
  /// Leaf buckets whose orders one reconcile call may ask for.
  public static let maxReconcileLeaves = 256
  /// Orders whose changes one reconcile call may ask for.
  public static let maxReconcileOrders = 128
  /// Changes that one reconcile call may ask for, and that an agent gives with one.
  public static let maxReconcileDots = 500
  /// Bytes of a request id that a caller gives a command.
  public static let maxRequestIDBytes = 128
  /// Bytes of one text field in a value.
  public static let maxTextBytes = 32 * 1024
  /// The longest wait of a long poll, in seconds.
  public static let maxWaitSeconds = 60
  /// Orders in one page of a list.
  public static let maxPage = 1_000
}
