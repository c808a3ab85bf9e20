-- The audit of one tenant: what its next settled runs add up to, by day, pack and key.
-- $1 tenant_id  $2 cursor: finished_at (text)  $3 cursor: run_id  $4 finished before (text)  $5 how many at most
-- Always one row; the cursor is null when there were none.
SELECT runs, last_finished_at::text, last_run_id, lines
  FROM add_closed_runs($1::uuid, $2::timestamptz, $3::uuid, $4::timestamptz, $5::integer)
