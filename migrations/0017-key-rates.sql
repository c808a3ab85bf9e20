-- Keys at the shield: a change of one key is told by itself, what is mirrored does not grow with the keys that ever were, and
-- a key's own rate holds for all that it makes.

-- The keys whose own rates this one counts against besides its own, each named by the first of its chain of rotations
-- (spending_id), which is also the name of its own count: a key's maker, that one's maker, and so on, where they have rates.
ALTER TABLE api_keys ADD COLUMN rate_makers uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(rate_makers) <= 4);

-- Keys that have not ended, or ended lately; and the latest made. Neither is found by looking at all that ever were.
CREATE INDEX api_keys_ends ON api_keys (tenant_id, (coalesce(least(revoked_at, expires_at), 'infinity'::timestamptz)));
CREATE INDEX api_keys_newest ON api_keys (tenant_id, created_at DESC, key_id DESC);
DROP INDEX api_keys_tenant;

-- A key as the shield mirrors it. `limits` are the rates that it counts against, of the class 'submit' or 'read'.
CREATE FUNCTION mirrored_key(k api_keys, p_tenant_status text, p_tenant_version bigint) RETURNS jsonb
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
CREATE FUNCTION mirrored_tenant(p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, status text, version bigint, available_micros bigint, open_runs jsonb, plan jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.status, t.version, b.available,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('run_id', r.run_id, 'micros', r.reserved_micros::text)), '[]')
       FROM runs r
      WHERE r.tenant_id = t.tenant_id AND r.status IN ('QUEUED', 'PROCESSING')),
    jsonb_build_object('version', greatest(p.version, tp.version, 0)::text,
      'submit_per_minute', coalesce(p.submit_per_minute, 60), 'submit_burst', coalesce(p.submit_burst, 10),
      'read_per_minute', coalesce(p.read_per_minute, 600), 'read_burst', coalesce(p.read_burst, 100),
      'max_open_runs', coalesce(p.max_open_runs, 1), 'max_cost_micros', coalesce(p.max_cost_micros, 0)::text,
      'pack_types', to_jsonb(coalesce(p.pack_types, '{}')))
    FROM tenants t
    JOIN balances b USING (tenant_id)
    LEFT JOIN tenant_plans tp USING (tenant_id)
    LEFT JOIN plans p USING (plan_id)
   WHERE t.tenant_id = p_tenant_id
$$;

