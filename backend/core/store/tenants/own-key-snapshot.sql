-- One key as Redis mirrors it, at the request of a key of its tenant: see the function own_key_snapshot in migrations.
-- $1 SHA-256 of the key that asks, hex  $2 key_id
-- Zero rows: no such key.
SELECT tenant_id, key FROM own_key_snapshot(decode($1, 'hex'), $2::uuid)
