-- The audit: a finding about a closed run, which is frozen by it.
-- $1 run_id  $2 version  $3 money_state  $4 kind  $5 detail, JSON
-- Always one row: found, known (open already), or lost: the run is not as it was seen.
SELECT outcome FROM freeze_closed_run($1::uuid, $2::bigint, $3, $4, $5::jsonb)
