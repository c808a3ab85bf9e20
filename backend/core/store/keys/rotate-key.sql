-- Gives an active key its one successor, with the same properties, and ends the old one after a grace period, never later
-- than it would have ended anyway. Both spend from one cap.
-- $1 key_id  $2 key_id of the successor  $3 its SHA-256, hex  $4 grace period, s
-- Zero rows, and nothing was changed: no such key, or it is revoked, expired or has a successor already.
WITH old AS (
  SELECT * FROM api_keys
   WHERE key_id = $1::uuid AND status = 'active' AND (expires_at IS NULL OR expires_at > wall_clock())
     FOR NO KEY UPDATE
), successor AS (
  INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, expires_at, submit_per_minute,
    read_per_minute, spending_cap_micros, spending_id, rate_makers, rotated_from)
  SELECT $2::uuid, tenant_id, decode($3, 'hex'), name, mode, scopes, expires_at, submit_per_minute, read_per_minute,
         spending_cap_micros, spending_id, rate_makers, key_id
    FROM old
  ON CONFLICT (rotated_from) DO NOTHING
  RETURNING key_id, tenant_id, name, rotated_from, expires_at
), retired AS (
  UPDATE api_keys k SET expires_at = least(k.expires_at, wall_clock() + make_interval(secs => $4::double precision))
    FROM successor n
   WHERE k.key_id = n.rotated_from
  RETURNING k.expires_at
)
SELECT n.key_id, n.tenant_id, n.name, n.expires_at, r.expires_at AS old_expires_at FROM successor n, retired r
