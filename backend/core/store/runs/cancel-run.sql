-- C1: see the function cancel_run in migrations.
-- $1 key sha256 hex  $2 run_id  $3 reason detail
-- Always one row.
SELECT * FROM cancel_run(decode($1, 'hex'), $2::uuid, $3)
