-- Tables of the money protocol, their guards, and row level security (default deny).
-- Amounts are BIGINT USD micros; ids are UUIDv7 or BIGINT.

-- Every version of a key, plan or tenant comes from here, so that a mirror can tell newer from older.
CREATE SEQUENCE config_version;

-- The one clock of every statement.
CREATE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT pg_catalog.clock_timestamp()';

CREATE TABLE operator_switch (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  mode text NOT NULL CHECK (mode IN ('normal', 'read-only', 'halt')),
  updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO operator_switch (mode) VALUES ('normal');

CREATE TABLE tenants (
  tenant_id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  version bigint NOT NULL DEFAULT nextval('config_version'),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE plans (
  plan_id text PRIMARY KEY CHECK (plan_id ~ '^[a-z][a-z0-9-]{0,62}$'),
  submit_per_minute integer NOT NULL CHECK (submit_per_minute BETWEEN 1 AND 600000),
  submit_burst integer NOT NULL CHECK (submit_burst BETWEEN 1 AND 100000),
  read_per_minute integer NOT NULL CHECK (read_per_minute BETWEEN 1 AND 600000),
  read_burst integer NOT NULL CHECK (read_burst BETWEEN 1 AND 100000),
  max_open_runs integer NOT NULL CHECK (max_open_runs BETWEEN 1 AND 10000),
  max_cost_micros bigint NOT NULL CHECK (max_cost_micros BETWEEN 5000 AND 1000000000000),
  pack_types text[] NOT NULL,
  retention_days integer NOT NULL CHECK (retention_days BETWEEN 1 AND 3650),
  version bigint NOT NULL DEFAULT nextval('config_version'),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tenant_plans (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  plan_id text NOT NULL REFERENCES plans,
  version bigint NOT NULL DEFAULT nextval('config_version'),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  key_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  key_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(key_sha256) = 32),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  mode text NOT NULL CHECK (mode IN ('live', 'test')),
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['submit', 'read', 'admin'] AND cardinality(scopes) > 0),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  expires_at timestamptz CHECK (isfinite(expires_at)),
  submit_per_minute integer CHECK (submit_per_minute BETWEEN 1 AND 600000),
  read_per_minute integer CHECK (read_per_minute BETWEEN 1 AND 600000),
  spending_cap_micros bigint CHECK (spending_cap_micros >= 0),
  -- The first key of a chain of rotations: what its keys spend counts against one cap.
  spending_id uuid NOT NULL,
  rotated_from uuid UNIQUE REFERENCES api_keys,
  version bigint NOT NULL DEFAULT nextval('config_version'),
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id);

-- What a capped key and its successors have reserved and been charged; only those with a cap have a row.
CREATE TABLE key_spending (
  spending_id uuid PRIMARY KEY,
  committed_micros bigint NOT NULL CHECK (committed_micros >= 0)
);

CREATE TABLE balances (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  granted bigint NOT NULL DEFAULT 0 CHECK (granted BETWEEN 0 AND 9007199254740991),
  charged bigint NOT NULL DEFAULT 0 CHECK (charged >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
  open_runs integer NOT NULL DEFAULT 0 CHECK (open_runs >= 0),
  moved_at timestamptz NOT NULL DEFAULT now(),
  CHECK (available + reserved + charged = granted)
);

CREATE TABLE runs (
  run_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  key_id uuid NOT NULL REFERENCES api_keys,
  idempotency_key text NOT NULL,
  payload_sha256 bytea NOT NULL CHECK (octet_length(payload_sha256) = 32),
  pack_type text NOT NULL,
  pack_version text NOT NULL,
  inputs text,
  metadata jsonb NOT NULL DEFAULT '{}',
  trace_parent text NOT NULL,
  timebox_sec integer NOT NULL CHECK (timebox_sec BETWEEN 1 AND 900),
  min_reliability double precision CHECK (min_reliability BETWEEN 0 AND 1),
  retention_days integer NOT NULL,
  key_capped boolean NOT NULL,

  status text NOT NULL DEFAULT 'QUEUED'
    CHECK (status IN ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED')),
  finalize_stage text CHECK (finalize_stage IN ('CLAIMED', 'COMMITTED')),
  money_state text NOT NULL DEFAULT 'RESERVED'
    CHECK (money_state IN ('RESERVED', 'SETTLED', 'REFUNDED', 'AUDIT_REQUIRED')),
  version bigint NOT NULL DEFAULT 1,
  reserved_micros bigint NOT NULL CHECK (reserved_micros >= 5000),
  minimum_fee_micros bigint NOT NULL CHECK (minimum_fee_micros BETWEEN 0 AND reserved_micros),
  charged_micros bigint CHECK (charged_micros BETWEEN 0 AND reserved_micros),

  attempt integer NOT NULL DEFAULT 0,
  hand_backs integer NOT NULL DEFAULT 0 CHECK (hand_backs BETWEEN 0 AND 5),
  lease_token uuid,
  lease_expires_at timestamptz,
  finalize_token uuid,
  claimed_at timestamptz,
  cancel_requested boolean NOT NULL DEFAULT false,
  last_signal_at timestamptz NOT NULL,
  signal_count integer NOT NULL DEFAULT 1,

  reason_code text,
  reason_detail text,
  result_attempt integer,
  result_sha256 bytea,
  result_bytes bigint,
  reliability double precision,

  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  retention_until timestamptz,

  UNIQUE (tenant_id, idempotency_key),
  CHECK (money_state = 'AUDIT_REQUIRED' OR
    (money_state = 'RESERVED') = (status IN ('QUEUED', 'PROCESSING'))),
  CHECK (money_state = 'AUDIT_REQUIRED' OR (money_state = 'SETTLED') = (coalesce(charged_micros, 0) > 0)),
  CHECK (status <> 'COMPLETED' OR (result_sha256 IS NOT NULL AND finalize_stage = 'COMMITTED'))
);
CREATE INDEX runs_open ON runs (tenant_id) WHERE status IN ('QUEUED', 'PROCESSING');
CREATE INDEX runs_signal ON runs (last_signal_at, run_id) WHERE status = 'QUEUED';
CREATE INDEX runs_lease ON runs (lease_expires_at, run_id) WHERE status = 'PROCESSING' AND finalize_stage IS NULL;
CREATE INDEX runs_claimed ON runs (claimed_at, run_id) WHERE finalize_stage = 'CLAIMED';

-- Append-only: no role holds UPDATE or DELETE.
CREATE TABLE ledger_transfers (
  transfer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  run_id uuid REFERENCES runs,
  grant_id text CHECK (length(grant_id) BETWEEN 1 AND 200),
  kind text NOT NULL,
  debit text NOT NULL,
  credit text NOT NULL,
  amount_micros bigint NOT NULL CHECK (amount_micros > 0),
  created_at timestamptz NOT NULL,
  UNIQUE (run_id, kind),
  CHECK ((kind, debit, credit) IN (
    ('GRANT', 'funding', 'available'), ('CLAWBACK', 'available', 'funding'),
    ('RESERVE', 'available', 'reserved'), ('CHARGE', 'reserved', 'revenue'), ('REFUND', 'reserved', 'available'))),
  CHECK ((kind IN ('GRANT', 'CLAWBACK')) = (grant_id IS NOT NULL)),
  CHECK ((run_id IS NULL) = (grant_id IS NOT NULL))
);
CREATE UNIQUE INDEX ledger_transfers_grant ON ledger_transfers (kind, grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX ledger_transfers_tenant ON ledger_transfers (tenant_id, transfer_id);

CREATE TABLE usage_daily (
  tenant_id uuid NOT NULL REFERENCES tenants,
  day date NOT NULL,
  pack_type text NOT NULL,
  key_id uuid NOT NULL,
  runs bigint NOT NULL,
  completed bigint NOT NULL,
  failed bigint NOT NULL,
  canceled bigint NOT NULL,
  reserved_micros bigint NOT NULL,
  charged_micros bigint NOT NULL,
  PRIMARY KEY (tenant_id, day, pack_type, key_id)
);

CREATE TABLE outbox_events (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  run_id uuid REFERENCES runs,
  type text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE audit_findings (
  finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  run_id uuid REFERENCES runs,
  kind text NOT NULL,
  detail jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  resolved_at timestamptz
);
CREATE UNIQUE INDEX audit_findings_open ON audit_findings (run_id, kind) WHERE resolved_at IS NULL;

-- Every row of api_keys, plans, tenants and tenant_plans that changes gets a new version.
CREATE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := nextval('config_version');
  RETURN NEW;
END $$;
CREATE TRIGGER tenants_version BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER plans_version BEFORE UPDATE ON plans FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER tenant_plans_version BEFORE UPDATE ON tenant_plans FOR EACH ROW EXECUTE FUNCTION raise_config_version();
CREATE TRIGGER api_keys_version BEFORE UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION raise_config_version();
