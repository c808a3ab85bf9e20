-- Requeues a run whose attempt was lost although its worker lives; the attempt counts.
-- $1 run_id  $2 lease token  $3 attempts at most
-- Zero rows: the lease is lost, the run is being finalized, or no attempt is left.
UPDATE runs
   SET status = 'QUEUED', lease_token = NULL, lease_expires_at = NULL, finalize_token = NULL, finalize_stage = NULL,
       claimed_at = NULL, started_at = NULL, last_signal_at = wall_clock(), signal_count = 1, version = version + 1
 WHERE run_id = $1::uuid AND lease_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage IS NULL
   AND money_state = 'RESERVED' AND attempt - uncounted_requeues < $3::integer
RETURNING run_id
