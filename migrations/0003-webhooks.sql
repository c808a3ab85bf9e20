-- Webhooks: endpoints, events and their deliveries. An event is a row of the outbox; each endpoint that subscribes to it,
-- and the run's own address, gets a delivery of it.

CREATE TABLE outbox_events (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  run_id uuid REFERENCES runs,
  type text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  -- What the receiver knows the event by.
  event_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  fanned_out_at timestamptz
);
ALTER TABLE outbox_events ENABLE ROW LEVEL SECURITY;
-- The next tenants with waiting events are found one after another, each by one index lookup.
CREATE INDEX outbox_events_waiting ON outbox_events (tenant_id, event_id) WHERE fanned_out_at IS NULL;
CREATE INDEX outbox_events_age ON outbox_events (created_at, event_id);

-- One without a url is the tenant's default: it signs deliveries to runs' own addresses.
-- `events` empty: all. Previous secrets, newest first, sign too until previous_until.
CREATE TABLE webhook_endpoints (
  endpoint_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  url text CHECK (length(url) BETWEEN 1 AND 2048),
  events text[] NOT NULL DEFAULT '{}',
  description text CHECK (length(description) <= 500),
  -- Whether the event of a completed run carries its result.
  include_output boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  disabled_reason text,
  secret text,
  previous_secrets text[] NOT NULL DEFAULT '{}' CHECK (cardinality(previous_secrets) <= 3),
  previous_until timestamptz,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  -- Whether the last attempt took long, answered or not.
  slow boolean NOT NULL DEFAULT false,
  -- When a claim reads the endpoint: never later than the earliest of its pending deliveries, unless a claim found that
  -- delivery due and left it (`passed_over`); then the time of that claim. Null: nothing is pending.
  -- A transaction that makes a delivery earlier, or sets this later, locks the endpoint's row first: no delivery is missed.
  next_due_at timestamptz,
  passed_over boolean NOT NULL DEFAULT false,
  -- The endpoint was disabled or deleted with more pending than one statement cancels: claims cancel the rest of what was
  -- created until this time, and send nothing of the endpoint before that is done.
  cancel_before timestamptz,
  CHECK ((secret IS NULL) = (deleted_at IS NOT NULL)),
  CHECK ((previous_secrets = '{}') = (previous_until IS NULL)),
  CHECK (url IS NOT NULL OR (status = 'active' AND deleted_at IS NULL))
);
ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
CREATE UNIQUE INDEX webhook_endpoints_default ON webhook_endpoints (tenant_id) WHERE url IS NULL;
CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints (tenant_id, created_at);
CREATE INDEX webhook_endpoints_live ON webhook_endpoints (tenant_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX webhook_endpoints_slow ON webhook_endpoints (tenant_id) WHERE slow;
CREATE INDEX webhook_endpoints_due ON webhook_endpoints (slow, passed_over, next_due_at) WHERE next_due_at IS NOT NULL;

-- `url`: the run's own; null: the endpoint's. `include_output`: the attempt carries the run's result. `next_attempt_at` of a claimed delivery: when its attempt counts as lost.
-- `tries`: the attempts since it was created or last redelivered.
-- A pending one has an endpoint that is active, or that has `cancel_before`: a statement that disables or deletes an endpoint cancels
-- what is pending, under its lock.
CREATE TABLE webhook_deliveries (
  delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants,
  event_id bigint NOT NULL REFERENCES outbox_events,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoints,
  url text,
  include_output boolean NOT NULL DEFAULT false,
  -- 'skipped': not sent, for its tenant had reached its unpaid deliveries of this hour. Its owner sees it in the list, and
  -- may have it delivered.
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'canceled', 'skipped')),
  attempts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  claim_token uuid,
  last_status integer,
  last_error text,
  created_at timestamptz NOT NULL,
  delivered_at timestamptz,
  UNIQUE (event_id, endpoint_id),
  CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK (status = 'pending' OR claim_token IS NULL)
);
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, next_attempt_at, delivery_id)
  WHERE status = 'pending';
CREATE INDEX webhook_deliveries_claimed ON webhook_deliveries (endpoint_id) WHERE claim_token IS NOT NULL;
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (endpoint_id, created_at, delivery_id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, created_at, delivery_id);

-- How many deliveries of unpaid events, including skipped ones, and redeliveries each tenant had in its last hour that had
-- any.
CREATE TABLE unpaid_deliveries (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  hour timestamptz NOT NULL,
  wanted bigint NOT NULL CHECK (wanted >= 0)
);
ALTER TABLE unpaid_deliveries ENABLE ROW LEVEL SECURITY;
