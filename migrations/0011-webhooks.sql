-- Webhooks: who is told of which events, and what is still to be told. An event is a row of the outbox; each endpoint
-- that wants it, and the run's own address, gets a delivery of it. The edge manages endpoints by these functions alone.

ALTER TABLE outbox_events
  -- What the receiver knows the event by.
  ADD COLUMN event_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  -- What happened before there were webhooks is told to nobody.
  ADD COLUMN fanned_out_at timestamptz DEFAULT now();
ALTER TABLE outbox_events ALTER COLUMN fanned_out_at DROP DEFAULT;
CREATE INDEX outbox_events_waiting ON outbox_events (event_id) WHERE fanned_out_at IS NULL;
CREATE INDEX outbox_events_age ON outbox_events (created_at);

-- One without a url is the tenant's default: it signs what goes to the addresses that runs bring along.
-- `events` empty: all. Previous secrets, newest first, sign too until their time has passed.
CREATE TABLE webhook_endpoints (
  endpoint_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  url text CHECK (length(url) BETWEEN 1 AND 2048),
  events text[] NOT NULL DEFAULT '{}',
  description text CHECK (length(description) <= 500),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  disabled_reason text,
  secret text,
  previous_secrets text[] NOT NULL DEFAULT '{}' CHECK (cardinality(previous_secrets) <= 3),
  previous_until timestamptz,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CHECK ((secret IS NULL) = (deleted_at IS NOT NULL)),
  CHECK ((previous_secrets = '{}') = (previous_until IS NULL)),
  CHECK (url IS NOT NULL OR (status = 'active' AND deleted_at IS NULL))
);
CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints (tenant_id, created_at);
CREATE UNIQUE INDEX webhook_endpoints_default ON webhook_endpoints (tenant_id) WHERE url IS NULL;

-- `url`: the run's own, else the endpoint's counts. `next_attempt_at` of one that is claimed: when its attempt counts
-- as lost. `tries` are the attempts since it was made or last asked for again.
-- A pending one has an endpoint that is active: who disables or deletes one cancels what is pending, under its lock.
CREATE TABLE webhook_deliveries (
  delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants,
  event_id bigint NOT NULL REFERENCES outbox_events,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoints,
  url text,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'canceled')),
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
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, next_attempt_at, delivery_id)
  WHERE status = 'pending';
CREATE INDEX webhook_deliveries_claimed ON webhook_deliveries (endpoint_id) WHERE claim_token IS NOT NULL;
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (endpoint_id, created_at, delivery_id);

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;

-- The address that a run brings along may hold a secret of its owner: it goes with the run, from deliveries in 30 days.
ALTER TABLE runs ADD COLUMN webhook_url text;
CREATE FUNCTION forget_webhook_url() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.webhook_url := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER runs_forget_webhook_url BEFORE UPDATE OF purged_at ON runs
  FOR EACH ROW WHEN (NEW.purged_at IS NOT NULL) EXECUTE FUNCTION forget_webhook_url();

-- budget.threshold: what is charged has come to 50, 80 or 100 % of what is granted. Each once per crossing.
CREATE FUNCTION tell_budget_threshold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO outbox_events (tenant_id, type, payload, created_at)
  SELECT NEW.tenant_id, 'budget.threshold', jsonb_build_object('threshold_percent', x.percent,
           'granted_micros', NEW.granted, 'charged_micros', NEW.charged), NEW.moved_at
    FROM (VALUES (50), (80), (100)) AS x (percent)
   WHERE OLD.charged * 100 < x.percent * OLD.granted AND NEW.charged * 100 >= x.percent * NEW.granted
   ORDER BY x.percent;
  RETURN NULL;
END $$;
CREATE TRIGGER balances_threshold AFTER UPDATE OF charged, granted ON balances
  FOR EACH ROW WHEN (NEW.charged > OLD.charged OR NEW.granted < OLD.granted) EXECUTE FUNCTION tell_budget_threshold();

