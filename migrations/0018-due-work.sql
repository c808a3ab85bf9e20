-- What a sweep or a list reads is what is due or asked for, however much is at rest: indexes and functions that hold this.
-- A volatile function is no bound of an index, and neither is a test that a null parameter turns off: such a bound is a
-- variable or `(SELECT wall_clock())`, and a parameter that may be null gets a branch or a place of its own.

-- The signal sweep: a run's next signal is due by how many it had. More than twelve wait as long as twelve.
DROP INDEX runs_signal;
CREATE INDEX runs_signal_due ON runs (least(signal_count, 12), last_signal_at, run_id)
  WHERE status = 'QUEUED' AND money_state = 'RESERVED';

-- Lists and counts of tenants, keys, endpoints, deliveries and findings.
CREATE INDEX tenants_oldest ON tenants (created_at, tenant_id);
CREATE INDEX tenant_plans_plan ON tenant_plans (plan_id, tenant_id);
CREATE INDEX webhook_endpoints_live ON webhook_endpoints (tenant_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, created_at, delivery_id);
DROP INDEX outbox_events_age;
CREATE INDEX outbox_events_age ON outbox_events (created_at, event_id);
CREATE INDEX audit_findings_waiting ON audit_findings (tenant_id, finding_id) WHERE resolved_at IS NULL;
CREATE INDEX audit_findings_clawback ON audit_findings (subject) WHERE run_id IS NULL AND kind = 'clawback-short';

-- When a tenant's money moved last, to 15 s: the first movement of each 15 s is noted. An index on balances.moved_at
-- would cost every movement an entry, with the balance locked.
CREATE TABLE tenant_movements (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  moved_at timestamptz NOT NULL
);
CREATE INDEX tenant_movements_newest ON tenant_movements (moved_at, tenant_id);
INSERT INTO tenant_movements (tenant_id, moved_at) SELECT tenant_id, moved_at FROM balances;
ALTER TABLE tenant_movements ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON tenant_movements TO dpp_backend;
CREATE POLICY backend_reads ON tenant_movements FOR SELECT TO dpp_backend USING (true);

CREATE FUNCTION note_movement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO tenant_movements (tenant_id, moved_at) VALUES (NEW.tenant_id, NEW.moved_at)
  ON CONFLICT (tenant_id) DO UPDATE SET moved_at = excluded.moved_at;
  RETURN NULL;
END $$;
CREATE TRIGGER balances_movement AFTER UPDATE OF moved_at ON balances
  FOR EACH ROW WHEN (date_bin('15 seconds', NEW.moved_at, '1970-01-01 00:00:00+00')
    <> date_bin('15 seconds', OLD.moved_at, '1970-01-01 00:00:00+00')) EXECUTE FUNCTION note_movement();

-- One row each: taken for the thousand that a function is thought to give, whole tables are read to join them.
ALTER FUNCTION caller(bytea) ROWS 1;
ALTER FUNCTION webhook_caller(bytea, boolean) ROWS 1;
ALTER FUNCTION tenant_snapshot(uuid) ROWS 1;
ALTER FUNCTION add_transfers(uuid, bigint, bigint, integer) ROWS 1;
ALTER FUNCTION add_closed_runs(uuid, timestamptz, uuid, timestamptz, integer) ROWS 1;

