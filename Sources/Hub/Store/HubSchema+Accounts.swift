// The steps of the schema for people and programs: accounts, sessions, tokens, second factors, and the audit of what they did.

extension HubSchema {
  static let accounts = [
    // password: scrypt with its parameters; one_time_until: it is good for signing in once, until then.
    """
    CREATE TABLE account (
      name TEXT PRIMARY KEY, display_name TEXT NOT NULL, role TEXT NOT NULL, is_program BIGINT NOT NULL,
      created BIGINT NOT NULL, disabled BIGINT, password TEXT, one_time_until BIGINT, signed_in BIGINT)
    """,
    // Ids and tokens are secrets: what is kept is their hash.
    """
    CREATE TABLE session (
      id BYTEA PRIMARY KEY, account TEXT NOT NULL, created BIGINT NOT NULL, seen BIGINT NOT NULL,
      must_change BIGINT NOT NULL)
    """,
    "CREATE INDEX session_by_account ON session (account)",
    // Browsers in which an account signed in.
    "CREATE TABLE device (id BYTEA PRIMARY KEY, account TEXT NOT NULL, seen BIGINT NOT NULL)",
    "CREATE INDEX device_by_account ON device (account)",
    """
    CREATE TABLE api_token (
      id TEXT PRIMARY KEY, hash BYTEA NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL, label TEXT NOT NULL,
      created BIGINT NOT NULL, created_by TEXT NOT NULL, expires BIGINT NOT NULL, used BIGINT, revoked BIGINT)
    """,
    "CREATE UNIQUE INDEX api_token_by_hash ON api_token (hash)",
    "CREATE INDEX api_token_by_account ON api_token (account)",
    // What was done that is no change of an order. hash: over the row and the hash of the row before; audit_head has the last.
    """
    CREATE TABLE audit (
      number BIGINT PRIMARY KEY, at BIGINT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, via TEXT NOT NULL,
      action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, hash BYTEA NOT NULL)
    """,
    "CREATE TABLE audit_head (id BIGINT PRIMARY KEY, number BIGINT NOT NULL, hash BYTEA NOT NULL)",
  ]

  static let factors = [
    // secret: sealed under the hub's key; used_step: of the last code; pending: a secret that waits for its first code.
    """
    CREATE TABLE second_factor (
      account TEXT PRIMARY KEY, secret BYTEA, since BIGINT, used_step BIGINT NOT NULL, pending BYTEA,
      pending_since BIGINT, pending_session BYTEA)
    """,
    "CREATE TABLE recovery_code (account TEXT NOT NULL, mark BYTEA NOT NULL, PRIMARY KEY (account, mark))",
    // must_enrol: a second factor must be set up first; is_short: the password is long enough beside one alone.
    "ALTER TABLE session ADD COLUMN must_enrol BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE account ADD COLUMN is_short BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX audit_revealed ON audit (who, at) WHERE action = 'revealed'",
    "CREATE INDEX audit_revealed_many ON audit (at) WHERE action = 'revealed-many'",
  ]
}
