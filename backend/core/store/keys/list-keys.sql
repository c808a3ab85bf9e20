-- The keys of a tenant, oldest first; one row with a null key_id where it has none.
-- $1 tenant_id
-- Zero rows: no such tenant.
SELECT k.key_id, k.tenant_id, k.name, k.mode, k.scopes, k.status, k.expires_at, k.submit_per_minute, k.read_per_minute,
       k.spending_cap_micros, s.committed_micros, k.rotated_from, k.created_at, k.revoked_at, n.key_id AS rotated_to
  FROM tenants t
  LEFT JOIN api_keys k USING (tenant_id)
  LEFT JOIN key_spending s USING (spending_id)
  LEFT JOIN api_keys n ON n.rotated_from = k.key_id
 WHERE t.tenant_id = $1::uuid
 ORDER BY k.created_at, k.key_id
