-- One key, for an operator.
-- $1 key_id
-- Zero rows: no such key.
SELECT k.key_id, k.tenant_id, k.name, k.mode, k.scopes, k.status, k.expires_at, k.submit_per_minute, k.read_per_minute,
       k.spending_cap_micros, s.committed_micros, k.rotated_from, k.created_at, k.revoked_at,
       (SELECT n.key_id FROM api_keys n WHERE n.rotated_from = k.key_id) AS rotated_to
  FROM api_keys k LEFT JOIN key_spending s USING (spending_id)
 WHERE k.key_id = $1::uuid
