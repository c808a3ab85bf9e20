-- The dead-letter sweep: which of these runs are open although nobody is at work on them: QUEUED, or their lease passed.
-- $1 run ids
-- Zero rows: every one of them is over, or in somebody's hands.
SELECT run_id FROM runs
 WHERE run_id = ANY($1::uuid[]) AND money_state = 'RESERVED'
   AND (status = 'QUEUED' OR (status = 'PROCESSING' AND finalize_stage IS NULL AND lease_expires_at < wall_clock()))
