-- The keys of the tenant of an admin key: see the function list_keys in migrations.
-- $1 key sha256 hex  $2 key_id to go on after, or null  $3 how many at most
-- Zero rows: no more keys.
SELECT l.outcome, l.current_key_id, (l.key).* FROM list_keys(decode($1, 'hex'), $2::uuid, $3) l