-- outcome: found, with a key each, newest first | no-cursor (no such key to go on after) | unauthorized | scope-missing
-- Zero rows: no more keys.
CREATE OR REPLACE FUNCTION list_keys(p_key_sha256 bytea, p_after uuid, p_limit integer)
RETURNS TABLE (outcome text, current_key_id uuid, key key_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_caller record;
  v_at timestamptz := 'infinity';
  v_id uuid := coalesce(p_after, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
  SELECT c.* INTO v_caller FROM caller(p_key_sha256) c WHERE c.authorized;
  IF NOT FOUND THEN
    outcome := 'unauthorized';
  ELSIF NOT 'admin' = ANY (v_caller.scopes) THEN
    outcome := 'scope-missing';
  ELSIF p_after IS NOT NULL THEN
    SELECT k.created_at INTO v_at FROM api_keys k WHERE k.key_id = p_after AND k.tenant_id = v_caller.tenant_id;
    IF NOT FOUND THEN
      outcome := 'no-cursor';
    END IF;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT 'found', v_caller.key_id, x.v
    FROM (
      SELECT k.key_id, k.created_at FROM api_keys k
       WHERE k.tenant_id = v_caller.tenant_id AND (k.created_at, k.key_id) < (v_at, v_id)
       ORDER BY k.created_at DESC, k.key_id DESC
       LIMIT p_limit
    ) page
    JOIN LATERAL (SELECT v FROM key_views v WHERE v.key_id = page.key_id LIMIT 1) x ON true
   ORDER BY page.created_at DESC, page.key_id DESC;
END $$;

-- A page of an endpoint's deliveries, newest first, after the one named; without an endpoint those to runs' own addresses.
-- outcome: found | absent | unauthorized | scope-missing. Always a row; its delivery_id is null where there is none.
CREATE OR REPLACE FUNCTION list_webhook_deliveries(p_key_sha256 bytea, p_endpoint_id uuid, p_status text, p_after uuid,
  p_limit integer)
RETURNS TABLE (outcome text, delivery_id uuid, event_uuid uuid, type text, run_id uuid, url text, status text,
  attempts integer, next_attempt_at timestamptz, last_status integer, last_error text, created_at timestamptz,
  delivered_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN c.refusal IS NOT NULL THEN c.refusal
              WHEN w.endpoint_id IS NULL AND p_endpoint_id IS NOT NULL THEN 'absent' ELSE 'found' END,
         d.delivery_id, e.event_uuid, e.type, e.run_id, coalesce(d.url, w.url), d.status, d.attempts, d.next_attempt_at,
         d.last_status, d.last_error, d.created_at, d.delivered_at
    FROM webhook_caller(p_key_sha256, false) c
    LEFT JOIN webhook_endpoints w ON c.refusal IS NULL AND w.tenant_id = c.tenant_id AND w.deleted_at IS NULL
     AND CASE WHEN p_endpoint_id IS NULL THEN w.url IS NULL ELSE w.url IS NOT NULL AND w.endpoint_id = p_endpoint_id END
    LEFT JOIN LATERAL (
      SELECT 'infinity'::timestamptz AS at, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid AS id WHERE p_after IS NULL
      UNION ALL
      -- By its id alone: an index of the endpoint's deliveries would be read from end to end for it.
      SELECT y.created_at, y.delivery_id
        FROM (SELECT z.* FROM webhook_deliveries z WHERE z.delivery_id = p_after OFFSET 0) y
       WHERE y.endpoint_id = w.endpoint_id
    ) s ON true
    LEFT JOIN LATERAL (
      (SELECT x.* FROM webhook_deliveries x
        WHERE p_status IS NULL AND x.endpoint_id = w.endpoint_id AND (x.created_at, x.delivery_id) < (s.at, s.id)
        ORDER BY x.created_at DESC, x.delivery_id DESC
        LIMIT p_limit)
      UNION ALL
      (SELECT x.* FROM webhook_deliveries x
        WHERE x.status = p_status AND x.endpoint_id = w.endpoint_id AND (x.created_at, x.delivery_id) < (s.at, s.id)
        ORDER BY x.created_at DESC, x.delivery_id DESC
        LIMIT p_limit)
    ) d ON true
    LEFT JOIN LATERAL (SELECT o.* FROM outbox_events o WHERE o.event_id = d.event_id OFFSET 0) e ON true
   ORDER BY d.created_at DESC, d.delivery_id DESC
$$;

-- Looks at up to so many events older than so many days, oldest first, after a place, and forgets those of which nothing
-- is pending, with their deliveries; and so many deleted endpoints of that age that have no deliveries left.
-- Always one row: how many events were looked at and forgotten, and the place of the last one (null: there was none).
-- Days that are null or negative raise (22023): events of the future are not old.
DROP FUNCTION forget_events(integer, integer);
CREATE FUNCTION forget_events(p_days integer, p_after timestamptz, p_after_id bigint, p_limit integer)
RETURNS TABLE (looked bigint, events bigint, last_at timestamptz, last_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
-- How many rows a limit that is a parameter lets through is guessed, and guessed high: a join would read whole tables.
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_before timestamptz := wall_clock() - make_interval(days => p_days);
BEGIN
  IF p_days IS NULL OR p_days < 0 THEN
    RAISE EXCEPTION 'days must be zero or more' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM webhook_endpoints w
   WHERE w.endpoint_id IN (
     SELECT x.endpoint_id FROM webhook_endpoints x
      WHERE x.deleted_at < v_before
        AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.endpoint_id = x.endpoint_id)
      ORDER BY x.deleted_at
      LIMIT p_limit
        FOR UPDATE SKIP LOCKED);
  RETURN QUERY
  WITH page AS MATERIALIZED (
    SELECT e.event_id, e.created_at FROM outbox_events e
     WHERE e.created_at < v_before AND (e.created_at, e.event_id) > (p_after, p_after_id)
     ORDER BY e.created_at, e.event_id
     LIMIT p_limit
  ), old AS MATERIALIZED (
    SELECT e.event_id FROM page p JOIN outbox_events e ON e.event_id = p.event_id
     WHERE e.fanned_out_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.event_id AND d.status = 'pending')
     ORDER BY e.created_at, e.event_id
       FOR UPDATE OF e SKIP LOCKED
  ), deliveries AS (
    DELETE FROM webhook_deliveries d USING old WHERE d.event_id = old.event_id
  ), forgotten AS (
    DELETE FROM outbox_events e USING old WHERE e.event_id = old.event_id
  ), last AS (
    SELECT created_at, event_id FROM page ORDER BY created_at DESC, event_id DESC LIMIT 1
  )
  SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM old), (SELECT l.created_at FROM last l),
         (SELECT l.event_id FROM last l);
END $$;

REVOKE EXECUTE ON FUNCTION note_movement, forget_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_events TO dpp_backend;