-- All that a sync writes: with the keys that have not ended, and those that ended within the last hour, whose own telling may
-- have been lost. The mirror forgets those that ended before, and a key that it does not know is loaded by itself.
CREATE OR REPLACE FUNCTION tenant_snapshot(p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, available_micros bigint, open_runs jsonb, plan jsonb, keys jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.available_micros, t.open_runs, t.plan,
    (SELECT coalesce(jsonb_agg(mirrored_key(k, t.status, t.version)), '[]')
       FROM api_keys k
      WHERE k.tenant_id = t.tenant_id
        AND coalesce(least(k.revoked_at, k.expires_at), 'infinity'::timestamptz) > (SELECT wall_clock()) - interval '1 hour')
    FROM mirrored_tenant(p_tenant_id) t
$$;

-- All that the shield needs to know of one key: its tenant's figures, and itself, though it may have ended long ago.
CREATE OR REPLACE FUNCTION admission_snapshot(p_key_sha256 bytea)
RETURNS TABLE (tenant_id uuid, available_micros bigint, open_runs jsonb, plan jsonb, keys jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.available_micros, t.open_runs, t.plan, jsonb_build_array(mirrored_key(k, t.status, t.version))
    FROM api_keys k, LATERAL mirrored_tenant(k.tenant_id) t
   WHERE k.key_sha256 = p_key_sha256
$$;

-- One key that was changed, as the shield mirrors it. Zero rows: no such key.
CREATE FUNCTION key_snapshot(p_key_id uuid) RETURNS TABLE (tenant_id uuid, key jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, mirrored_key(k, t.status, t.version)
    FROM api_keys k JOIN tenants t USING (tenant_id)
   WHERE k.key_id = p_key_id
$$;

-- The same for the edge: a key of the tenant of this one, which may have ended, by its own hand too.
CREATE FUNCTION own_key_snapshot(p_key_sha256 bytea, p_key_id uuid) RETURNS TABLE (tenant_id uuid, key jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.tenant_id, s.key FROM caller(p_key_sha256) c, LATERAL key_snapshot(p_key_id) s WHERE s.tenant_id = c.tenant_id
$$;

-- As in 0010, but what it counts it finds by an index: keys that ended, or were made, long ago cost nothing.
CREATE OR REPLACE FUNCTION key_room(p_tenant_id uuid) RETURNS text
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT CASE
    WHEN (SELECT count(*) FROM api_keys k
           WHERE k.tenant_id = p_tenant_id AND k.status = 'active'
             AND coalesce(least(k.revoked_at, k.expires_at), 'infinity'::timestamptz) > (SELECT wall_clock())) >= 100 THEN 'too-many'
    WHEN (SELECT count(*) FROM api_keys k
           WHERE k.tenant_id = p_tenant_id AND k.created_at > (SELECT wall_clock()) - interval '1 day') >= 1000 THEN 'too-fast'
  END
$$;

-- The rates that what this key makes counts against.
CREATE FUNCTION handed_down(k api_keys) RETURNS uuid[]
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN coalesce(k.submit_per_minute, k.read_per_minute) IS NULL THEN k.rate_makers
              ELSE k.rate_makers || k.spending_id END
$$;

-- As in 0010, but for the rates: what a key makes counts against the key's own, together with the key itself.
-- outcome: created | past-expiry | over-mode | over-scopes | over-expiry | over-rate | over-cap (each more than the caller
--   has) | over-makers (a fifth rate to count against) | too-many | too-fast | unauthorized | scope-missing | read-only
CREATE OR REPLACE FUNCTION create_key_for(
  p_key_sha256 bytea, p_key_id uuid, p_live_sha256 bytea, p_test_sha256 bytea, p_name text, p_mode text, p_scopes text[],
  p_expires_at timestamptz, p_submit_per_minute integer, p_read_per_minute integer, p_spending_cap_micros bigint
) RETURNS TABLE (outcome text, current_key_id uuid, key key_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_gate record;
  v_admin api_keys;
  v_mode text;
  v_expires_at timestamptz;
  v_submit_per_minute integer;
  v_read_per_minute integer;
BEGIN
  SELECT a.refused, a.admin INTO v_gate FROM key_admin(p_key_sha256) a;
  outcome := v_gate.refused;
  v_admin := v_gate.admin;
  v_mode := coalesce(p_mode, v_admin.mode);
  v_expires_at := coalesce(p_expires_at, v_admin.expires_at);
  v_submit_per_minute := coalesce(p_submit_per_minute, v_admin.submit_per_minute);
  v_read_per_minute := coalesce(p_read_per_minute, v_admin.read_per_minute);
  outcome := coalesce(outcome, CASE
    WHEN p_expires_at <= wall_clock() THEN 'past-expiry'
    WHEN v_admin.spending_cap_micros IS NOT NULL THEN 'over-cap'
    WHEN v_mode = 'live' AND v_admin.mode = 'test' THEN 'over-mode'
    WHEN NOT p_scopes <@ v_admin.scopes THEN 'over-scopes'
    WHEN v_expires_at > v_admin.expires_at THEN 'over-expiry'
    WHEN v_submit_per_minute > v_admin.submit_per_minute OR v_read_per_minute > v_admin.read_per_minute THEN 'over-rate'
    WHEN cardinality(handed_down(v_admin)) > 4 THEN 'over-makers'
  END, key_room(v_admin.tenant_id));
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;

  INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, expires_at, submit_per_minute,
    read_per_minute, spending_cap_micros, spending_id, rate_makers, created_at)
  VALUES (p_key_id, v_admin.tenant_id, CASE v_mode WHEN 'live' THEN p_live_sha256 ELSE p_test_sha256 END, p_name, v_mode,
    p_scopes, v_expires_at, v_submit_per_minute, v_read_per_minute, p_spending_cap_micros, p_key_id,
    handed_down(v_admin), wall_clock());
  RETURN QUERY SELECT 'created', v_admin.key_id, v FROM key_views v WHERE v.key_id = p_key_id;
END $$;

-- As in 0010, but for the rates: the successor counts together with the old key, and a key with a rate of its own rotates
-- itself and what it made alone, for another's rate would come on top of its own.
CREATE OR REPLACE FUNCTION rotate_key_for(
  p_key_sha256 bytea, p_key_id uuid, p_new_key_id uuid, p_live_sha256 bytea, p_test_sha256 bytea, p_grace_seconds integer
) RETURNS TABLE (outcome text, current_key_id uuid, key key_views, old_expires_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_gate record;
  v_now timestamptz;
  v_admin api_keys;
  v_old api_keys;
BEGIN
  SELECT a.refused, a.admin INTO v_gate FROM key_admin(p_key_sha256) a;
  outcome := v_gate.refused;
  v_admin := v_gate.admin;
  IF outcome IS NULL THEN
    SELECT k.* INTO v_old FROM api_keys k WHERE k.key_id = p_key_id AND k.tenant_id = v_admin.tenant_id
       FOR NO KEY UPDATE;
    v_now := wall_clock();
    outcome := CASE
      WHEN NOT FOUND THEN 'absent'
      WHEN EXISTS (SELECT FROM api_keys n WHERE n.rotated_from = p_key_id) THEN 'already-rotated'
      WHEN v_old.status <> 'active' OR v_old.expires_at <= v_now THEN 'absent'
      WHEN v_admin.spending_cap_micros IS NOT NULL AND v_old.spending_id <> v_admin.spending_id THEN 'over-cap'
      WHEN v_old.mode = 'live' AND v_admin.mode = 'test' THEN 'over-mode'
      WHEN NOT v_old.scopes <@ v_admin.scopes THEN 'over-scopes'
      WHEN coalesce(v_old.expires_at, 'infinity') > v_admin.expires_at THEN 'over-expiry'
      WHEN coalesce(v_old.submit_per_minute, 1000000) > v_admin.submit_per_minute
        OR coalesce(v_old.read_per_minute, 1000000) > v_admin.read_per_minute
        OR (v_old.spending_id <> v_admin.spending_id AND NOT v_old.rate_makers @> handed_down(v_admin)) THEN 'over-rate'
      ELSE key_room(v_admin.tenant_id)
    END;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;

  INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, expires_at, submit_per_minute,
    read_per_minute, spending_cap_micros, spending_id, rate_makers, rotated_from, created_at)
  VALUES (p_new_key_id, v_old.tenant_id, CASE v_old.mode WHEN 'live' THEN p_live_sha256 ELSE p_test_sha256 END,
    v_old.name, v_old.mode, v_old.scopes, v_old.expires_at, v_old.submit_per_minute, v_old.read_per_minute,
    v_old.spending_cap_micros, v_old.spending_id, v_old.rate_makers, v_old.key_id, v_now);
  UPDATE api_keys k SET expires_at = least(k.expires_at, v_now + make_interval(secs => p_grace_seconds))
   WHERE k.key_id = p_key_id
  RETURNING k.expires_at INTO old_expires_at;
  RETURN QUERY SELECT 'rotated', v_admin.key_id, v, old_expires_at FROM key_views v WHERE v.key_id = p_new_key_id;
END $$;

-- The default privileges that 0005 set hold for the role that set them alone; another may run this file.
REVOKE EXECUTE ON FUNCTION mirrored_key, mirrored_tenant, key_snapshot, own_key_snapshot, handed_down FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_key_snapshot TO dpp_edge;
-- tenant_snapshot runs with its caller's own rights.
GRANT EXECUTE ON FUNCTION mirrored_key, mirrored_tenant TO dpp_backend;
