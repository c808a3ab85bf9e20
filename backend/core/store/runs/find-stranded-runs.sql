-- The dead-letter sweep: which of these runs are open and have no worker: QUEUED, or their lease has expired.
-- $1 run ids
-- Zero rows: every one of them is closed, or has a worker.
SELECT run_id FROM runs
 WHERE run_id = ANY($1::uuid[]) AND money_state = 'RESERVED'
   AND (status = 'QUEUED' OR (status = 'PROCESSING' AND finalize_stage IS NULL AND lease_expires_at < wall_clock()))
