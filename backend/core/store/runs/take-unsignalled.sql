-- The signal sweep: up to ten QUEUED runs whose last signal is older than $1 x 2^(signals - 1), oldest first, marked as
-- signalled now; once they are sent, count-signals counts them. Runs are found by their number of signals, because those
-- of one number wait equally long; the wait stops doubling after the twelfth.
-- $1 seconds  $2 longest wait, s
-- Zero rows: there are no more. MATERIALIZED: as a subquery in a join it would be evaluated again for every row.
WITH due AS MATERIALIZED (
  SELECT d.run_id
    FROM generate_series(1, 12) AS had (signals)
   CROSS JOIN LATERAL (
     SELECT run_id, last_signal_at FROM runs
      WHERE status = 'QUEUED' AND money_state = 'RESERVED' AND least(signal_count, 12) = had.signals
        AND last_signal_at < (SELECT wall_clock()) - make_interval(secs =>
              least($1::double precision * 2 ^ (had.signals - 1), $2::double precision))
      ORDER BY last_signal_at, run_id
      LIMIT 10
        FOR UPDATE SKIP LOCKED
   ) d
   ORDER BY d.last_signal_at, d.run_id
   LIMIT 10
)
UPDATE runs r
   SET last_signal_at = wall_clock(), version = r.version + 1
  FROM due
 WHERE r.run_id = due.run_id AND r.status = 'QUEUED' AND r.money_state = 'RESERVED'
RETURNING r.run_id, r.trace_parent, r.signal_count
