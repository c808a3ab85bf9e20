-- Ends a key at once and for ever: see the function revoke_key in migrations.
-- $1 key_id
-- Zero rows: no such key, or it is revoked already.
SELECT key_id FROM revoke_key($1::uuid)
