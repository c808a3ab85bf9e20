-- The signal sweep: up to ten QUEUED runs whose last signal is older than $1 x 2^signals, oldest first, marked as
-- signalled now; once they are sent, count-signals counts them.
-- $1 seconds  $2 longest wait, s
-- Zero rows: nothing (more) to do. MATERIALIZED: as a subquery in a join it would be taken again for every row.
WITH due AS MATERIALIZED (
  SELECT run_id FROM runs
   WHERE status = 'QUEUED' AND money_state = 'RESERVED'
     AND last_signal_at < wall_clock() - make_interval(secs =>
           least($1::double precision * 2 ^ least(greatest(signal_count - 1, 0), 20), $2::double precision))
   ORDER BY last_signal_at, run_id
   LIMIT 10
     FOR UPDATE SKIP LOCKED
)
UPDATE runs r
   SET last_signal_at = wall_clock(), version = r.version + 1
  FROM due
 WHERE r.run_id = due.run_id AND r.status = 'QUEUED' AND r.money_state = 'RESERVED'
RETURNING r.run_id, r.trace_parent, r.signal_count
