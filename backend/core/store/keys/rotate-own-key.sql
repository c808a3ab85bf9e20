-- The successor of a key at the request of an admin key: see the function rotate_key_for in migrations.
-- $1 key sha256 hex  $2 key_id of the old one  $3 key_id of its successor
-- $4 the successor's SHA-256 if it is a live key, hex  $5 the same if it is a test key  $6 grace, s
-- Always one row.
SELECT r.outcome, r.current_key_id, (r.key).*, r.old_expires_at
  FROM rotate_key_for(decode($1, 'hex'), $2::uuid, $3::uuid, decode($4, 'hex'), decode($5, 'hex'), $6::integer) r
