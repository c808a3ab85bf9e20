-- The claimed sweep, after a tombstone, with attempts left: CLAIMED -> QUEUED.
-- $1 run_id  $2 finalize token
-- Zero rows: another decided it first.
UPDATE runs
   SET status = 'QUEUED', finalize_stage = NULL, finalize_token = NULL, lease_token = NULL, lease_expires_at = NULL,
       claimed_at = NULL, started_at = NULL, last_signal_at = wall_clock(), signal_count = 1, version = version + 1
 WHERE run_id = $1::uuid AND status = 'PROCESSING' AND finalize_stage = 'CLAIMED' AND finalize_token = $2::uuid
   AND money_state = 'RESERVED' AND NOT cancel_requested
RETURNING run_id
