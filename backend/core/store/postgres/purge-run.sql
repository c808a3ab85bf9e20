-- The retention sweep, after the objects: forgets the inputs and marks the run.
-- $1 run_id  $2 version
-- Zero rows: it is frozen, kept for longer, purged already, or not as it was seen.
SELECT run_id FROM purge_run($1::uuid, $2::bigint)
