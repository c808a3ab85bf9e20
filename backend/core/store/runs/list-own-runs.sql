-- The runs of the tenant whose API key this is, newest first: see the function list_own_runs in migrations.
-- $1 key sha256 hex  $2 $3 after this time and run_id, or null  $4 statuses, or null  $5 pack type, or null
-- $6 created from this time on, or null  $7 created before, or null  $8 metadata, JSON, or null  $9 how many, and one more
-- $10 how many runs may be looked at
-- Zero rows: no such key. One row whose run_id is null: no such run.
SELECT * FROM list_own_runs(decode($1, 'hex'), $2::timestamptz, $3::uuid, $4::text[], $5, $6::timestamptz,
  $7::timestamptz, $8::jsonb, $9::integer, $10::integer)
