-- What the edge may read: functions alone, each answering for the one key whose hash it is given.
-- Zero rows: no such key. `authorized` is false for a key that is revoked, expired or of a suspended tenant.

CREATE FUNCTION caller(p_key_sha256 bytea)
RETURNS TABLE (tenant_id uuid, key_id uuid, scopes text[], authorized boolean)
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT k.tenant_id, k.key_id, k.scopes,
         k.status = 'active' AND t.status = 'active' AND (k.expires_at IS NULL OR k.expires_at > wall_clock())
    FROM api_keys k JOIN tenants t USING (tenant_id)
   WHERE k.key_sha256 = p_key_sha256
$$;

-- The run's columns are null where the caller's tenant has no such run.
CREATE FUNCTION find_run(p_key_sha256 bytea, p_run_id uuid)
RETURNS TABLE (authorized boolean, scopes text[], run_id uuid, tenant_id uuid, pack_type text, pack_version text,
  metadata jsonb, status text, money_state text, version bigint, reserved_micros bigint, minimum_fee_micros bigint,
  charged_micros bigint, attempt integer, reason_code text, reason_detail text, result_attempt integer,
  result_sha256 text, result_bytes bigint, reliability double precision, timebox_sec integer, trace_parent text,
  created_at timestamptz, started_at timestamptz, finished_at timestamptz, retention_until timestamptz, expired boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, r.run_id, r.tenant_id, r.pack_type, r.pack_version, r.metadata, r.status,
         r.money_state, r.version, r.reserved_micros, r.minimum_fee_micros, r.charged_micros, r.attempt,
         r.reason_code, r.reason_detail, r.result_attempt, encode(r.result_sha256, 'hex'), r.result_bytes,
         r.reliability, r.timebox_sec, r.trace_parent, r.created_at, r.started_at, r.finished_at, r.retention_until,
         r.retention_until < wall_clock()
    FROM caller(p_key_sha256) c
    LEFT JOIN runs r ON c.authorized AND r.tenant_id = c.tenant_id AND r.run_id = p_run_id
$$;

CREATE FUNCTION find_budget(p_key_sha256 bytea)
RETURNS TABLE (authorized boolean, scopes text[], granted bigint, charged bigint, reserved bigint, available bigint,
  open_runs integer, max_open_runs integer, key_cap_micros bigint, key_committed_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, b.granted, b.charged, b.reserved, b.available, b.open_runs, p.max_open_runs,
         k.spending_cap_micros, coalesce(s.committed_micros, 0)
    FROM caller(p_key_sha256) c
    JOIN api_keys k ON k.key_id = c.key_id
    LEFT JOIN balances b ON c.authorized AND b.tenant_id = c.tenant_id
    LEFT JOIN tenant_plans tp ON c.authorized AND tp.tenant_id = c.tenant_id
    LEFT JOIN plans p USING (plan_id)
    LEFT JOIN key_spending s ON s.spending_id = k.spending_id
$$;

-- All that the Redis shield mirrors of one tenant, from one snapshot (STABLE: the calling statement's).
-- A tenant without a plan may submit nothing. Times are Unix milliseconds.
CREATE FUNCTION tenant_snapshot(p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, available_micros bigint, open_runs jsonb, plan jsonb, keys jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, b.available,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('run_id', r.run_id, 'micros', r.reserved_micros::text)), '[]')
       FROM runs r
      WHERE r.tenant_id = t.tenant_id AND r.status IN ('QUEUED', 'PROCESSING')),
    jsonb_build_object('version', greatest(p.version, tp.version, 0)::text,
      'submit_per_minute', coalesce(p.submit_per_minute, 60), 'submit_burst', coalesce(p.submit_burst, 10),
      'read_per_minute', coalesce(p.read_per_minute, 600), 'read_burst', coalesce(p.read_burst, 100),
      'max_open_runs', coalesce(p.max_open_runs, 1), 'max_cost_micros', coalesce(p.max_cost_micros, 0)::text,
      'pack_types', to_jsonb(coalesce(p.pack_types, '{}'))),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('sha256', encode(k.key_sha256, 'hex'), 'key_id', k.key_id,
        'status', CASE WHEN t.status = 'active' THEN k.status ELSE 'revoked' END,
        'expires_at_ms', floor(extract(epoch FROM k.expires_at) * 1000)::bigint::text, 'scopes', to_jsonb(k.scopes),
        'submit_per_minute', k.submit_per_minute, 'read_per_minute', k.read_per_minute,
        'version', greatest(k.version, t.version)::text)), '[]')
       FROM api_keys k WHERE k.tenant_id = t.tenant_id)
    FROM tenants t
    JOIN balances b USING (tenant_id)
    LEFT JOIN tenant_plans tp USING (tenant_id)
    LEFT JOIN plans p USING (plan_id)
   WHERE t.tenant_id = p_tenant_id
$$;

CREATE FUNCTION admission_snapshot(p_key_sha256 bytea)
RETURNS TABLE (tenant_id uuid, available_micros bigint, open_runs jsonb, plan jsonb, keys jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.* FROM api_keys k, LATERAL tenant_snapshot(k.tenant_id) s WHERE k.key_sha256 = p_key_sha256
$$;
