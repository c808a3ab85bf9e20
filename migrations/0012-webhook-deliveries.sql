-- From the outbox to the receiver: fanned out, claimed, sent by the reaper, concluded; listed and asked for again by the
-- owner; forgotten. The reaper reaches all of it through these functions alone, and secrets through a claim alone.

-- outcome: enabled (now or before) | absent | unauthorized | scope-missing | read-only.
CREATE FUNCTION enable_webhook(p_key_sha256 bytea, p_endpoint_id uuid)
RETURNS TABLE (outcome text, endpoint_id uuid, url text, events text[], description text, status text,
  disabled_reason text, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NULL THEN
    UPDATE webhook_endpoints w SET status = 'active', disabled_reason = NULL, version = w.version + 1
     WHERE w.endpoint_id = p_endpoint_id AND w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL
    RETURNING 'enabled', w.endpoint_id, w.url, w.events, w.description, w.status, w.disabled_reason, w.created_at
      INTO outcome, endpoint_id, url, events, description, status, disabled_reason, created_at;
    outcome := coalesce(outcome, 'absent');
  END IF;
  RETURN NEXT;
END $$;

-- A page of an endpoint's deliveries, newest first, after the one named; without an endpoint those to runs' own addresses.
-- outcome: found | absent | unauthorized | scope-missing. Always a row; its delivery_id is null where there is none.
CREATE FUNCTION list_webhook_deliveries(p_key_sha256 bytea, p_endpoint_id uuid, p_status text, p_after uuid, p_limit integer)
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
      SELECT x.* FROM webhook_deliveries x
       WHERE x.endpoint_id = w.endpoint_id AND x.status = coalesce(p_status, x.status)
         AND (p_after IS NULL OR (x.created_at, x.delivery_id) < (
           SELECT y.created_at, y.delivery_id FROM webhook_deliveries y
            WHERE y.delivery_id = p_after AND y.endpoint_id = w.endpoint_id))
       ORDER BY x.created_at DESC, x.delivery_id DESC
       LIMIT p_limit
    ) d ON true
    LEFT JOIN outbox_events e ON e.event_id = d.event_id
   ORDER BY d.created_at DESC, d.delivery_id DESC
$$;

