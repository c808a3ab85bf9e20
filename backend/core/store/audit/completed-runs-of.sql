-- The audit of receipts of one tenant, like completed-runs: its next runs, in the order of an existing index.
-- $1 cursor: idempotency key  $2 how many are read  $3 tenant_id
-- Zero rows: there are no more.
SELECT run_id, tenant_id, version::text AS version, status, money_state, charged_micros, finalize_token, result_attempt,
       encode(result_sha256, 'hex') AS result_sha256, result_bytes, idempotency_key AS cursor,
       status = 'COMPLETED' AND purging_at IS NULL AND retention_until > wall_clock() + interval '1 hour' AS expected
  FROM runs
 WHERE tenant_id = $3::uuid AND idempotency_key > $1
 ORDER BY idempotency_key
 LIMIT $2::integer
