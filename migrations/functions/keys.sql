-- API keys over HTTP: an admin key lists, creates, rotates and revokes the keys of its own tenant.
-- A key grants only what it has: mode, scopes, expiry, own rates; and nothing that could spend beyond its own cap.
-- A lock that is not acquired within 3 s raises (55P03): nothing was done.

-- The key that changes keys. Its tenant is locked until the end of the transaction, so that keys are counted exactly; its
-- own row too, so that a reader who sees it revoked sees all keys that it created.
-- `refusal`: see check_key; null when it may.
CREATE OR REPLACE FUNCTION key_admin(p_key_sha256 bytea, OUT refusal text, OUT admin api_keys)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_key_id uuid;
BEGIN
  PERFORM FROM tenants t
    JOIN api_keys k USING (tenant_id)
   WHERE k.key_sha256 = p_key_sha256
     FOR NO KEY UPDATE OF t;
  PERFORM FROM api_keys k WHERE k.key_sha256 = p_key_sha256 FOR SHARE;
  SELECT c.key_id, c.refusal INTO v_key_id, refusal FROM check_key(p_key_sha256, 'admin', true) c;
  SELECT k.* INTO admin FROM api_keys k WHERE k.key_id = v_key_id;
END $$;

-- Whether one more key may be created: null, or too-many (active keys) | too-fast (created within a day, revoked or not).
-- It counts by indexes: keys that ended, or were created, long ago cost nothing.
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

-- The rates that the keys which this key creates count against.
CREATE OR REPLACE FUNCTION handed_down(k api_keys) RETURNS uuid[]
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN coalesce(k.submit_per_minute, k.read_per_minute) IS NULL THEN k.rate_makers
              ELSE k.rate_makers || k.spending_id END
$$;

