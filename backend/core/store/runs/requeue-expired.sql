-- The lease sweep, with attempts left: requeues a run whose lease has expired.
-- $1 run_id  $2 the expired lease token  $3 attempts at most
-- Zero rows: a heartbeat, a lease or another sweep came first, or holds the row.
WITH due AS (
  SELECT run_id FROM runs
   WHERE run_id = $1::uuid AND lease_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage IS NULL
     AND money_state = 'RESERVED' AND lease_expires_at < wall_clock() AND attempt - uncounted_requeues < $3::integer
     FOR UPDATE SKIP LOCKED
)
UPDATE runs r
   SET status = 'QUEUED', lease_token = NULL, lease_expires_at = NULL, finalize_token = NULL, finalize_stage = NULL,
       claimed_at = NULL, started_at = NULL, last_signal_at = wall_clock(), signal_count = 1, version = r.version + 1
  FROM due
 WHERE r.run_id = due.run_id AND r.lease_token = $2::uuid AND r.status = 'PROCESSING' AND r.finalize_stage IS NULL
   AND r.money_state = 'RESERVED'
RETURNING r.run_id
