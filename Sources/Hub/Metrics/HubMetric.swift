// The hub's metrics: the one table of names, kinds and meanings. The alert rules in deploy/prometheus and their tests go by it; the values
// are MetricsReading's. Labels name a platform, or a listener and a kind of requests, so that their number is bounded and nobody stands in them.

import Shell

enum HubMetric: String, CaseIterable {
  // What it is.
  case buildInfo = "lianxin_hub_build_info"

  // Orders.
  case orders = "lianxin_hub_orders"
  case ordersOpen = "lianxin_hub_orders_open"
  case ordersOverdue = "lianxin_hub_orders_overdue"
  case conflicts = "lianxin_hub_conflicts"
  case contradictions = "lianxin_hub_contradictions"
  case requestsOpen = "lianxin_hub_requests_open"
  case deadlinesDueSoon = "lianxin_hub_deadlines_due_soon"
  case deadlinesOverdue = "lianxin_hub_deadlines_overdue"
  case deadlinesPaused = "lianxin_hub_deadlines_paused"
  case callBacksWaiting = "lianxin_hub_callbacks_waiting"
  case changes = "lianxin_hub_changes"
  case changesVoid = "lianxin_hub_changes_void"
  case changesQuarantined = "lianxin_hub_changes_quarantined"
  case changesWaiting = "lianxin_hub_changes_waiting"

  case revealAlerts = "lianxin_hub_reveal_alerts"

  // Platforms, as they last said or as the hub sees them.
  case feedLag = "lianxin_hub_feed_lag_entries"
  case outbox = "lianxin_hub_outbox_changes"
  case outboxAge = "lianxin_hub_outbox_oldest_age_seconds"
  case contactAge = "lianxin_hub_contact_age_seconds"
  case agents = "lianxin_hub_agents"
  case agentsOnline = "lianxin_hub_agents_online"
  case clockSkew = "lianxin_hub_clock_skew_seconds"
  case agentCertificateExpiry = "lianxin_hub_agent_certificate_expiry_timestamp_seconds"
  case cloneAlarms = "lianxin_hub_clone_alarms"

  // Ingest.
  case ingestRequests = "lianxin_hub_ingest_requests_total"
  case ingestRefused = "lianxin_hub_ingest_refused_total"
  case ingestChanges = "lianxin_hub_ingest_changes_total"
  case ingestDuration = "lianxin_hub_ingest_duration_seconds"
  case commits = "lianxin_hub_commits_total"
  case commitFailures = "lianxin_hub_commit_failures_total"
  case commitDuration = "lianxin_hub_commit_duration_seconds"
  case queueDepth = "lianxin_hub_ingest_queue_requests"
  case queueLimit = "lianxin_hub_ingest_queue_limit_requests"

  // Answers.
  case requestDuration = "lianxin_hub_http_request_duration_seconds"

  // What keeps it.
  case databaseBytes = "lianxin_hub_database_bytes"
  case logBytes = "lianxin_hub_database_log_bytes"
  case diskFree = "lianxin_hub_disk_free_bytes"
  case writerFailed = "lianxin_hub_writer_failed"
  case searchComplete = "lianxin_hub_search_complete"
  case backupChecked = "lianxin_hub_backup_check_timestamp_seconds"
  case backupMade = "lianxin_hub_backup_checked_created_timestamp_seconds"
  case authorityExpiry = "lianxin_hub_authority_certificate_expiry_timestamp_seconds"
  case listenerExpiry = "lianxin_hub_listener_certificate_expiry_timestamp_seconds"

  // The metrics themselves.
  case scrapeDuration = "lianxin_hub_scrape_duration_seconds"
  case platformsFolded = "lianxin_hub_platforms_beyond_labels"

  var row: MetricRow { MetricRow(rawValue, kind, help) }

