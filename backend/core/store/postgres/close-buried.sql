-- The claimed sweep, after a tombstone, where the run is not to be tried again: CANCELED if its owner asked for it by now,
-- else FAILED, LEASE_EXPIRED; either way for the minimum fee, by close_run under the row's lock.
-- $1 run_id  $2 finalize token  $3 reason detail of CANCELED  $4 reason detail of LEASE_EXPIRED
-- Zero rows: another decided it first.
SELECT c.run_id, c.tenant_id, c.reserved_micros, c.charged_micros, due.cancel_requested
  FROM (
    SELECT run_id, finalize_token, minimum_fee_micros, cancel_requested FROM runs
     WHERE run_id = $1::uuid AND finalize_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage = 'CLAIMED'
       AND money_state = 'RESERVED'
       FOR UPDATE
  ) due
 CROSS JOIN LATERAL close_run(due.run_id, 'PROCESSING', 'CLAIMED', due.finalize_token, NULL,
   CASE WHEN due.cancel_requested THEN 'CANCELED' ELSE 'FAILED' END, due.minimum_fee_micros,
   CASE WHEN due.cancel_requested THEN 'CANCELED' ELSE 'LEASE_EXPIRED' END,
   CASE WHEN due.cancel_requested THEN $3 ELSE $4 END, NULL, NULL, NULL, NULL) c
