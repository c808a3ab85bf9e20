-- May this key do this? Every function of the edge acts for the one key whose hash it is given, and asks here.

-- p_scope: submit, read or admin. p_changes: the operator's halt refuses it.
-- Always one row. `refusal`, the first that applies, or null:
--   unauthorized (no such key, or it is revoked or expired, or its tenant is suspended) | read-only | scope-missing.
-- tenant_id and key_id are null when the key is refused, so that a join on them finds nothing.
CREATE OR REPLACE FUNCTION check_key(p_key_sha256 bytea, p_scope text, p_changes boolean,
  OUT tenant_id uuid, OUT key_id uuid, OUT refusal text)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  SELECT k.tenant_id, k.key_id,
         CASE WHEN p_changes AND s.mode = 'halt' THEN 'read-only' WHEN NOT p_scope = ANY (k.scopes) THEN 'scope-missing' END
    INTO tenant_id, key_id, refusal
    FROM api_keys k JOIN tenants t USING (tenant_id) CROSS JOIN operator_switch s
   WHERE k.key_sha256 = p_key_sha256 AND k.status = 'active' AND t.status = 'active'
     AND (k.expires_at IS NULL OR k.expires_at > wall_clock());
  IF NOT FOUND THEN
    refusal := 'unauthorized';
  ELSIF refusal IS NOT NULL THEN
    tenant_id := NULL; key_id := NULL;
  END IF;
END $$;
