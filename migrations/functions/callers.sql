-- Whose key a request has, and what that key may do. Each function of the edge answers for the one key whose hash it
-- is given.

-- The caller by the hash of its key. Zero rows: no such key. `authorized` is false for a key that is revoked, expired or
-- of a suspended tenant. ROWS 1: taken for the thousand that a function is thought to give, whole tables are read to join.
CREATE OR REPLACE FUNCTION caller(p_key_sha256 bytea)
RETURNS TABLE (tenant_id uuid, key_id uuid, scopes text[], authorized boolean)
LANGUAGE sql VOLATILE ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT k.tenant_id, k.key_id, k.scopes,
         k.status = 'active' AND t.status = 'active' AND (k.expires_at IS NULL OR k.expires_at > wall_clock())
    FROM api_keys k JOIN tenants t USING (tenant_id)
   WHERE k.key_sha256 = p_key_sha256
$$;

-- Who calls, and why not: `refusal` is null for a key that may manage webhooks. Always one row.
CREATE OR REPLACE FUNCTION webhook_caller(p_key_sha256 bytea, p_changes boolean) RETURNS TABLE (tenant_id uuid, refusal text)
LANGUAGE sql VOLATILE ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT c.tenant_id, CASE
           WHEN c.tenant_id IS NULL THEN 'unauthorized'
           WHEN p_changes AND s.mode = 'halt' THEN 'read-only'
           WHEN NOT 'admin' = ANY (c.scopes) THEN 'scope-missing'
         END
    FROM operator_switch s LEFT JOIN caller(p_key_sha256) c ON c.authorized
$$;
