-- Ends a key at once and for ever.
-- $1 key_id
-- Zero rows: no such key, or it is revoked already.
UPDATE api_keys SET status = 'revoked', revoked_at = wall_clock()
 WHERE key_id = $1::uuid AND status = 'active'
RETURNING key_id
