-- Events of the outbox: fanned out into deliveries, and deleted. The reaper reaches them through these functions only.

-- Creates the deliveries of up to p_limit waiting events: one for each active endpoint that existed and subscribes, and one
-- for the run's own address. Up to 25 tenants, in the order of their ids after p_after and then from the first, have equal
-- shares of p_limit, each its oldest events.
-- An event is unpaid when its run cost nothing, except for one of the platform's own failures (p_own_failures). A caller can
-- make as many as its rate allows, so that a tenant gets p_unpaid_per_hour deliveries of them in an hour; others are skipped.
-- Locks: events (those that others hold are left), endpoints by id, counts by tenant: two calls never deadlock. After
-- 250 ms without an endpoint's lock the events of its tenant are left for a later call. An endpoint that is disabled or
-- deleted at this moment gets a delivery and loses it again, or does not get it.
-- Always one row: how many events there were, how many deliveries were skipped, and the p_after of the next call.
CREATE OR REPLACE FUNCTION fan_out_events(p_limit integer, p_unpaid_per_hour integer, p_own_failures text[], p_after uuid)
RETURNS TABLE (events bigint, skipped bigint, go_on_after uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s'
-- How many rows an array holds is guessed: a join would read whole tables.
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  c_tenants CONSTANT integer := 25;
  c_first CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  v_start uuid := coalesce(p_after, c_first);
  v_now timestamptz;
  v_next uuid;
  v_is_second_round boolean := false;
  v_tenants uuid[] := '{}';
  v_events bigint[];
  v_endpoints uuid[];
BEGIN
  go_on_after := v_start;
  WHILE cardinality(v_tenants) < least(c_tenants, p_limit) LOOP
    SELECT e.tenant_id INTO v_next FROM outbox_events e
     WHERE e.fanned_out_at IS NULL AND e.tenant_id > go_on_after ORDER BY e.tenant_id LIMIT 1;
    EXIT WHEN v_is_second_round AND (v_next IS NULL OR v_next > v_start);
    IF v_next IS NULL THEN
      v_is_second_round := true; go_on_after := c_first;
    ELSE
      v_tenants := v_tenants || v_next; go_on_after := v_next;
    END IF;
  END LOOP;
  SELECT array_agg(x.event_id) INTO v_events
    FROM unnest(v_tenants) AS t (tenant_id)
   CROSS JOIN LATERAL (
     SELECT e.event_id FROM outbox_events e
      WHERE e.tenant_id = t.tenant_id AND e.fanned_out_at IS NULL
      ORDER BY e.event_id
      LIMIT p_limit / greatest(cardinality(v_tenants), 1)
        FOR UPDATE SKIP LOCKED
   ) x;
  events := coalesce(cardinality(v_events), 0); skipped := 0;
  IF events = 0 THEN
    RETURN NEXT;
    RETURN;
  END IF;

  BEGIN
    PERFORM set_config('lock_timeout', '250ms', true);
    SELECT array_agg(x.endpoint_id) INTO v_endpoints
      FROM (
        SELECT w.endpoint_id FROM webhook_endpoints w
         WHERE w.tenant_id = ANY (v_tenants) AND w.status = 'active' AND w.deleted_at IS NULL
         ORDER BY w.endpoint_id
           FOR NO KEY UPDATE
      ) x;
  EXCEPTION WHEN lock_not_available THEN
    SELECT array_agg(x.endpoint_id) INTO v_endpoints
      FROM (
        SELECT w.endpoint_id FROM webhook_endpoints w
         WHERE w.tenant_id = ANY (v_tenants) AND w.status = 'active' AND w.deleted_at IS NULL
         ORDER BY w.endpoint_id
           FOR NO KEY UPDATE SKIP LOCKED
      ) x;
  END;
  PERFORM set_config('lock_timeout', '3s', true);
  -- Nothing waits long for a tenant with an endpoint that another transaction holds: its events stay for a later call.
  SELECT array_agg(e.event_id) INTO v_events
    FROM unnest(v_events) AS v (event_id)
    JOIN outbox_events e USING (event_id)
   WHERE NOT EXISTS (
     SELECT FROM webhook_endpoints w
      WHERE w.tenant_id = e.tenant_id AND w.status = 'active' AND w.deleted_at IS NULL
        AND w.endpoint_id <> ALL (coalesce(v_endpoints, '{}')));
  events := coalesce(cardinality(v_events), 0);
  v_now := wall_clock();
  WITH wanted AS MATERIALIZED (
    SELECT e.event_id, w.tenant_id, w.endpoint_id, CASE WHEN w.url IS NULL THEN r.webhook_url END AS url,
           e.type = 'run.completed' AND CASE WHEN w.url IS NULL THEN r.webhook_include_output ELSE w.include_output END
             AS include_output,
           e.type LIKE 'run.%' AND (e.payload->>'charged_micros')::bigint = 0
             AND (e.payload->>'reason_code' = ANY (p_own_failures)) IS NOT TRUE AS unpaid
      FROM outbox_events e
      JOIN webhook_endpoints w ON w.tenant_id = e.tenant_id AND w.deleted_at IS NULL
      LEFT JOIN runs r ON r.run_id = e.run_id
     WHERE e.event_id = ANY (v_events) AND w.endpoint_id = ANY (v_endpoints)
       AND CASE WHEN w.url IS NULL THEN r.webhook_url IS NOT NULL AND e.type LIKE 'run.%'
                ELSE w.created_at <= e.created_at AND (w.events = '{}' OR e.type = ANY (w.events)) END
  ), counted AS (
    INSERT INTO unpaid_deliveries AS u (tenant_id, hour, wanted)
    SELECT tenant_id, date_trunc('hour', v_now, 'UTC'), count(*) FROM wanted WHERE unpaid GROUP BY tenant_id
     ORDER BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE
      SET wanted = CASE WHEN u.hour = excluded.hour THEN u.wanted ELSE 0 END + excluded.wanted, hour = excluded.hour
    RETURNING u.tenant_id, u.wanted
  ), ranked AS MATERIALIZED (
    SELECT w.*, w.unpaid AND c.wanted - count(*) OVER tenant + row_number() OVER (tenant ORDER BY w.event_id, w.endpoint_id)
             > p_unpaid_per_hour AS skipped
      FROM wanted w LEFT JOIN counted c USING (tenant_id)
    WINDOW tenant AS (PARTITION BY w.tenant_id, w.unpaid)
  ), made AS (
    INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, url, include_output, status, next_attempt_at, last_error,
      created_at)
    SELECT tenant_id, event_id, endpoint_id, url, include_output, CASE WHEN r.skipped THEN 'skipped' ELSE 'pending' END,
           CASE WHEN NOT r.skipped THEN v_now END, CASE WHEN r.skipped THEN 'unpaid-limit' END, v_now
      FROM ranked r
    ON CONFLICT (event_id, endpoint_id) DO NOTHING
  ), due AS (
    UPDATE webhook_endpoints w SET next_due_at = v_now
     WHERE w.endpoint_id IN (SELECT r.endpoint_id FROM ranked r WHERE NOT r.skipped)
       AND coalesce(w.next_due_at, 'infinity') > v_now
  )
  SELECT count(*) FILTER (WHERE r.skipped) INTO skipped FROM ranked r;
  UPDATE outbox_events e SET fanned_out_at = v_now WHERE e.event_id = ANY (v_events);
  RETURN NEXT;
END $$;

-- Reads up to p_limit events older than p_days, oldest first, after a cursor, and deletes those without a pending delivery,
-- with their deliveries; and up to p_limit deleted endpoints of that age that have no deliveries left.
-- Always one row: how many events were read and deleted, and the cursor of the last one (null: there was none).
-- Days that are null or negative raise (22023): events of the future are not old.
CREATE OR REPLACE FUNCTION forget_events(p_days integer, p_after timestamptz, p_after_id bigint, p_limit integer)
RETURNS TABLE (scanned bigint, events bigint, last_at text, last_id bigint)
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
  SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM old), (SELECT l.created_at::text FROM last l),
         (SELECT l.event_id FROM last l);
END $$;