-- Another attempt at once, whatever became of it so far; its schedule starts anew. One under way is left to end.
-- outcome: redelivering | absent | disabled (its endpoint is) | unauthorized | scope-missing | read-only.
CREATE FUNCTION redeliver_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_delivery_id uuid)
RETURNS TABLE (outcome text, delivery_id uuid, event_uuid uuid, type text, run_id uuid, url text, status text,
  attempts integer, next_attempt_at timestamptz, last_status integer, last_error text, created_at timestamptz,
  delivered_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_tenant_id uuid;
  v_endpoint webhook_endpoints%ROWTYPE;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM webhook_caller(p_key_sha256, true) c;
  IF outcome IS NULL THEN
    SELECT w.* INTO v_endpoint FROM webhook_endpoints w
     WHERE w.tenant_id = v_tenant_id AND w.deleted_at IS NULL
       AND CASE WHEN p_endpoint_id IS NULL THEN w.url IS NULL ELSE w.url IS NOT NULL AND w.endpoint_id = p_endpoint_id END
       FOR SHARE;
    IF v_endpoint.status = 'active' THEN
      UPDATE webhook_deliveries d
         SET status = 'pending', tries = 0, claim_token = NULL, next_attempt_at = v_now
       WHERE d.delivery_id = p_delivery_id AND d.endpoint_id = v_endpoint.endpoint_id
         AND (d.claim_token IS NULL OR d.next_attempt_at <= v_now);
    END IF;
    SELECT CASE v_endpoint.status WHEN 'active' THEN 'redelivering' ELSE 'disabled' END, d.delivery_id, e.event_uuid,
           e.type, e.run_id, coalesce(d.url, v_endpoint.url), d.status, d.attempts, d.next_attempt_at, d.last_status,
           d.last_error, d.created_at, d.delivered_at
      INTO outcome, delivery_id, event_uuid, type, run_id, url, status, attempts, next_attempt_at, last_status,
           last_error, created_at, delivered_at
      FROM webhook_deliveries d JOIN outbox_events e USING (event_id)
     WHERE d.delivery_id = p_delivery_id AND d.endpoint_id = v_endpoint.endpoint_id;
    outcome := coalesce(outcome, 'absent');
  END IF;
  RETURN NEXT;
END $$;

-- Turns up to so many events that wait into deliveries: to each active endpoint that was there and wants it, and to the
-- run's own address. FOR SHARE: an endpoint that is disabled or deleted at this moment gets it and loses it again, or
-- does not get it. Always one row: how many there were.
CREATE FUNCTION fan_out_events(p_limit integer) RETURNS TABLE (events bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH batch AS MATERIALIZED (
    SELECT event_id, tenant_id, run_id, type, created_at FROM outbox_events
     WHERE fanned_out_at IS NULL
     ORDER BY event_id
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
  ), wanted AS MATERIALIZED (
    SELECT b.event_id, w.tenant_id, w.endpoint_id, CASE WHEN w.url IS NULL THEN r.webhook_url END AS url
      FROM batch b
      JOIN webhook_endpoints w ON w.tenant_id = b.tenant_id AND w.status = 'active' AND w.deleted_at IS NULL
      LEFT JOIN runs r ON r.run_id = b.run_id
     WHERE CASE WHEN w.url IS NULL THEN r.webhook_url IS NOT NULL AND b.type LIKE 'run.%'
                ELSE w.created_at <= b.created_at AND (w.events = '{}' OR b.type = ANY (w.events)) END
       FOR SHARE OF w
  ), made AS (
    INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, url, next_attempt_at, created_at)
    SELECT tenant_id, event_id, endpoint_id, url, wall_clock(), wall_clock() FROM wanted
    ON CONFLICT (event_id, endpoint_id) DO NOTHING
  ), marked AS (
    UPDATE outbox_events e SET fanned_out_at = wall_clock() FROM batch b WHERE e.event_id = b.event_id
  )
  SELECT count(*) FROM batch
$$;

-- Claims up to so many due deliveries for so long, oldest first, each endpoint's and tenant's share of all that are under
-- way kept; the tenants with the least under way come first. Who claims waits for who claims, so that shares are exact.
-- Zero rows: nothing is due, or its share is used up.
CREATE FUNCTION claim_webhook_deliveries(p_limit integer, p_per_tenant integer, p_per_endpoint integer,
  p_lease_seconds double precision)
RETURNS TABLE (delivery_id uuid, claim_token uuid, tenant_id uuid, endpoint_id uuid, tries integer, url text, secret text,
  previous_secrets text[], event_uuid uuid, type text, payload jsonb, happened_at timestamptz, pack_type text,
  metadata jsonb, trace_parent text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('webhook claims', 0));
  v_now := wall_clock();
  RETURN QUERY
  WITH RECURSIVE waiting AS (
    (SELECT endpoint_id FROM webhook_deliveries WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.endpoint_id FROM webhook_deliveries d
             WHERE d.status = 'pending' AND d.endpoint_id > w.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
      FROM waiting w WHERE w.endpoint_id IS NOT NULL
  ), flying AS (
    SELECT tenant_id, endpoint_id, count(*) AS many FROM webhook_deliveries
     WHERE claim_token IS NOT NULL AND next_attempt_at > v_now GROUP BY 1, 2
  ), due AS MATERIALIZED (
    SELECT x.delivery_id, x.tenant_id, x.next_attempt_at
      FROM waiting w
      LEFT JOIN flying f ON f.endpoint_id = w.endpoint_id
     CROSS JOIN LATERAL (
       SELECT d.delivery_id, d.tenant_id, d.next_attempt_at FROM webhook_deliveries d
        WHERE d.endpoint_id = w.endpoint_id AND d.status = 'pending' AND d.next_attempt_at <= v_now
        ORDER BY d.next_attempt_at, d.delivery_id
        LIMIT greatest(p_per_endpoint - coalesce(f.many, 0), 0)
          FOR UPDATE SKIP LOCKED
     ) x
  ), ranked AS (
    SELECT delivery_id, next_attempt_at,
           row_number() OVER (PARTITION BY tenant_id ORDER BY next_attempt_at, delivery_id)
           + coalesce((SELECT sum(f.many) FROM flying f WHERE f.tenant_id = due.tenant_id), 0) AS nth
      FROM due
  ), chosen AS (
    SELECT delivery_id FROM ranked WHERE nth <= p_per_tenant ORDER BY nth, next_attempt_at LIMIT p_limit
  ), taken AS (
    UPDATE webhook_deliveries d
       SET claim_token = gen_random_uuid(), attempts = d.attempts + 1, tries = d.tries + 1,
           next_attempt_at = v_now + make_interval(secs => p_lease_seconds)
      FROM chosen c WHERE d.delivery_id = c.delivery_id
    RETURNING d.*
  )
  SELECT t.delivery_id, t.claim_token, t.tenant_id, t.endpoint_id, t.tries, coalesce(t.url, w.url), w.secret,
         CASE WHEN w.previous_until > v_now THEN w.previous_secrets ELSE '{}' END, e.event_uuid, e.type, e.payload, e.created_at,
         r.pack_type, r.metadata, r.trace_parent
    FROM taken t
    JOIN webhook_endpoints w USING (endpoint_id)
    JOIN outbox_events e USING (event_id)
    LEFT JOIN runs r USING (run_id);
END $$;

-- What became of an attempt. p_outcome: delivered | retry (in so many seconds) | failed | gone (it asks for no more: its
-- endpoint is disabled and what else is pending for it is canceled; of a run's own address this delivery fails alone).
-- Zero rows: the claim lapsed and another has it, or it was canceled meanwhile.
CREATE FUNCTION conclude_webhook_delivery(p_delivery_id uuid, p_claim_token uuid, p_outcome text, p_status integer,
  p_error text, p_retry_seconds double precision)
RETURNS TABLE (status text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_endpoint_id uuid;
BEGIN
  IF p_outcome = 'gone' THEN
    SELECT w.endpoint_id INTO v_endpoint_id FROM webhook_deliveries d JOIN webhook_endpoints w USING (endpoint_id)
     WHERE d.delivery_id = p_delivery_id AND w.url IS NOT NULL
       FOR NO KEY UPDATE OF w;
  END IF;
  UPDATE webhook_deliveries d
     SET status = CASE p_outcome WHEN 'delivered' THEN 'delivered' WHEN 'retry' THEN 'pending' ELSE 'failed' END,
         next_attempt_at = CASE p_outcome WHEN 'retry' THEN v_now + make_interval(secs => p_retry_seconds) END,
         claim_token = NULL, last_status = p_status, last_error = p_error,
         delivered_at = CASE p_outcome WHEN 'delivered' THEN v_now ELSE d.delivered_at END
   WHERE d.delivery_id = p_delivery_id AND d.claim_token = p_claim_token
  RETURNING d.status INTO status;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF v_endpoint_id IS NOT NULL THEN
    UPDATE webhook_endpoints w SET status = 'disabled', disabled_reason = 'gone', version = w.version + 1
     WHERE w.endpoint_id = v_endpoint_id AND w.deleted_at IS NULL;
    UPDATE webhook_deliveries d SET status = 'canceled', next_attempt_at = NULL, claim_token = NULL
     WHERE d.endpoint_id = v_endpoint_id AND d.status = 'pending';
  END IF;
  RETURN NEXT;
END $$;

-- Forgets up to so many events of which nothing is pending, with their deliveries, and deleted endpoints that have none
-- left, once they are older than so many days. Always one row: how many events.
CREATE FUNCTION forget_events(p_days integer, p_limit integer) RETURNS TABLE (events bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH old AS MATERIALIZED (
    SELECT e.event_id FROM outbox_events e
     WHERE e.created_at < wall_clock() - make_interval(days => p_days) AND e.fanned_out_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.event_id AND d.status = 'pending')
     ORDER BY e.created_at
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
  ), deliveries AS (
    DELETE FROM webhook_deliveries d USING old WHERE d.event_id = old.event_id
  ), forgotten AS (
    DELETE FROM outbox_events e USING old WHERE e.event_id = old.event_id
  ), endpoints AS (
    DELETE FROM webhook_endpoints w
     WHERE w.deleted_at < wall_clock() - make_interval(days => p_days)
       AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.endpoint_id = w.endpoint_id)
  )
  SELECT count(*) FROM old
$$;

REVOKE EXECUTE ON FUNCTION enable_webhook, list_webhook_deliveries, redeliver_webhook, fan_out_events,
  claim_webhook_deliveries, conclude_webhook_delivery, forget_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enable_webhook, list_webhook_deliveries, redeliver_webhook TO dpp_edge;
GRANT EXECUTE ON FUNCTION fan_out_events, claim_webhook_deliveries, conclude_webhook_delivery, forget_events TO dpp_backend;
