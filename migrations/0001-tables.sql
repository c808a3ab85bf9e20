-- Tables of the money protocol, their constraints, indexes and first rows. Functions, views, triggers, roles and
-- grants are in functions/, applied after these files. Amounts are BIGINT USD micros; ids are UUIDv7 or BIGINT.
-- Row level security is on for every table (default deny): a role sees the rows that a policy of functions/roles.sql shows.

ALTER TABLE pgmigrations ENABLE ROW LEVEL SECURITY;

-- Hashes of the files of functions/ that `npm run migrate` applied last, and of the state of schema public and of the roles
-- afterwards: they are applied again when one differs.
CREATE TABLE applied_functions (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  files_sha256 text NOT NULL,
  state_sha256 text NOT NULL,
  applied_at timestamptz NOT NULL
);
ALTER TABLE applied_functions ENABLE ROW LEVEL SECURITY;

-- Every version of a key, plan or tenant comes from here, so that a mirror can tell newer from older.
CREATE SEQUENCE config_version;

CREATE TABLE operator_switch (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  mode text NOT NULL CHECK (mode IN ('normal', 'read-only', 'halt')),
  updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE operator_switch ENABLE ROW LEVEL SECURITY;
INSERT INTO operator_switch (mode) VALUES ('normal');

-- Each row is a lock: see take_lock_row.
CREATE TABLE lock_rows (name text PRIMARY KEY);
ALTER TABLE lock_rows ENABLE ROW LEVEL SECURITY;
INSERT INTO lock_rows (name) VALUES ('webhook claims'), ('clawbacks');

-- Workers and reapers that say that they are alive: a few rows, each written every 15 s by its process alone.
CREATE TABLE processes (
  process_id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('worker', 'reaper')),
  beat_at timestamptz NOT NULL
);
ALTER TABLE processes ENABLE ROW LEVEL SECURITY;
CREATE INDEX processes_beat ON processes (kind, beat_at);

CREATE TABLE tenants (
  tenant_id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
  version bigint NOT NULL DEFAULT nextval('config_version'),
  created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE INDEX tenants_oldest ON tenants (created_at, tenant_id);

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
ALTER TABLE plans ENABLE ROW LEVEL SECURITY;

-- Packs that only a part of the tenants may use; a pack without a row is everybody's whose plan has it.
CREATE TABLE pack_rollouts (
  pack_type text PRIMARY KEY CHECK (length(pack_type) BETWEEN 1 AND 63),
  percent integer NOT NULL CHECK (percent BETWEEN 0 AND 100),
  version bigint NOT NULL DEFAULT nextval('config_version'),
  updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE pack_rollouts ENABLE ROW LEVEL SECURITY;

CREATE TABLE tenant_plans (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  plan_id text NOT NULL REFERENCES plans,
  version bigint NOT NULL DEFAULT nextval('config_version'),
  updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tenant_plans ENABLE ROW LEVEL SECURITY;
CREATE INDEX tenant_plans_plan ON tenant_plans (plan_id, tenant_id);

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
  revoked_at timestamptz,
  -- The keys whose own rates this one counts against besides its own, each named by the first of its chain of rotations
  -- (spending_id), which is also the name of its own count: a key's maker, that one's maker, and so on, where they have
  -- rates.
  rate_makers uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(rate_makers) <= 4)
);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
-- Keys that have not ended, or ended recently; and the newest. Neither reads all keys of a tenant.
CREATE INDEX api_keys_ends ON api_keys (tenant_id, (coalesce(least(revoked_at, expires_at), 'infinity'::timestamptz)));
CREATE INDEX api_keys_newest ON api_keys (tenant_id, created_at DESC, key_id DESC);
-- The keys whose spending an audit from a checkpoint compares.
CREATE INDEX api_keys_capped ON api_keys (tenant_id) WHERE spending_cap_micros IS NOT NULL;

-- What a capped key and its successors have reserved and been charged; only those with a cap have a row.
CREATE TABLE key_spending (
  spending_id uuid PRIMARY KEY,
  committed_micros bigint NOT NULL CHECK (committed_micros >= 0)
);
ALTER TABLE key_spending ENABLE ROW LEVEL SECURITY;

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
ALTER TABLE balances ENABLE ROW LEVEL SECURITY;

-- When a tenant's money moved last, to 15 s: the first movement of each 15 s is recorded. An index on balances.moved_at
-- would cost every movement an entry, with the balance locked.
CREATE TABLE tenant_movements (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  moved_at timestamptz NOT NULL
);
ALTER TABLE tenant_movements ENABLE ROW LEVEL SECURITY;
CREATE INDEX tenant_movements_newest ON tenant_movements (moved_at, tenant_id);

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
  uncounted_requeues integer NOT NULL DEFAULT 0 CHECK (uncounted_requeues BETWEEN 0 AND 5),
  lease_token uuid,
  lease_expires_at timestamptz,
  finalize_token uuid,
  claimed_at timestamptz,
  cancel_requested boolean NOT NULL DEFAULT false,
  -- Whether the event for webhook_url carries the result. Here it takes no space: the next column begins at eight bytes.
  webhook_include_output boolean NOT NULL DEFAULT false,
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
  -- From `purging_at` on its objects may be gone; at `purged_at` they are, and its inputs too.
  purging_at timestamptz,
  purged_at timestamptz,
  -- May hold a secret of its owner: purge_run clears it.
  webhook_url text,

  UNIQUE (tenant_id, idempotency_key),
  CHECK (money_state = 'AUDIT_REQUIRED' OR
    (money_state = 'RESERVED') = (status IN ('QUEUED', 'PROCESSING'))),
  CHECK (money_state = 'AUDIT_REQUIRED' OR (money_state = 'SETTLED') = (coalesce(charged_micros, 0) > 0)),
  CHECK (status <> 'COMPLETED' OR (result_sha256 IS NOT NULL AND finalize_stage = 'COMMITTED'))
);
ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
CREATE INDEX runs_open ON runs (tenant_id) WHERE status IN ('QUEUED', 'PROCESSING');
-- The signal sweep: a run's next signal is due by how many it had. More than twelve wait as long as twelve.
CREATE INDEX runs_signal_due ON runs (least(signal_count, 12), last_signal_at, run_id)
  WHERE status = 'QUEUED' AND money_state = 'RESERVED';
