-- The audit of receipts: the next runs in the order of their ids, and which of them are completed and cannot be purged
-- meanwhile, so that their result must exist (`expected`).
-- $1 cursor: run_id  $2 how many are read
-- Zero rows: there are no more.
SELECT run_id, tenant_id, version::text AS version, status, money_state, charged_micros, finalize_token, result_attempt,
       encode(result_sha256, 'hex') AS result_sha256, result_bytes, run_id::text AS cursor,
       status = 'COMPLETED' AND purging_at IS NULL AND retention_until > wall_clock() + interval '1 hour' AS expected
  FROM runs
 WHERE run_id > $1::uuid
 ORDER BY run_id
 LIMIT $2::integer
