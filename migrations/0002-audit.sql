-- Tables of the audit: findings, checkpoints of the sums of each tenant, and what operators changed.

CREATE TABLE audit_findings (
  finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  run_id uuid REFERENCES runs,
  kind text NOT NULL,
  detail jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  resolved_at timestamptz,
  -- Distinguishes findings of one tenant and kind: a chain of keys, a clawback, a line of usage.
  subject text NOT NULL DEFAULT '',
  note text
);
ALTER TABLE audit_findings ENABLE ROW LEVEL SECURITY;
CREATE UNIQUE INDEX audit_findings_open ON audit_findings (run_id, kind) WHERE resolved_at IS NULL;
CREATE UNIQUE INDEX audit_findings_tenant ON audit_findings (tenant_id, kind, subject)
  WHERE run_id IS NULL AND resolved_at IS NULL;
CREATE INDEX audit_findings_waiting ON audit_findings (tenant_id, finding_id) WHERE resolved_at IS NULL;
CREATE INDEX audit_findings_clawback ON audit_findings (subject) WHERE run_id IS NULL AND kind = 'clawback-short';

CREATE SEQUENCE audit_checkpoint_version;

-- Sums of the settled transfers and closed runs of a tenant when an audit found no difference. The next audit adds from
-- there, so that its cost does not grow with history.
-- `before`: every run that finished before it is in. `lines`: what those that finished on that day (UTC) add up to, by
-- "day pack key"; usage of earlier days was compared and is final. `capped`: what capped runs were charged, by key.
CREATE TABLE audit_checkpoints (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  version bigint NOT NULL,
  through_transfer bigint NOT NULL CHECK (through_transfer > 0),
  before timestamptz NOT NULL CHECK (isfinite(before)),
  transfers bigint NOT NULL CHECK (transfers > 0),
  given numeric NOT NULL,
  taken_back numeric NOT NULL,
  reserve numeric NOT NULL,
  charge numeric NOT NULL,
  refund numeric NOT NULL,
  lines jsonb NOT NULL,
  capped jsonb NOT NULL,
  noted_at timestamptz NOT NULL,
  -- When all of it was last added up from the beginning.
  full_at timestamptz NOT NULL
);
ALTER TABLE audit_checkpoints ENABLE ROW LEVEL SECURITY;

-- What operators changed: who, when, why, and how it ended. Written by the owner alone, before the change and after it.
CREATE TABLE operator_actions (
  action_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  -- The person, as the command was told; and the login that the database saw.
  operator text NOT NULL CHECK (length(operator) BETWEEN 1 AND 200),
  login text NOT NULL DEFAULT session_user,
  command text NOT NULL CHECK (length(command) BETWEEN 1 AND 100),
  arguments jsonb NOT NULL,
  reason text CHECK (length(reason) BETWEEN 1 AND 2000),
  -- Null: it goes on, or its process ended in the middle: whether it was done is seen at what it changes.
  outcome text CHECK (outcome IN ('done', 'refused', 'failed')),
  ended_at timestamptz,
  -- What the command answered; of a refusal or failure its message.
  answer jsonb,
  CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
ALTER TABLE operator_actions ENABLE ROW LEVEL SECURITY;