-- The keys of the key's tenant, newest first, after p_after; at most p_limit.
-- outcome: found, each with a key | no-cursor (no such key to continue after) | unauthorized | scope-missing
-- Zero rows: no more keys.
CREATE OR REPLACE FUNCTION list_own_keys(p_key_sha256 bytea, p_after uuid, p_limit integer)
RETURNS TABLE (outcome text, current_key_id uuid, key key_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_caller record;
  v_at timestamptz := 'infinity';
  v_id uuid := coalesce(p_after, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
  SELECT c.* INTO v_caller FROM check_key(p_key_sha256, 'admin', false) c;
  outcome := v_caller.refusal;
  IF outcome IS NULL AND p_after IS NOT NULL THEN
    SELECT k.created_at INTO v_at FROM api_keys k WHERE k.key_id = p_after AND k.tenant_id = v_caller.tenant_id;
    IF NOT FOUND THEN
      outcome := 'no-cursor';
    END IF;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT 'found', v_caller.key_id, x.v
    FROM (
      SELECT k.key_id, k.created_at FROM api_keys k
       WHERE k.tenant_id = v_caller.tenant_id AND (k.created_at, k.key_id) < (v_at, v_id)
       ORDER BY k.created_at DESC, k.key_id DESC
       LIMIT p_limit
    ) page
    JOIN LATERAL (SELECT v FROM key_views v WHERE v.key_id = page.key_id LIMIT 1) x ON true
   ORDER BY page.created_at DESC, page.key_id DESC;
END $$;

-- Creates a key. It takes the hashes of two, one per mode, and keeps the one of the key's mode. Mode, expiry and rates that
-- are null are the calling key's own. What a created key uses counts against the rates of the key that created it, too.
-- outcome: created | past-expiry | over-mode | over-scopes | over-expiry | over-rate | over-cap (each more than the calling
--   key has) | over-makers (a fifth rate to count against) | too-many | too-fast | unauthorized | scope-missing | read-only
CREATE OR REPLACE FUNCTION create_own_key(
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
  SELECT a.refusal, a.admin INTO v_gate FROM key_admin(p_key_sha256) a;
  outcome := v_gate.refusal;
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

-- Gives an active key its one successor, with the same properties and cap, and ends the old one after a grace period, never
-- later than it would have ended anyway. The successor counts together with the old key. A key with a rate of its own
-- rotates only itself and the keys that it created, for another key's rate would come on top of its own.
-- outcome: rotated | absent | inactive (revoked or expired) | already-rotated | over-mode | over-scopes | over-expiry
--   | over-rate | over-cap | too-many | too-fast | unauthorized | scope-missing | read-only
CREATE OR REPLACE FUNCTION rotate_own_key(
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
  SELECT a.refusal, a.admin INTO v_gate FROM key_admin(p_key_sha256) a;
  outcome := v_gate.refusal;
  v_admin := v_gate.admin;
  IF outcome IS NULL THEN
    SELECT k.* INTO v_old FROM api_keys k WHERE k.key_id = p_key_id AND k.tenant_id = v_admin.tenant_id
       FOR NO KEY UPDATE;
    v_now := wall_clock();
    outcome := CASE
      WHEN NOT FOUND THEN 'absent'
      WHEN EXISTS (SELECT FROM api_keys n WHERE n.rotated_from = p_key_id) THEN 'already-rotated'
      WHEN v_old.status <> 'active' OR v_old.expires_at <= v_now THEN 'inactive'
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

-- Changes the name of an active key, or its cap, which is that of its whole chain of rotations: a key of it that ends later
-- spends under the new one too. Null: as it is. What the calling key may not rotate, it may not change. A submit that
-- read the old cap before this commits is accepted under it: a lowered cap may then be exceeded, by no more than that.
-- outcome: updated | absent | inactive (revoked or expired) | no-cap (it was created without one: what it spent is not
--   known) | below-spent (`spent_micros`) | over-mode | over-scopes | over-expiry | over-rate | over-cap | unauthorized
--   | scope-missing | read-only
CREATE OR REPLACE FUNCTION update_own_key(p_key_sha256 bytea, p_key_id uuid, p_name text, p_spending_cap_micros bigint)
RETURNS TABLE (outcome text, current_key_id uuid, key key_views, spent_micros bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_gate record;
  v_admin api_keys;
  v_old api_keys;
BEGIN
  SELECT a.refusal, a.admin INTO v_gate FROM key_admin(p_key_sha256) a;
  outcome := v_gate.refusal;
  v_admin := v_gate.admin;
  IF outcome IS NULL THEN
    SELECT k.* INTO v_old FROM api_keys k WHERE k.key_id = p_key_id AND k.tenant_id = v_admin.tenant_id;
    outcome := CASE
      WHEN NOT FOUND THEN 'absent'
      WHEN v_old.status <> 'active' OR v_old.expires_at <= wall_clock() THEN 'inactive'
      WHEN v_admin.spending_cap_micros IS NOT NULL THEN 'over-cap'
      WHEN v_old.mode = 'live' AND v_admin.mode = 'test' THEN 'over-mode'
      WHEN NOT v_old.scopes <@ v_admin.scopes THEN 'over-scopes'
      WHEN coalesce(v_old.expires_at, 'infinity') > v_admin.expires_at THEN 'over-expiry'
      WHEN p_spending_cap_micros IS NOT NULL AND EXISTS (
        SELECT FROM api_keys k
         WHERE k.tenant_id = v_old.tenant_id AND k.spending_cap_micros IS NOT NULL
           AND k.spending_id = v_old.spending_id AND k.status = 'active'
           AND coalesce(k.expires_at, 'infinity') > v_admin.expires_at) THEN 'over-expiry'
      WHEN coalesce(v_old.submit_per_minute, 1000000) > v_admin.submit_per_minute
        OR coalesce(v_old.read_per_minute, 1000000) > v_admin.read_per_minute
        OR (v_old.spending_id <> v_admin.spending_id AND NOT v_old.rate_makers @> handed_down(v_admin)) THEN 'over-rate'
      WHEN p_spending_cap_micros IS NOT NULL AND v_old.spending_cap_micros IS NULL THEN 'no-cap'
    END;
  END IF;
  IF outcome IS NULL AND p_spending_cap_micros IS NOT NULL THEN
    -- Before the keys, as a submit takes its locks.
    SELECT s.committed_micros INTO spent_micros FROM key_spending s WHERE s.spending_id = v_old.spending_id FOR NO KEY UPDATE;
    IF spent_micros > p_spending_cap_micros THEN
      outcome := 'below-spent';
    END IF;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  -- Until nothing is left: a statement that waits for an operator's rotation does not see the successor that it made.
  WHILE p_spending_cap_micros IS NOT NULL LOOP
    UPDATE api_keys k SET spending_cap_micros = p_spending_cap_micros
     WHERE k.tenant_id = v_old.tenant_id AND k.spending_cap_micros IS NOT NULL AND k.spending_id = v_old.spending_id
       AND k.spending_cap_micros <> p_spending_cap_micros;
    EXIT WHEN NOT FOUND;
  END LOOP;
  UPDATE api_keys k SET name = p_name WHERE p_name IS NOT NULL AND k.key_id = p_key_id;
  RETURN QUERY SELECT 'updated', v_admin.key_id, v, spent_micros FROM key_views v WHERE v.key_id = p_key_id;
END $$;

-- Revokes a key, with one event. Zero rows: no such key, or it is revoked already.
CREATE OR REPLACE FUNCTION revoke_key(p_key_id uuid) RETURNS TABLE (key_id uuid)
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  WITH revoked AS (
    UPDATE api_keys k SET status = 'revoked', revoked_at = wall_clock()
     WHERE k.key_id = p_key_id AND k.status = 'active'
    RETURNING k.key_id, k.tenant_id, k.name, k.revoked_at
  ), event AS (
    INSERT INTO outbox_events (tenant_id, type, payload, created_at)
    SELECT r.tenant_id, 'key.revoked', jsonb_build_object('key_id', r.key_id, 'name', r.name, 'revoked_at',
      to_char(r.revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), r.revoked_at
      FROM revoked r
  )
  SELECT r.key_id FROM revoked r
$$;

-- Revokes a key for an admin key of its tenant, also during the operator's halt.
-- outcome: revoked | already-revoked, each with the key; absent | unauthorized | scope-missing
CREATE OR REPLACE FUNCTION revoke_own_key(p_key_sha256 bytea, p_key_id uuid)
RETURNS TABLE (outcome text, current_key_id uuid, key key_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_caller record;
  v_outcome text;
BEGIN
  SELECT c.* INTO v_caller FROM check_key(p_key_sha256, 'admin', false) c;
  outcome := coalesce(v_caller.refusal, CASE
    WHEN NOT EXISTS (SELECT FROM api_keys k WHERE k.key_id = p_key_id AND k.tenant_id = v_caller.tenant_id) THEN 'absent'
  END);
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  PERFORM FROM revoke_key(p_key_id);
  v_outcome := CASE WHEN FOUND THEN 'revoked' ELSE 'already-revoked' END;
  RETURN QUERY SELECT v_outcome, v_caller.key_id, v FROM key_views v WHERE v.key_id = p_key_id;
END $$;
