-- One run of any tenant, for an operator: all but its inputs and tokens.
-- $1 run_id
-- Zero rows: no such run.
SELECT run_id, tenant_id, key_id, idempotency_key, pack_type, pack_version, status, finalize_stage, money_state, version,
       reserved_micros, minimum_fee_micros, charged_micros, attempt, hand_backs, lease_expires_at, cancel_requested,
       signal_count, last_signal_at, reason_code, reason_detail, result_attempt, encode(result_sha256, 'hex') AS result_sha256,
       result_bytes, reliability, timebox_sec, trace_parent, created_at, started_at, claimed_at, finished_at, retention_until
  FROM runs
 WHERE run_id = $1::uuid
