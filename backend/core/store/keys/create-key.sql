-- Creates an API key of a tenant; only its hash is stored.
-- $1 key_id  $2 tenant_id  $3 SHA-256 of the key, hex  $4 name  $5 mode  $6 scopes  $7 expiry, or null
-- $8 submits per minute  $9 reads per minute  $10 spending cap, micros: each null for the plan's, or none
-- Zero rows: no such tenant.
INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, expires_at, submit_per_minute, read_per_minute,
  spending_cap_micros, spending_id)
SELECT $1::uuid, tenant_id, decode($3, 'hex'), $4, $5, $6::text[], $7::timestamptz, $8::integer, $9::integer, $10::bigint, $1::uuid
  FROM tenants
 WHERE tenant_id = $2::uuid
RETURNING key_id
