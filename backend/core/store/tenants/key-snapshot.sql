-- One key as Redis mirrors it: see the function key_snapshot in migrations.
-- $1 key_id
-- Zero rows: no such key.
SELECT tenant_id, key FROM key_snapshot($1::uuid)
