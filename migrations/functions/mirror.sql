-- What the Redis shield mirrors. The mirror of a tenant does not grow with every key that it ever had.

-- A key as the shield mirrors it. `limits` are the rates that it counts against, of the class 'submit' or 'read'.
CREATE OR REPLACE FUNCTION mirrored_key(k api_keys, p_tenant_status text, p_tenant_version bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT jsonb_build_object('sha256', encode(k.key_sha256, 'hex'), 'key_id', k.key_id,
    'status', CASE WHEN p_tenant_status = 'active' THEN k.status ELSE 'revoked' END,
    'expires_at_ms', floor(extract(epoch FROM k.expires_at) * 1000)::bigint::text, 'scopes', to_jsonb(k.scopes),
    'submit_per_minute', k.submit_per_minute, 'read_per_minute', k.read_per_minute,
    'submit_limits', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.spending_id, 'per_minute', m.submit_per_minute)
        ORDER BY m.spending_id), '[]')
       FROM api_keys m WHERE m.key_id = ANY (k.rate_makers || k.spending_id) AND m.submit_per_minute IS NOT NULL),
    'read_limits', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.spending_id, 'per_minute', m.read_per_minute)
        ORDER BY m.spending_id), '[]')
       FROM api_keys m WHERE m.key_id = ANY (k.rate_makers || k.spending_id) AND m.read_per_minute IS NOT NULL),
    'version', greatest(k.version, p_tenant_version)::text)
$$;

-- What the shield mirrors of a tenant but for its keys, from the calling statement's snapshot.
CREATE OR REPLACE FUNCTION mirrored_tenant(p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, status text, version bigint, available_micros bigint, open_runs jsonb, plan jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.status, t.version, b.available,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('run_id', r.run_id, 'micros', r.reserved_micros::text)), '[]')
       FROM runs r
      WHERE r.tenant_id = t.tenant_id AND r.status IN ('QUEUED', 'PROCESSING')),
    jsonb_build_object('version', greatest(p.version, tp.version, (SELECT max(r.version) FROM pack_rollouts r), 0)::text,
      'submit_per_minute', coalesce(p.submit_per_minute, 60), 'submit_burst', coalesce(p.submit_burst, 10),
      'read_per_minute', coalesce(p.read_per_minute, 600), 'read_burst', coalesce(p.read_burst, 100),
      'max_open_runs', coalesce(p.max_open_runs, 1), 'max_cost_micros', coalesce(p.max_cost_micros, 0)::text,
      'pack_types', to_jsonb(coalesce(included_packs(p.pack_types, t.tenant_id), '{}')))
    FROM tenants t
    JOIN balances b USING (tenant_id)
    LEFT JOIN tenant_plans tp USING (tenant_id)
    LEFT JOIN plans p USING (plan_id)
   WHERE t.tenant_id = p_tenant_id
$$;

-- All that a sync writes: with the active keys, and those that ended within the last hour, whose own sync may have been
-- lost. The mirror drops those that ended earlier; a key that it does not have is loaded when it is used.
-- Zero rows: no such tenant.
CREATE OR REPLACE FUNCTION tenant_snapshot(p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, available_micros bigint, open_runs jsonb, plan jsonb, keys jsonb)
LANGUAGE sql STABLE ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.available_micros, t.open_runs, t.plan,
    (SELECT coalesce(jsonb_agg(mirrored_key(k, t.status, t.version)), '[]')
       FROM api_keys k
      WHERE k.tenant_id = t.tenant_id
        AND coalesce(least(k.revoked_at, k.expires_at), 'infinity'::timestamptz) > (SELECT wall_clock()) - interval '1 hour')
    FROM mirrored_tenant(p_tenant_id) t
$$;

-- All that the shield needs for one key: its tenant's amounts and plan, and the key, which may have ended long ago.
-- Zero rows: no such key.
CREATE OR REPLACE FUNCTION admission_snapshot(p_key_sha256 bytea)
RETURNS TABLE (tenant_id uuid, available_micros bigint, open_runs jsonb, plan jsonb, keys jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.available_micros, t.open_runs, t.plan, jsonb_build_array(mirrored_key(k, t.status, t.version))
    FROM api_keys k, LATERAL mirrored_tenant(k.tenant_id) t
   WHERE k.key_sha256 = p_key_sha256
$$;

-- One key that was changed, as the shield mirrors it. Zero rows: no such key.
CREATE OR REPLACE FUNCTION key_snapshot(p_key_id uuid) RETURNS TABLE (tenant_id uuid, key jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, mirrored_key(k, t.status, t.version)
    FROM api_keys k JOIN tenants t USING (tenant_id)
   WHERE k.key_id = p_key_id
$$;

-- key_snapshot for the edge: a key of the same tenant as this one, which may itself have ended. Zero rows: no such key.
CREATE OR REPLACE FUNCTION own_key_snapshot(p_key_sha256 bytea, p_key_id uuid) RETURNS TABLE (tenant_id uuid, key jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.tenant_id, s.key FROM api_keys c, LATERAL key_snapshot(p_key_id) s
   WHERE c.key_sha256 = p_key_sha256 AND s.tenant_id = c.tenant_id
$$;
