-- The mirror of a tenant holds the keys that may still be used, and those that ended within the last seven days, so that
-- it does not grow with every key that ever was. One that ended before is not mirrored, and Postgres alone refuses it.

-- As in 0004 but for that: all that the Redis shield mirrors of one tenant, from the calling statement's snapshot.
CREATE OR REPLACE FUNCTION tenant_snapshot(p_tenant_id uuid)
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
       FROM api_keys k
      WHERE k.tenant_id = t.tenant_id
        AND coalesce(least(k.revoked_at, k.expires_at), 'infinity') > wall_clock() - interval '7 days')
    FROM tenants t
    JOIN balances b USING (tenant_id)
    LEFT JOIN tenant_plans tp USING (tenant_id)
    LEFT JOIN plans p USING (plan_id)
   WHERE t.tenant_id = p_tenant_id
$$;
