-- Who becomes due, and when: events become deliveries tenant by tenant, a delivery that is asked for again counts against
-- its tenant's hour, and both make their endpoint due (see next_due_at in 0016).

-- The next tenants with events that wait are found one after another, each by one look into the index.
DROP INDEX outbox_events_waiting;
CREATE INDEX outbox_events_waiting ON outbox_events (tenant_id, event_id) WHERE fanned_out_at IS NULL;

-- Turns up to so many events that wait into deliveries, to each active endpoint that was there and wants it, and to the
-- run's own address. Tenants take turns: up to 25 of them, in the order of their ids after p_after and then from the
-- first, have equal shares of p_limit, each its oldest events.
-- An event is unpaid when its run cost nothing, other than by one of our own failures. Anybody can make as many of them
-- as a rate allows, so that a tenant gets p_unpaid_per_hour deliveries of them in an hour; the others are skipped.
-- Locks: events (those that others hold are left), endpoints by id, counts by tenant: two at once never deadlock. An
-- endpoint that is disabled or deleted at this moment gets a delivery and loses it again, or does not get it.
-- Always one row: how many events there were, how many deliveries were skipped, and after whom to go on.
DROP FUNCTION fan_out_events;
CREATE FUNCTION fan_out_events(p_limit integer, p_unpaid_per_hour integer, p_own_failures text[], p_after uuid)
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

  SELECT array_agg(x.endpoint_id) INTO v_endpoints
    FROM (
      SELECT w.endpoint_id FROM webhook_endpoints w
       WHERE w.tenant_id = ANY (v_tenants) AND w.status = 'active' AND w.deleted_at IS NULL
       ORDER BY w.endpoint_id
         FOR NO KEY UPDATE
    ) x;
  v_now := wall_clock();
  WITH wanted AS MATERIALIZED (
    SELECT e.event_id, w.tenant_id, w.endpoint_id, CASE WHEN w.url IS NULL THEN r.webhook_url END AS url,
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
    INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, url, status, next_attempt_at, last_error, created_at)
    SELECT tenant_id, event_id, endpoint_id, url, CASE WHEN r.skipped THEN 'skipped' ELSE 'pending' END,
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

-- Another attempt at once, whatever became of it so far; its schedule starts again. One under way is left to end.
-- It counts as a delivery of an unpaid event does, whatever its run cost: a tenant has p_per_hour of both in an hour.
-- outcome: redelivering | absent | disabled (its endpoint is) | too-many (until retry_after_seconds have passed)
-- | unauthorized | scope-missing | read-only.
DROP FUNCTION redeliver_webhook(bytea, uuid, uuid);
CREATE FUNCTION redeliver_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_delivery_id uuid, p_per_hour integer)
RETURNS TABLE (outcome text, delivery_id uuid, event_uuid uuid, type text, run_id uuid, url text, status text,
  attempts integer, next_attempt_at timestamptz, last_status integer, last_error text, created_at timestamptz,
  delivered_at timestamptz, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
  v_hour timestamptz;
  v_tenant_id uuid;
  v_endpoint webhook_endpoints%ROWTYPE;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT w.* INTO v_endpoint FROM webhook_endpoints w
   WHERE w.tenant_id = v_tenant_id AND w.deleted_at IS NULL
     AND CASE WHEN p_endpoint_id IS NULL THEN w.url IS NULL ELSE w.url IS NOT NULL AND w.endpoint_id = p_endpoint_id END
     FOR NO KEY UPDATE;
  v_now := wall_clock(); v_hour := date_trunc('hour', v_now, 'UTC');
  -- While the endpoint is locked nothing of it is claimed.
  IF v_endpoint.status = 'active' AND EXISTS (
    SELECT FROM webhook_deliveries d
     WHERE d.delivery_id = p_delivery_id AND d.endpoint_id = v_endpoint.endpoint_id
       AND (d.claim_token IS NULL OR d.next_attempt_at <= v_now)
  ) THEN
    INSERT INTO unpaid_deliveries AS u (tenant_id, hour, wanted)
    SELECT v_tenant_id, v_hour, 1 WHERE p_per_hour > 0
    ON CONFLICT (tenant_id) DO UPDATE
      SET wanted = CASE WHEN u.hour = excluded.hour THEN u.wanted ELSE 0 END + 1, hour = excluded.hour
      WHERE u.hour <> excluded.hour OR u.wanted < p_per_hour;
    IF NOT FOUND THEN
      outcome := 'too-many';
      retry_after_seconds := ceil(extract(epoch FROM v_hour + interval '1 hour' - v_now));
      RETURN NEXT;
      RETURN;
    END IF;
    UPDATE webhook_deliveries d
       SET status = 'pending', tries = 0, claim_token = NULL, next_attempt_at = v_now
     WHERE d.delivery_id = p_delivery_id AND (d.claim_token IS NULL OR d.next_attempt_at <= v_now);
    UPDATE webhook_endpoints w SET next_due_at = v_now
     WHERE w.endpoint_id = v_endpoint.endpoint_id AND coalesce(w.next_due_at, 'infinity') > v_now;
  END IF;
  SELECT CASE v_endpoint.status WHEN 'active' THEN 'redelivering' ELSE 'disabled' END, d.delivery_id, e.event_uuid,
         e.type, e.run_id, coalesce(d.url, v_endpoint.url), d.status, d.attempts, d.next_attempt_at, d.last_status,
         d.last_error, d.created_at, d.delivered_at
    INTO outcome, delivery_id, event_uuid, type, run_id, url, status, attempts, next_attempt_at, last_status,
         last_error, created_at, delivered_at
    FROM webhook_deliveries d JOIN outbox_events e USING (event_id)
   WHERE d.delivery_id = p_delivery_id AND d.endpoint_id = v_endpoint.endpoint_id;
  outcome := coalesce(outcome, 'absent');
  RETURN NEXT;
END $$;

-- What was pending before. Everything is looked at within a minute, for a function that was called before this migration
-- may still make a delivery as it was then.
UPDATE webhook_endpoints w
   SET next_due_at = least(now() + interval '1 minute', (
     SELECT min(d.next_attempt_at) FROM webhook_deliveries d WHERE d.endpoint_id = w.endpoint_id AND d.status = 'pending'))
 WHERE w.deleted_at IS NULL;

REVOKE EXECUTE ON FUNCTION fan_out_events, redeliver_webhook FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fan_out_events TO dpp_backend;
GRANT EXECUTE ON FUNCTION redeliver_webhook TO dpp_edge;
