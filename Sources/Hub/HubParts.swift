// The parts of a running hub and how they are put together over its database. The parts' own work is in their folders.

import Core
import Foundation
import Logging
import Shell

/// The parts of a running hub, opened over its directory.
struct HubParts: Sendable {
  let database: any Database
  let writer: GroupCommitWriter
  let signals: FeedSignals
  /// What open pages of the console wait for.
  let changes: ConsoleSignals
  let contacts: Contacts
  let registry: AgentRegistry
  let hotline: Hotline
  let authority: CertificateAuthority
  let environment: HubEnvironment
  /// How long the listeners' answers take.
  let times = RequestTimes()

  /// Puts the parts together over an open database. The writer is not started yet.
  static func assemble(
    database: any Database, authority: CertificateAuthority, receiptKey: [UInt8], ledger: Ledger,
    environment: HubEnvironment,
    queue: Int, group: Int, certificateLifeSeconds: Int, certificateGraceSeconds: Int,
    passwordCost: PasswordCost = .standard, secondFactor: SecondFactorRule = .supervisor,
    inForce: PolicyInForce = PolicyInForce(), logger: Logger,
    certificates: @escaping @Sendable () -> [(name: String, notAfter: Int)] = { [] },
    machine: @escaping @Sendable (_ fixing: Bool) -> [Finding] = { _ in [] },
    lastCheck: @escaping @Sendable () -> LastCheck? = { nil },
    liveMilliseconds: Int = 90 * 86_400_000
  ) throws -> HubParts {
    try HubSchema.migrate(database)
    inForce.replace(try database.read { try Supervisor.corrections($0) })
    var environment = environment
    environment.deadlines = { view, now in
      Deadlines.edits(Deadlines.missing(in: view, since: now, inForce.policy))
    }
    let signals = FeedSignals()
    let changes = ConsoleSignals()
    let contacts = Contacts { changes.raise([.platforms]) }
    let writer = GroupCommitWriter(
      database: database, environment: environment, receiptKey: receiptKey, queueLimit: queue, groupLimit: group,
      feedSignals: signals,
      committed: { changedOrders in changes.raise(changedOrders ? Topic.ofOrders : Topic.ofOthers) },
      wentBack: { transaction in try AgentRegistry.recall(try ledger.replay(), transaction) },
      followers: [SupervisionFollower(inForce: inForce)], logger: logger)
    let registry = AgentRegistry(
      database: database, writer: writer, authority: authority, ledger: ledger, environment: environment,
      lifeSeconds: certificateLifeSeconds, graceSeconds: certificateGraceSeconds)
    let accounts = Accounts(
      database: database, writer: writer, environment: environment, cost: passwordCost,
      hubKey: receiptKey, rule: secondFactor, logger: logger)
    let hotline = Hotline(
      database: database, writer: writer, registry: registry, accounts: accounts, contacts: contacts,
      environment: environment, signals: signals, inForce: inForce, certificates: certificates, machine: machine,
      lastCheck: lastCheck, liveMilliseconds: liveMilliseconds)
    return HubParts(
      database: database, writer: writer, signals: signals, changes: changes, contacts: contacts, registry: registry,
      hotline: hotline,
      authority: authority, environment: environment)
  }
}
