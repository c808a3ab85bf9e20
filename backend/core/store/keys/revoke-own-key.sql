-- Ends a key at the request of an admin key: see the function revoke_key_for in migrations.
-- $1 key sha256 hex  $2 key_id
-- Always one row.
SELECT r.outcome, r.current_key_id, (r.key).* FROM revoke_key_for(decode($1, 'hex'), $2::uuid) r
