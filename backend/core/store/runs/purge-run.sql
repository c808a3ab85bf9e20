-- The retention sweep, after the objects of a run whose purge was begun: forgets the inputs and marks the run.
-- $1 run_id  $2 version
-- Zero rows: its purge was not begun, or it is purged already, frozen, or not as it was seen.
SELECT run_id FROM purge_run($1::uuid, $2::bigint)
