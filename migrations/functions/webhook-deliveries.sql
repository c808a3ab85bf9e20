-- Deliveries as the owner of an endpoint lists, repeats and tests them.

-- Counts a delivery that its tenant asks for: it has p_per_hour of these and of deliveries of unpaid events in an hour.
-- Null: it may be made; else the seconds until the next hour, and nothing was counted.
CREATE OR REPLACE FUNCTION count_asked_delivery(p_tenant_id uuid, p_now timestamptz, p_per_hour integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_hour timestamptz := date_trunc('hour', p_now, 'UTC');
BEGIN
  INSERT INTO unpaid_deliveries AS u (tenant_id, hour, wanted)
  SELECT p_tenant_id, v_hour, 1 WHERE p_per_hour > 0
  ON CONFLICT (tenant_id) DO UPDATE
    SET wanted = CASE WHEN u.hour = excluded.hour THEN u.wanted ELSE 0 END + 1, hour = excluded.hour
    WHERE u.hour <> excluded.hour OR u.wanted < p_per_hour;
  RETURN CASE WHEN NOT FOUND THEN ceil(extract(epoch FROM v_hour + interval '1 hour' - p_now)) END;
END $$;

-- A page of an endpoint's deliveries, newest first, after p_after; without an endpoint those to runs' own addresses.
-- outcome: found | absent | unauthorized | scope-missing. Always a row; its delivery is null if there are none.
CREATE OR REPLACE FUNCTION list_webhook_deliveries(p_key_sha256 bytea, p_endpoint_id uuid, p_status text, p_after uuid,
  p_limit integer)
RETURNS TABLE (outcome text, delivery delivery_views)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN c.refusal IS NOT NULL THEN c.refusal
              WHEN w.endpoint_id IS NULL AND p_endpoint_id IS NOT NULL THEN 'absent' ELSE 'found' END,
         -- Not read from the view, which would find each delivery a second time.
         ROW (d.delivery_id, d.endpoint_id, e.event_uuid, e.type, e.run_id, coalesce(d.url, w.url), d.status, d.attempts, d.next_attempt_at,
           d.last_status, d.last_error, d.created_at, d.delivered_at)::delivery_views
    FROM check_key(p_key_sha256, 'admin', false) c
    LEFT JOIN webhook_endpoints w ON w.tenant_id = c.tenant_id AND w.deleted_at IS NULL
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

-- Makes a delivery due now, whatever its status; its schedule starts again. An attempt that is under way is left alone.
-- It counts as a delivery of an unpaid event does, whatever its run cost: a tenant has p_per_hour of both in an hour.
-- outcome: redelivering | absent | disabled (its endpoint is, or what was pending is still being canceled)
--   | too-many (until retry_after_seconds have passed) | unauthorized | scope-missing | read-only.
CREATE OR REPLACE FUNCTION redeliver_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_delivery_id uuid, p_per_hour integer)
RETURNS TABLE (outcome text, delivery delivery_views, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  v_now timestamptz;
  v_tenant_id uuid;
  v_endpoint webhook_endpoints%ROWTYPE;
  v_is_active boolean;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT w.* INTO v_endpoint FROM webhook_endpoints w
   WHERE w.tenant_id = v_tenant_id AND w.deleted_at IS NULL
     AND CASE WHEN p_endpoint_id IS NULL THEN w.url IS NULL ELSE w.url IS NOT NULL AND w.endpoint_id = p_endpoint_id END
     FOR NO KEY UPDATE;
  v_is_active := v_endpoint.status = 'active' AND v_endpoint.cancel_before IS NULL;
  v_now := wall_clock();
  -- While the endpoint is locked nothing of it is claimed.
  IF v_is_active AND EXISTS (
    SELECT FROM webhook_deliveries d
     WHERE d.delivery_id = p_delivery_id AND d.endpoint_id = v_endpoint.endpoint_id
       AND (d.claim_token IS NULL OR d.next_attempt_at <= v_now)
  ) THEN
    retry_after_seconds := count_asked_delivery(v_tenant_id, v_now, p_per_hour);
    IF retry_after_seconds IS NOT NULL THEN
      outcome := 'too-many';
      RETURN NEXT;
      RETURN;
    END IF;
    UPDATE webhook_deliveries d
       SET status = 'pending', tries = 0, claim_token = NULL, next_attempt_at = v_now
     WHERE d.delivery_id = p_delivery_id AND (d.claim_token IS NULL OR d.next_attempt_at <= v_now);
    UPDATE webhook_endpoints w SET next_due_at = v_now
     WHERE w.endpoint_id = v_endpoint.endpoint_id AND coalesce(w.next_due_at, 'infinity') > v_now;
  END IF;
  SELECT v.* INTO delivery FROM delivery_views v
   WHERE v.delivery_id = p_delivery_id AND v.endpoint_id = v_endpoint.endpoint_id;
  outcome := CASE WHEN NOT FOUND THEN 'absent' WHEN v_is_active THEN 'redelivering' ELSE 'disabled' END;
  RETURN NEXT;
END $$;

-- Sends an endpoint an event of its own, of the type p_type, whatever it subscribes to; due now, and to no other endpoint.
-- It counts as a delivery of an unpaid event does: a tenant has p_per_hour of both in an hour.
-- outcome: sending | absent | disabled (its endpoint is, or what was pending is still being canceled)
--   | too-many (until retry_after_seconds have passed) | unauthorized | scope-missing | read-only.
CREATE OR REPLACE FUNCTION test_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_type text, p_per_hour integer)
RETURNS TABLE (outcome text, delivery delivery_views, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  v_now timestamptz;
  v_tenant_id uuid;
  v_endpoint webhook_endpoints%ROWTYPE;
  v_event_id bigint;
  v_delivery_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  IF outcome IS NULL THEN
    SELECT w.* INTO v_endpoint FROM webhook_endpoints w
     WHERE w.endpoint_id = p_endpoint_id AND w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL
       FOR NO KEY UPDATE;
    outcome := CASE WHEN NOT FOUND THEN 'absent'
                    WHEN v_endpoint.status <> 'active' OR v_endpoint.cancel_before IS NOT NULL THEN 'disabled' END;
  END IF;
  IF outcome IS NULL THEN
    v_now := wall_clock();
    retry_after_seconds := count_asked_delivery(v_tenant_id, v_now, p_per_hour);
    outcome := CASE WHEN retry_after_seconds IS NULL THEN 'sending' ELSE 'too-many' END;
  END IF;
  IF outcome = 'sending' THEN
    -- Fanned out already: nobody else gets it.
    INSERT INTO outbox_events (tenant_id, type, payload, created_at, fanned_out_at)
    VALUES (v_tenant_id, p_type, jsonb_build_object('endpoint_id', p_endpoint_id), v_now, v_now)
    RETURNING event_id INTO v_event_id;
    INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, status, next_attempt_at, created_at)
    VALUES (v_tenant_id, v_event_id, p_endpoint_id, 'pending', v_now, v_now)
    RETURNING delivery_id INTO v_delivery_id;
    UPDATE webhook_endpoints w SET next_due_at = v_now
     WHERE w.endpoint_id = p_endpoint_id AND coalesce(w.next_due_at, 'infinity') > v_now;
    SELECT v.* INTO delivery FROM delivery_views v WHERE v.delivery_id = v_delivery_id;
  END IF;
  RETURN NEXT;
END $$;
