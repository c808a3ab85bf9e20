-- The lease sweep, finding: PROCESSING runs without a stage whose lease has expired, oldest first, after a cursor.
-- $1 cursor: lease_expires_at (text)  $2 cursor: run_id
-- Zero rows: there are no more. A row may be outdated: the step that follows tests it again under a lock.
SELECT run_id, tenant_id, pack_type, lease_token, attempt - uncounted_requeues AS attempts_used, trace_parent,
       lease_expires_at::text AS cursor
  FROM runs
 WHERE status = 'PROCESSING' AND finalize_stage IS NULL AND money_state = 'RESERVED'
   AND lease_expires_at < (SELECT wall_clock()) AND (lease_expires_at, run_id) > ($1::timestamptz, $2::uuid)
 ORDER BY lease_expires_at, run_id
 LIMIT 50
