-- Requeues a run of a worker that stops, or cannot work on it now, at most five times, without counting the attempt.
-- $1 run_id  $2 lease token  $3 whether no signal follows: the signal sweep's next one then comes later each time
-- Zero rows: the lease is lost, the run is being finalized, or it was requeued so too often: its lease will expire.
UPDATE runs
   SET status = 'QUEUED', uncounted_requeues = uncounted_requeues + 1, lease_token = NULL, lease_expires_at = NULL,
       finalize_token = NULL, finalize_stage = NULL, claimed_at = NULL, started_at = NULL, last_signal_at = wall_clock(),
       signal_count = CASE WHEN $3::boolean THEN least(uncounted_requeues + 1, 4) ELSE 1 END, version = version + 1
 WHERE run_id = $1::uuid AND lease_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage IS NULL
   AND money_state = 'RESERVED' AND uncounted_requeues < 5
RETURNING run_id