-- Who calls, and why not: `refusal` is null for a key that may manage webhooks. Always one row.
CREATE FUNCTION webhook_caller(p_key_sha256 bytea, p_changes boolean) RETURNS TABLE (tenant_id uuid, refusal text)
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT c.tenant_id, CASE
           WHEN c.tenant_id IS NULL THEN 'unauthorized'
           WHEN p_changes AND s.mode = 'halt' THEN 'read-only'
           WHEN NOT 'admin' = ANY (c.scopes) THEN 'scope-missing'
         END
    FROM operator_switch s LEFT JOIN caller(p_key_sha256) c ON c.authorized
$$;

-- The tenant's default endpoint, made with this secret where there is none. Any number may do so at once.
CREATE FUNCTION ensure_default_webhook(p_tenant_id uuid, p_secret text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  INSERT INTO webhook_endpoints (endpoint_id, tenant_id, secret, created_at)
  VALUES (gen_random_uuid(), p_tenant_id, p_secret, wall_clock())
  ON CONFLICT (tenant_id) WHERE url IS NULL DO NOTHING
$$;

-- submit_run for a run that brings an address along, noted in the same transaction; see there for the outcomes.
CREATE FUNCTION submit_run_with_webhook(
  p_key_sha256 bytea, p_run_id uuid, p_idempotency_key text, p_payload_sha256 bytea,
  p_pack_type text, p_pack_version text, p_inputs text, p_metadata jsonb,
  p_max_cost_micros bigint, p_minimum_fee_micros bigint, p_timebox_sec integer, p_min_reliability double precision,
  p_trace_parent text, p_reserve boolean, p_deadline timestamptz, p_webhook_url text, p_secret text
) RETURNS TABLE (
  outcome text, run_id uuid, status text, created_at timestamptz, reserved_micros bigint, minimum_fee_micros bigint,
  available_micros bigint, refused_by text
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_answer record;
BEGIN
  -- First, for after it the balance is locked, with which nothing is waited for.
  PERFORM ensure_default_webhook(c.tenant_id, p_secret)
     FROM caller(p_key_sha256) c WHERE p_reserve AND c.authorized AND 'submit' = ANY (c.scopes);
  SELECT * INTO v_answer FROM submit_run(p_key_sha256, p_run_id, p_idempotency_key, p_payload_sha256, p_pack_type, p_pack_version,
    p_inputs, p_metadata, p_max_cost_micros, p_minimum_fee_micros, p_timebox_sec, p_min_reliability, p_trace_parent,
    p_reserve, p_deadline);
  IF v_answer.outcome = 'inserted' THEN
    UPDATE runs r SET webhook_url = p_webhook_url WHERE r.run_id = p_run_id;
  END IF;
  RETURN QUERY SELECT v_answer.outcome, v_answer.run_id, v_answer.status, v_answer.created_at, v_answer.reserved_micros,
    v_answer.minimum_fee_micros, v_answer.available_micros, v_answer.refused_by;
END $$;

-- The endpoints of the key's tenant, oldest first; with an id that one alone.
-- outcome: found | unauthorized | scope-missing. Always a row; its endpoint_id is null where there is none.
CREATE FUNCTION list_webhooks(p_key_sha256 bytea, p_endpoint_id uuid)
RETURNS TABLE (outcome text, endpoint_id uuid, url text, events text[], description text, status text,
  disabled_reason text, created_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), w.endpoint_id, w.url, w.events, w.description, w.status, w.disabled_reason,
         w.created_at
    FROM webhook_caller(p_key_sha256, false) c
    LEFT JOIN webhook_endpoints w ON c.refusal IS NULL AND w.tenant_id = c.tenant_id AND w.url IS NOT NULL
     AND w.deleted_at IS NULL AND w.endpoint_id = coalesce(p_endpoint_id, w.endpoint_id)
   ORDER BY w.created_at, w.endpoint_id
$$;

-- outcome: created | too-many (the tenant has as many as p_most) | unauthorized | scope-missing | read-only.
CREATE FUNCTION create_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_url text, p_events text[], p_description text,
  p_secret text, p_most integer)
RETURNS TABLE (outcome text, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NULL THEN
    -- Two of one tenant wait for each other here, so that both are counted.
    PERFORM pg_advisory_xact_lock(hashtextextended('webhooks ' || v_tenant_id, 0));
    IF (SELECT count(*) FROM webhook_endpoints w
         WHERE w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL) >= p_most THEN
      outcome := 'too-many';
    ELSE
      outcome := 'created'; created_at := wall_clock();
      INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, events, description, secret, created_at)
      VALUES (p_endpoint_id, v_tenant_id, p_url, p_events, p_description, p_secret, create_webhook.created_at);
    END IF;
  END IF;
  RETURN NEXT;
END $$;

-- outcome: deleted | absent | unauthorized | scope-missing | read-only. What is pending is canceled.
-- Whoever locks an endpoint and its deliveries takes them in that order.
CREATE FUNCTION delete_webhook(p_key_sha256 bytea, p_endpoint_id uuid) RETURNS TABLE (outcome text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NULL THEN
    UPDATE webhook_endpoints w
       SET deleted_at = wall_clock(), secret = NULL, previous_secrets = '{}', previous_until = NULL, version = w.version + 1
     WHERE w.endpoint_id = p_endpoint_id AND w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL;
    outcome := CASE WHEN FOUND THEN 'deleted' ELSE 'absent' END;
  END IF;
  IF outcome = 'deleted' THEN
    UPDATE webhook_deliveries d SET status = 'canceled', next_attempt_at = NULL, claim_token = NULL
     WHERE d.endpoint_id = p_endpoint_id AND d.status = 'pending';
  END IF;
  RETURN NEXT;
END $$;

-- A fresh secret; those before sign too for so many seconds: more than one, for who never saw the answer rotates again.
-- Without an id: the default's, made where there is none.
-- outcome: rotated | absent | unauthorized | scope-missing | read-only.
CREATE FUNCTION rotate_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_secret text, p_grace_seconds integer)
RETURNS TABLE (outcome text, previous_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NULL THEN
    IF p_endpoint_id IS NULL THEN
      PERFORM ensure_default_webhook(v_tenant_id, p_secret);
    END IF;
    -- One that was made just now has none before it.
    UPDATE webhook_endpoints w
       SET secret = p_secret, version = w.version + 1, previous_until = wall_clock() + make_interval(secs => p_grace_seconds),
           previous_secrets = (w.secret || CASE WHEN w.previous_until > wall_clock() THEN w.previous_secrets ELSE '{}' END)[1:3]
     WHERE w.tenant_id = v_tenant_id AND w.deleted_at IS NULL
       AND CASE WHEN p_endpoint_id IS NULL THEN w.url IS NULL ELSE w.url IS NOT NULL AND w.endpoint_id = p_endpoint_id END
       AND w.secret <> p_secret
    RETURNING w.previous_until INTO previous_until;
    outcome := CASE WHEN FOUND OR p_endpoint_id IS NULL THEN 'rotated' ELSE 'absent' END;
  END IF;
  RETURN NEXT;
END $$;

-- The secret that signs what goes to runs' own addresses; made of this one where there is none yet.
-- outcome: found | unauthorized | scope-missing | read-only.
CREATE FUNCTION default_webhook_secret(p_key_sha256 bytea, p_secret text)
RETURNS TABLE (outcome text, secret text, previous_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NULL THEN
    PERFORM ensure_default_webhook(v_tenant_id, p_secret);
    SELECT 'found', w.secret, CASE WHEN w.previous_until > wall_clock() THEN w.previous_until END
      INTO outcome, secret, previous_until
      FROM webhook_endpoints w WHERE w.tenant_id = v_tenant_id AND w.url IS NULL;
  END IF;
  RETURN NEXT;
END $$;

REVOKE EXECUTE ON FUNCTION forget_webhook_url, tell_budget_threshold, webhook_caller, ensure_default_webhook,
  submit_run_with_webhook, list_webhooks, create_webhook, delete_webhook, rotate_webhook, default_webhook_secret
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submit_run_with_webhook, list_webhooks, create_webhook, delete_webhook, rotate_webhook,
  default_webhook_secret TO dpp_edge;