CREATE INDEX runs_lease ON runs (lease_expires_at, run_id) WHERE status = 'PROCESSING' AND finalize_stage IS NULL;
CREATE INDEX runs_claimed ON runs (claimed_at, run_id) WHERE finalize_stage = 'CLAIMED';
CREATE INDEX runs_past_retention ON runs (retention_until, run_id)
  WHERE purged_at IS NULL AND money_state IN ('SETTLED', 'REFUNDED');
CREATE INDEX runs_finished ON runs (tenant_id, finished_at, run_id) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_newest ON runs (tenant_id, created_at DESC, run_id DESC);

-- Transaction ids start again in another cluster (a dump restored, a logical replica promoted): `epoch` rises there, see
-- adopt_cluster(), and is the upper part of every commit_order.
CREATE TABLE commit_epoch (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch integer NOT NULL CHECK (epoch BETWEEN 1 AND 3500),
  system_identifier bigint NOT NULL
);
ALTER TABLE commit_epoch ENABLE ROW LEVEL SECURITY;
INSERT INTO commit_epoch (epoch, system_identifier) SELECT 1, s.system_identifier FROM pg_control_system() s;

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
  -- The position of its transaction in the order of functions/commit-order.sql, by the default that functions/triggers.sql sets.
  commit_order bigint NOT NULL,
  UNIQUE (run_id, kind),
  CHECK ((kind, debit, credit) IN (
    ('GRANT', 'funding', 'available'), ('CLAWBACK', 'available', 'funding'),
    ('RESERVE', 'available', 'reserved'), ('CHARGE', 'reserved', 'revenue'), ('REFUND', 'reserved', 'available'))),
  CHECK ((kind IN ('GRANT', 'CLAWBACK')) = (grant_id IS NOT NULL)),
  CHECK ((run_id IS NULL) = (grant_id IS NOT NULL))
);
ALTER TABLE ledger_transfers ENABLE ROW LEVEL SECURITY;
CREATE UNIQUE INDEX ledger_transfers_grant ON ledger_transfers (kind, grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX ledger_transfers_tenant ON ledger_transfers (tenant_id, transfer_id);
CREATE INDEX ledger_transfers_newest ON ledger_transfers (tenant_id, kind, created_at DESC, transfer_id DESC);
CREATE INDEX ledger_transfers_committed ON ledger_transfers (tenant_id, commit_order, transfer_id);

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
ALTER TABLE usage_daily ENABLE ROW LEVEL SECURITY;
-- Revenue of all tenants.
CREATE INDEX usage_daily_day ON usage_daily (day, pack_type);
