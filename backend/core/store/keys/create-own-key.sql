-- A new key at the request of an admin key: see the function create_key_for in migrations.
-- $1 key sha256 hex  $2 key_id of the new one  $3 its SHA-256 if it is a live key, hex  $4 the same if it is a test key
-- $5 name  $6 mode  $7 scopes  $8 expiry  $9 submits per minute  $10 reads per minute: each null for the caller's own, but
-- for name and scopes  $11 spending cap, micros, or null
-- Always one row.
SELECT c.outcome, c.current_key_id, (c.key).*
  FROM create_key_for(decode($1, 'hex'), $2::uuid, decode($3, 'hex'), decode($4, 'hex'), $5, $6, $7::text[],
    $8::timestamptz, $9::integer, $10::integer, $11::bigint) c