  /// True where it may be missing: what it tells of may not be there.
  var isConditional: Bool {
    switch self {
    case .feedLag, .outbox, .outboxAge, .contactAge, .agents, .agentsOnline, .clockSkew, .agentCertificateExpiry,
      .cloneAlarms, .backupChecked, .backupMade, .authorityExpiry, .listenerExpiry, .databaseBytes, .logBytes,
      .diskFree:
      true
    default: false
    }
  }

  private var kind: MetricKind {
    switch self {
    case .ingestDuration, .commitDuration, .requestDuration: .histogram
    default: rawValue.hasSuffix("_total") ? .counter : .gauge
    }
  }

  private var help: String {
    switch self {
    case .buildInfo: "Always 1; the version stands in the label."
    case .orders: "Orders that the hub holds."
    case .ordersOpen: "Orders that are neither closed nor cancelled."
    case .ordersOverdue: "Open orders whose deadline for completion has passed."
    case .conflicts: "Registers with concurrent values that nobody has settled."
    case .contradictions:
      "Contradictions between registers that nobody has settled, and pairs of orders with one reference that nobody has related."
    case .requestsOpen: "Requests of platforms that wait for an answer."
    case .deadlinesDueSoon: "Deadlines of any stage that end soon."
    case .deadlinesOverdue: "Deadlines of any stage that have passed, urged and supervised ones too."
    case .deadlinesPaused: "Deadlines that stand still, for their assignment is suspended."
    case .callBacksWaiting: "Orders that wait for a call-back."
    case .changes: "Changes that the hub holds."
    case .changesVoid: "Changes that arrived and may not have an effect."
    case .changesQuarantined: "Changes in quarantine, and changes that this version cannot read."
    case .changesWaiting: "Changes that came back before something that they build on."
    case .revealAlerts: "Alerts of the last day: an account revealed more personal data in an hour than the limit."
    case .feedLag: "Entries that an agent of the platform has not acknowledged; of several agents the most."
    case .outbox: "Changes that the platform's agents last said they had not sent."
    case .outboxAge: "Age of the oldest of them, seconds; absent where there is none."
    case .contactAge: "Seconds since any agent of the platform was heard of."
    case .agents: "Agents of the platform that are not revoked."
    case .agentsOnline: "Those that are in contact."
    case .clockSkew: "How far an agent's clock is from the hub's, seconds, without sign; of several agents the most."
    case .agentCertificateExpiry: "When the first of the platform's agents' certificates ends, Unix time."
    case .cloneAlarms: "Agents of the platform whose machine was copied, not yet settled."
    case .ingestRequests: "Requests that were taken into the writer's queue."
    case .ingestRefused: "Requests that were told to come back, for the queue was full."
    case .ingestChanges: "Changes that were stored."
    case .ingestDuration: "From the queue to where a request is durable, seconds."
    case .commits: "Commits that returned."
    case .commitFailures: "Commits that failed; nothing of them was acknowledged."
    case .commitDuration: "From the beginning of a commit to where it is durable, seconds."
    case .queueDepth: "Requests that wait for the writer."
    case .queueLimit: "Requests that may wait for the writer."
    case .requestDuration:
      "From a request's head to where its answer's is ready, seconds; by listener and kind. A poll is held until there is news."
    case .databaseBytes: "The database's main file, bytes."
    case .logBytes: "The database's write-ahead log, bytes."
    case .diskFree: "Space that is left where the database lies, bytes."
    case .writerFailed: "1 where the disk failed and nothing can be written until the hub is restarted."
    case .searchComplete: "0 while the index of words is being made anew."
    case .backupChecked: "When a backup was last restored in a check, Unix time; absent where that never happened."
    case .backupMade: "When the backup that was checked last had been made, Unix time."
    case .authorityExpiry: "When the authority's certificate ends, Unix time."
    case .listenerExpiry: "When the certificate of the hub's listeners ends, Unix time."
    case .scrapeDuration: "What this reading took, seconds."
    case .platformsFolded: "Platforms beyond the first 200 by name: they stand together under the label _other."
    }
  }
}
