-- The audit: the next runs in the order of their ids.
-- $1 cursor: run_id  $2 how many at most
-- Zero rows: there are no more.
SELECT run_id, run_id::text AS cursor FROM runs WHERE run_id > $1::uuid ORDER BY run_id LIMIT $2::integer
