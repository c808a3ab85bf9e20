-- The status of a run.
-- $1 run_id
-- Zero rows: no such run.
SELECT status FROM runs WHERE run_id = $1::uuid
