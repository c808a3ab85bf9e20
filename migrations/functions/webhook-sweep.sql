-- Deliveries of webhooks: claimed, sent by the reaper, finished. Secrets are read only through a claim.
-- No receiver can use up the places of others: a receiver whose last attempt was slow has a lane of its own with half the
-- shares; each lane serves tenants in turn, and endpoints within a tenant; each target host has at most its share of the
-- deliveries that are under way.

-- The host that an http(s) URL names, without its port.
CREATE OR REPLACE FUNCTION webhook_host(p_url text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT lower(substring(p_url FROM '^[^:]+://(\[[^]]*\]|[^:/?#\\]*)'))
$$;

-- Cancels up to p_limit pending deliveries of an endpoint, under the lock of its row, which the caller has: all of one that
-- is disabled or deleted, those that are being attempted first; of one that was enabled again those created until
-- `cancel_before`. If there may be more, `cancel_before` says so. Returns how many it canceled, those being attempted not counted.
CREATE OR REPLACE FUNCTION cancel_pending_deliveries(p_endpoint_id uuid, p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_before timestamptz;
  v_canceled integer;
BEGIN
  SELECT CASE WHEN w.status = 'active' AND w.deleted_at IS NULL THEN w.cancel_before ELSE 'infinity' END INTO v_before
    FROM webhook_endpoints w WHERE w.endpoint_id = p_endpoint_id;
  UPDATE webhook_deliveries d SET status = 'canceled', next_attempt_at = NULL, claim_token = NULL
   WHERE d.endpoint_id = p_endpoint_id AND d.claim_token IS NOT NULL AND d.created_at <= v_before;
  UPDATE webhook_deliveries d SET status = 'canceled', next_attempt_at = NULL, claim_token = NULL
   WHERE d.delivery_id = ANY (ARRAY(
     SELECT x.delivery_id FROM webhook_deliveries x
      WHERE x.endpoint_id = p_endpoint_id AND x.status = 'pending' AND x.created_at <= v_before
      ORDER BY x.next_attempt_at, x.delivery_id
      LIMIT p_limit
        FOR UPDATE));
  GET DIAGNOSTICS v_canceled = ROW_COUNT;
  UPDATE webhook_endpoints w
     SET cancel_before = CASE WHEN v_canceled < p_limit THEN NULL WHEN v_before = 'infinity' THEN wall_clock() ELSE v_before END,
         next_due_at = CASE WHEN v_canceled = p_limit THEN least(w.next_due_at, wall_clock()) ELSE w.next_due_at END
   WHERE w.endpoint_id = p_endpoint_id AND (v_canceled = p_limit OR w.cancel_before IS NOT NULL);
  RETURN v_canceled;
END $$;

-- Claims due deliveries for p_lease_seconds: up to p_quick whose endpoint was quick the last time, the last p_reserved of
-- them for tenants that have nothing under way, and up to p_slow of slow endpoints. Of everything under way, each tenant,
-- endpoint and target host has at most its share, in the slow lane half of it; a quarter of a host's share is reserved too.
-- Order: the tenant with the least under way first, then what is due longest.
-- It reads a limited number of due endpoints of each lane, those that were passed over before and those that were not, each
-- longest due first: an endpoint that is passed over goes to the end of its queue. Tenants without room keep their position.
-- Claims wait for each other, so that shares are exact; a lock that is not acquired within 3 s raises. Then endpoints and
-- deliveries are locked, in that order; those that others hold are left for the next claim.
-- Of endpoints that were disabled or deleted with much pending it cancels up to 1,000 deliveries, and sends none meanwhile.
-- `slow`: the lane whose place it takes. `run`: that of the event, as it is now; null where it is of none. A run's own
-- address, which the submitting key chose, is shown what that key may see: without the scope read no outcome.
-- Zero rows: nothing is due, or its share is used up.
CREATE OR REPLACE FUNCTION claim_webhook_deliveries(p_quick integer, p_reserved integer, p_slow integer, p_per_tenant integer,
  p_per_endpoint integer, p_per_host integer, p_lease_seconds double precision)
RETURNS TABLE (delivery_id uuid, claim_token uuid, tenant_id uuid, endpoint_id uuid, tries integer, url text, secret text,
  previous_secrets text[], event_uuid uuid, type text, payload jsonb, happened_at timestamptz, include_output boolean,
  slow boolean, run run_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  -- How many deliveries to runs' own addresses are read for one whose host has room.
  c_scan_limit CONSTANT integer := 32;
  c_endpoints CONSTANT integer := 64; -- to read, of each lane and queue, when there are few places
  v_now timestamptz;
  v_full_quick uuid[]; v_full_slow uuid[]; -- tenants
  v_endpoints uuid[];
  v_endpoint record;
  v_to_cancel integer := 1000;
BEGIN
  PERFORM take_lock_row('webhook claims');
  v_now := wall_clock();
  SELECT coalesce(array_agg(f.tenant_id) FILTER (WHERE NOT f.slow), '{}'),
         coalesce(array_agg(f.tenant_id) FILTER (WHERE f.slow), '{}') INTO v_full_quick, v_full_slow
    FROM (SELECT d.tenant_id, w.slow, count(*) AS many
            FROM webhook_deliveries d JOIN webhook_endpoints w USING (endpoint_id)
           WHERE d.claim_token IS NOT NULL AND d.next_attempt_at > v_now GROUP BY 1, 2) f
   WHERE f.many >= CASE WHEN f.slow THEN (p_per_tenant + 1) / 2 WHEN p_quick <= p_reserved THEN 1 ELSE p_per_tenant END;
  SELECT array_agg(x.endpoint_id) INTO v_endpoints
    FROM (VALUES (false, p_quick, v_full_quick), (true, p_slow, v_full_slow)) AS l (slow, places, is_full)
   CROSS JOIN (VALUES (false), (true)) AS queue (passed_over)
   CROSS JOIN LATERAL (
     SELECT w.endpoint_id FROM webhook_endpoints w
      WHERE w.slow = l.slow AND w.passed_over = queue.passed_over AND w.next_due_at <= v_now
        AND w.tenant_id <> ALL (l.is_full)
      ORDER BY w.next_due_at
      LIMIT CASE WHEN l.places > 0 THEN greatest(c_endpoints, 2 * l.places) ELSE 0 END
        FOR NO KEY UPDATE SKIP LOCKED
   ) x;
  IF v_endpoints IS NULL THEN
    RETURN;
  END IF;
  FOR v_endpoint IN
    SELECT w.endpoint_id FROM unnest(v_endpoints) AS v (endpoint_id) JOIN webhook_endpoints w USING (endpoint_id)
     WHERE w.cancel_before IS NOT NULL OR w.status <> 'active' OR w.deleted_at IS NOT NULL
     ORDER BY w.next_due_at
  LOOP
    v_to_cancel := v_to_cancel - cancel_pending_deliveries(v_endpoint.endpoint_id, v_to_cancel);
    EXIT WHEN v_to_cancel <= 0;
  END LOOP;
  RETURN QUERY
  WITH in_flight AS MATERIALIZED (
    SELECT d.tenant_id, d.endpoint_id, w.slow, webhook_host(coalesce(d.url, w.url)) AS host
      FROM webhook_deliveries d JOIN webhook_endpoints w USING (endpoint_id)
     WHERE d.claim_token IS NOT NULL AND d.next_attempt_at > v_now
  ), at_endpoint AS (
    SELECT endpoint_id, count(*) AS many FROM in_flight GROUP BY 1
  ), at_tenant AS (
    SELECT tenant_id, slow, count(*) AS many FROM in_flight GROUP BY 1, 2
  ), at_host AS (
    SELECT host, slow, count(*) AS many FROM in_flight GROUP BY 1, 2
  ), lanes (slow, places, reserved, per_tenant, per_endpoint, per_host) AS (
    VALUES (false, p_quick, p_reserved, p_per_tenant, p_per_endpoint, p_per_host),
           (true, p_slow, 0, (p_per_tenant + 1) / 2, (p_per_endpoint + 1) / 2, (p_per_host + 1) / 2)
  ), with_room AS (
    SELECT w.tenant_id, w.endpoint_id, w.url, l.*, coalesce(e.many, 0) AS of_endpoint, coalesce(t.many, 0) AS of_tenant
      FROM unnest(v_endpoints) AS v (endpoint_id)
      JOIN webhook_endpoints w USING (endpoint_id)
      JOIN lanes l USING (slow)
      LEFT JOIN at_endpoint e USING (endpoint_id)
      LEFT JOIN at_tenant t ON t.tenant_id = w.tenant_id AND t.slow = w.slow
     WHERE w.cancel_before IS NULL AND w.status = 'active' AND w.deleted_at IS NULL AND l.places > 0 AND coalesce(e.many, 0) < l.per_endpoint AND coalesce(t.many, 0) < l.per_tenant
  ), due AS MATERIALIZED (
    SELECT q.*, x.*, coalesce(h.many, 0) AS of_host,
           q.of_endpoint + row_number() OVER (PARTITION BY q.endpoint_id ORDER BY x.next_attempt_at, x.delivery_id) AS nth
      FROM with_room q
     CROSS JOIN LATERAL (
       SELECT d.delivery_id, d.next_attempt_at, webhook_host(coalesce(d.url, q.url)) AS host FROM webhook_deliveries d
        WHERE d.endpoint_id = q.endpoint_id AND d.status = 'pending' AND d.next_attempt_at <= v_now
        ORDER BY d.next_attempt_at, d.delivery_id
        LIMIT CASE WHEN q.url IS NULL THEN c_scan_limit ELSE greatest(q.per_endpoint - q.of_endpoint, 0) END
     ) x
      LEFT JOIN at_host h ON h.host = x.host AND h.slow = q.slow
     -- Without room it would block the deliveries of its tenant to other hosts.
     WHERE coalesce(h.many, 0) < q.per_host - CASE WHEN q.of_tenant > 0 THEN q.per_host / 4 ELSE 0 END
  ), in_tenant AS (
    SELECT due.*, due.of_tenant + row_number() OVER (PARTITION BY tenant_id, slow
             ORDER BY nth, next_attempt_at, delivery_id) AS tenant_rank
      FROM due WHERE nth <= per_endpoint
  ), in_host AS (
    SELECT t.*, t.of_host + row_number() OVER (PARTITION BY host, slow
             ORDER BY tenant_rank, next_attempt_at, delivery_id) AS nth_of_host
      FROM in_tenant t WHERE tenant_rank <= per_tenant
  ), in_turn AS (
    SELECT h.*, row_number() OVER (PARTITION BY slow ORDER BY tenant_rank, next_attempt_at, delivery_id) AS place
      FROM in_host h WHERE nth_of_host <= per_host - CASE WHEN tenant_rank > 1 THEN per_host / 4 ELSE 0 END
  ), chosen AS MATERIALIZED (
    SELECT d.delivery_id, i.slow
      FROM in_turn i JOIN webhook_deliveries d USING (delivery_id)
     WHERE i.place <= i.places - CASE WHEN i.tenant_rank > 1 THEN i.reserved ELSE 0 END
       AND d.status = 'pending' AND d.next_attempt_at <= v_now
       FOR UPDATE OF d SKIP LOCKED
  ), taken AS (
    UPDATE webhook_deliveries d
       SET claim_token = gen_random_uuid(), attempts = d.attempts + 1, tries = d.tries + 1,
           next_attempt_at = v_now + make_interval(secs => p_lease_seconds)
      FROM chosen c WHERE d.delivery_id = c.delivery_id
    RETURNING d.*, c.slow AS lane
  )
  SELECT t.delivery_id, t.claim_token, t.tenant_id, t.endpoint_id, t.tries, coalesce(t.url, w.url), w.secret,
         CASE WHEN w.previous_until > v_now THEN w.previous_secrets ELSE '{}' END, e.event_uuid, e.type, e.payload, e.created_at,
         t.include_output, t.lane, r.run
    FROM taken t
    JOIN webhook_endpoints w USING (endpoint_id)
    JOIN outbox_events e USING (event_id)
    LEFT JOIN LATERAL (
      SELECT CASE WHEN t.url IS NULL OR EXISTS (SELECT FROM api_keys k WHERE k.key_id = v.key_id AND 'read' = ANY (k.scopes))
                  THEN v ELSE without_outcome(v) END AS run
        FROM run_views v WHERE v.run_id = e.run_id LIMIT 1
    ) r ON true;
  UPDATE webhook_endpoints w
     SET next_due_at = CASE WHEN w.cancel_before IS NOT NULL OR x.first_at < v_now THEN v_now ELSE x.first_at END,
         passed_over = w.cancel_before IS NOT NULL OR coalesce(x.first_at <= v_now, false)
    FROM unnest(v_endpoints) AS v (endpoint_id)
    LEFT JOIN LATERAL (
      SELECT d.next_attempt_at AS first_at FROM webhook_deliveries d
       WHERE d.endpoint_id = v.endpoint_id AND d.status = 'pending'
       ORDER BY d.next_attempt_at
       LIMIT 1
    ) x ON true
   WHERE w.endpoint_id = v.endpoint_id;
END $$;

-- Finishes an attempt. p_outcome: delivered | retry (in p_retry_seconds) | failed | gone (the receiver wants no more: its
-- endpoint is disabled and its pending deliveries are canceled; of a run's own address only this delivery fails).
-- p_slow: whether the attempt took long. An endpoint is locked before its deliveries.
-- Zero rows: the claim has expired and another took it, or the delivery was canceled meanwhile.
CREATE OR REPLACE FUNCTION finish_webhook_delivery(p_delivery_id uuid, p_claim_token uuid, p_outcome text, p_status integer,
  p_error text, p_retry_seconds double precision, p_slow boolean)
RETURNS TABLE (status text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_next_at timestamptz := CASE p_outcome WHEN 'retry' THEN v_now + make_interval(secs => p_retry_seconds) END;
  v_endpoint_id uuid;
  v_has_url boolean;
BEGIN
  SELECT w.endpoint_id, w.url IS NOT NULL INTO v_endpoint_id, v_has_url
    FROM webhook_deliveries d JOIN webhook_endpoints w USING (endpoint_id)
   WHERE d.delivery_id = p_delivery_id AND d.claim_token = p_claim_token
     AND (p_outcome IN ('retry', 'gone') OR w.slow <> p_slow)
     FOR NO KEY UPDATE OF w;
  UPDATE webhook_deliveries d
     SET status = CASE p_outcome WHEN 'delivered' THEN 'delivered' WHEN 'retry' THEN 'pending' ELSE 'failed' END,
         next_attempt_at = v_next_at, claim_token = NULL, last_status = p_status, last_error = p_error,
         delivered_at = CASE p_outcome WHEN 'delivered' THEN v_now ELSE d.delivered_at END
   WHERE d.delivery_id = p_delivery_id AND d.claim_token = p_claim_token
  RETURNING d.status INTO status;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  UPDATE webhook_endpoints w SET slow = p_slow, next_due_at = least(w.next_due_at, v_next_at)
   WHERE w.endpoint_id = v_endpoint_id
     AND (w.slow <> p_slow OR v_next_at < coalesce(w.next_due_at, 'infinity'));
  IF p_outcome = 'gone' AND v_has_url THEN
    UPDATE webhook_endpoints w SET status = 'disabled', disabled_reason = 'gone', version = w.version + 1
     WHERE w.endpoint_id = v_endpoint_id AND w.deleted_at IS NULL;
    PERFORM cancel_pending_deliveries(v_endpoint_id, 1000);
  END IF;
  RETURN NEXT;
END $$;
