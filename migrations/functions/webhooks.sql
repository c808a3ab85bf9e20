-- Webhook endpoints, which the edge manages only through these functions. A lock that is not acquired within 3 s raises
-- (55P03): nothing was done.

-- Whether an endpoint that this tenant creates now is slow from the beginning: it cannot get rid of `slow` by another one.
CREATE OR REPLACE FUNCTION has_slow_webhook(p_tenant_id uuid) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM webhook_endpoints w WHERE w.tenant_id = p_tenant_id AND w.slow)
$$;

-- Creates the tenant's default endpoint, with this secret, unless it exists. Concurrent calls are safe.
CREATE OR REPLACE FUNCTION ensure_default_webhook(p_tenant_id uuid, p_secret text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  INSERT INTO webhook_endpoints (endpoint_id, tenant_id, secret, created_at, slow)
  VALUES (gen_random_uuid(), p_tenant_id, p_secret, wall_clock(), has_slow_webhook(p_tenant_id))
  ON CONFLICT (tenant_id) WHERE url IS NULL DO NOTHING
$$;

-- The endpoints of the key's tenant, oldest first; with an id only that one.
-- outcome: found | unauthorized | scope-missing. Always a row; its webhook is null if there are none.
CREATE OR REPLACE FUNCTION list_webhooks(p_key_sha256 bytea, p_endpoint_id uuid)
RETURNS TABLE (outcome text, webhook webhook_views)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), w
    FROM check_key(p_key_sha256, 'admin', false) c
    LEFT JOIN webhook_views w ON w.tenant_id = c.tenant_id AND w.endpoint_id = coalesce(p_endpoint_id, w.endpoint_id)
   ORDER BY w.created_at, w.endpoint_id
$$;

-- Creates an endpoint.
-- outcome: created | too-many (the tenant has p_max) | too-fast (it created p_max_per_day within a day, deleted or not)
--   | unauthorized | scope-missing | read-scope-missing (admin it has, but not read, which p_include_output needs) | read-only.
CREATE OR REPLACE FUNCTION create_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_url text, p_events text[], p_description text,
  p_include_output boolean, p_secret text, p_max integer, p_max_per_day integer)
RETURNS TABLE (outcome text, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  -- What it sends holds results.
  IF outcome IS NULL AND p_include_output THEN
    SELECT CASE c.refusal WHEN 'scope-missing' THEN 'read-scope-missing' ELSE c.refusal END INTO outcome
      FROM check_key(p_key_sha256, 'read', true) c;
  END IF;
  IF outcome IS NULL THEN
    -- Two calls of one tenant wait for each other here, so that both are counted.
    PERFORM FROM tenants t WHERE t.tenant_id = v_tenant_id FOR NO KEY UPDATE;
    created_at := wall_clock();
    outcome := CASE
      WHEN (SELECT count(*) FROM webhook_endpoints w
             WHERE w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL) >= p_max THEN 'too-many'
      WHEN (SELECT count(*) FROM webhook_endpoints w
             WHERE w.tenant_id = v_tenant_id AND w.url IS NOT NULL
               AND w.created_at > create_webhook.created_at - interval '1 day') >= p_max_per_day THEN 'too-fast'
      ELSE 'created'
    END;
    IF outcome = 'created' THEN
      INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, events, description, include_output, secret, created_at, slow)
      VALUES (p_endpoint_id, v_tenant_id, p_url, p_events, p_description, p_include_output, p_secret,
        create_webhook.created_at, has_slow_webhook(v_tenant_id));
    END IF;
  END IF;
  RETURN NEXT;
END $$;

-- Enables an endpoint.
-- outcome: enabled (now or before) | absent | unauthorized | scope-missing | read-only.
CREATE OR REPLACE FUNCTION enable_webhook(p_key_sha256 bytea, p_endpoint_id uuid)
RETURNS TABLE (outcome text, webhook webhook_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  IF outcome IS NULL THEN
    UPDATE webhook_endpoints w SET status = 'active', disabled_reason = NULL, version = w.version + 1
     WHERE w.endpoint_id = p_endpoint_id AND w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL;
    outcome := CASE WHEN FOUND THEN 'enabled' ELSE 'absent' END;
    SELECT v.* INTO webhook FROM webhook_views v WHERE v.endpoint_id = p_endpoint_id AND v.tenant_id = v_tenant_id;
  END IF;
  RETURN NEXT;
END $$;

-- Deletes an endpoint, and cancels its pending deliveries. A transaction that locks an endpoint and its deliveries locks
-- them in that order.
-- outcome: deleted | absent | unauthorized | scope-missing | read-only.
CREATE OR REPLACE FUNCTION delete_webhook(p_key_sha256 bytea, p_endpoint_id uuid) RETURNS TABLE (outcome text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  IF outcome IS NULL THEN
    UPDATE webhook_endpoints w
       SET deleted_at = wall_clock(), secret = NULL, previous_secrets = '{}', previous_until = NULL, version = w.version + 1
     WHERE w.endpoint_id = p_endpoint_id AND w.tenant_id = v_tenant_id AND w.url IS NOT NULL AND w.deleted_at IS NULL;
    outcome := CASE WHEN FOUND THEN 'deleted' ELSE 'absent' END;
  END IF;
  IF outcome = 'deleted' THEN
    PERFORM cancel_pending_deliveries(p_endpoint_id, 1000);
  END IF;
  RETURN NEXT;
END $$;

-- Sets a new secret; up to three earlier ones sign too for p_grace_seconds: a caller that lost the response rotates again.
-- Without an id: that of the default endpoint, created if missing.
-- outcome: rotated | absent | unauthorized | scope-missing | read-only.
CREATE OR REPLACE FUNCTION rotate_webhook(p_key_sha256 bytea, p_endpoint_id uuid, p_secret text, p_grace_seconds integer)
RETURNS TABLE (outcome text, previous_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  IF outcome IS NULL THEN
    IF p_endpoint_id IS NULL THEN
      PERFORM ensure_default_webhook(v_tenant_id, p_secret);
    END IF;
    -- One that was created just now has no earlier secret.
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

-- The secret that signs deliveries to runs' own addresses; p_secret, stored, if it does not exist yet.
-- outcome: found | unauthorized | scope-missing | read-only.
CREATE OR REPLACE FUNCTION default_webhook_secret(p_key_sha256 bytea, p_secret text)
RETURNS TABLE (outcome text, secret text, previous_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'admin', true) c;
  IF outcome IS NULL THEN
    PERFORM ensure_default_webhook(v_tenant_id, p_secret);
    SELECT 'found', w.secret, CASE WHEN w.previous_until > wall_clock() THEN w.previous_until END
      INTO outcome, secret, previous_until
      FROM webhook_endpoints w WHERE w.tenant_id = v_tenant_id AND w.url IS NULL;
  END IF;
  RETURN NEXT;
END $$;
