-- One run of any tenant, for an operator: all but its inputs and tokens.
-- $1 run_id
-- Zero rows: no such run.
SELECT v.*, r.idempotency_key, r.finalize_stage, r.uncounted_requeues, r.lease_expires_at, r.cancel_requested,
       r.signal_count, r.last_signal_at, r.claimed_at
  FROM runs r JOIN run_views v USING (run_id)
 WHERE r.run_id = $1::uuid
