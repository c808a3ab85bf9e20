-- The claimed sweep, after a tombstone, when the run is not retried: CANCELED for the minimum fee if its owner has asked for
-- it by now, else FAILED, LEASE_EXPIRED; by close_run under the row's lock.
-- $1 run_id  $2 finalize token  $3 reason detail of CANCELED  $4 reason detail of LEASE_EXPIRED
-- $5 LEASE_EXPIRED at the minimum fee (false: for nothing)
-- Zero rows: another decided it first.
SELECT c.run_id, c.tenant_id, c.reserved_micros, c.charged_micros, due.cancel_requested
  FROM (
    SELECT run_id, finalize_token, minimum_fee_micros, cancel_requested FROM runs
     WHERE run_id = $1::uuid AND finalize_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage = 'CLAIMED'
       AND money_state = 'RESERVED'
       FOR UPDATE
  ) due
 CROSS JOIN LATERAL close_run(due.run_id, 'PROCESSING', 'CLAIMED', due.finalize_token, NULL,
   CASE WHEN due.cancel_requested THEN 'CANCELED' ELSE 'FAILED' END,
   CASE WHEN due.cancel_requested OR $5::boolean THEN due.minimum_fee_micros ELSE 0 END,
   CASE WHEN due.cancel_requested THEN 'CANCELED' ELSE 'LEASE_EXPIRED' END,
   CASE WHEN due.cancel_requested THEN $3 ELSE $4 END, NULL, NULL, NULL, NULL) c
