-- The lease sweep, without attempts left: FAILED, LEASE_EXPIRED, by close_run under the row's lock.
-- $1 run_id  $2 the expired lease token  $3 attempts at most  $4 reason detail  $5 at the minimum fee (false: for nothing)
-- Zero rows: a heartbeat, a lease or another sweep came first, or holds the row.
SELECT c.run_id, c.tenant_id, c.reserved_micros, c.charged_micros
  FROM (
    SELECT run_id, lease_token, minimum_fee_micros FROM runs
     WHERE run_id = $1::uuid AND lease_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage IS NULL
       AND money_state = 'RESERVED' AND lease_expires_at < wall_clock() AND attempt - uncounted_requeues >= $3::integer
       FOR UPDATE SKIP LOCKED
  ) due
 CROSS JOIN LATERAL close_run(due.run_id, 'PROCESSING', NULL, due.lease_token, NULL, 'FAILED',
   CASE WHEN $5::boolean THEN due.minimum_fee_micros ELSE 0 END,
   'LEASE_EXPIRED', $4, NULL, NULL, NULL, NULL) c
