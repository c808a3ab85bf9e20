-- The signal sweep: QUEUED runs whose last signal is older than $1 x 2^signals, oldest first, marked as signalled now.
-- $1 seconds  $2 longest wait, s
-- Zero rows: nothing (more) to do.
UPDATE runs r
   SET last_signal_at = wall_clock(), signal_count = r.signal_count + 1, version = r.version + 1
  FROM (
    SELECT run_id FROM runs
     WHERE status = 'QUEUED' AND money_state = 'RESERVED'
       AND last_signal_at < wall_clock() - make_interval(secs =>
             least($1::double precision * 2 ^ least(greatest(signal_count - 1, 0), 20), $2::double precision))
     ORDER BY last_signal_at, run_id
     LIMIT 10
       FOR UPDATE SKIP LOCKED
  ) due
 WHERE r.run_id = due.run_id AND r.status = 'QUEUED' AND r.money_state = 'RESERVED'
RETURNING r.run_id, r.trace_parent, r.signal_count
