-- The claimed sweep, finding: runs CLAIMED for too long, oldest first, after a cursor. No lock: S3 decides them.
-- $1 seconds  $2 cursor: claimed_at (text)  $3 cursor: run_id
-- Zero rows: there are no more.
SELECT run_id, tenant_id, pack_type, attempt, finalize_token, reserved_micros, minimum_fee_micros, cancel_requested, trace_parent,
       attempt - uncounted_requeues AS attempts_used, claimed_at::text AS cursor
  FROM runs
 WHERE finalize_stage = 'CLAIMED' AND status = 'PROCESSING' AND money_state = 'RESERVED'
   AND claimed_at < (SELECT wall_clock()) - make_interval(secs => $1::double precision)
   AND (claimed_at, run_id) > ($2::timestamptz, $3::uuid)
 ORDER BY claimed_at, run_id
 LIMIT 20
