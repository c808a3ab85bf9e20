-- The audit of receipts: the next completed runs whose result must be there; one that may be purged meanwhile is left out.
-- $1 cursor: run_id  $2 how many at most  $3 of this tenant, or null for all
-- Zero rows: there are no more.
SELECT run_id, tenant_id, version::text AS version, status, money_state, charged_micros, finalize_token, result_attempt,
       encode(result_sha256, 'hex') AS result_sha256, result_bytes
  FROM runs
 WHERE run_id > $1::uuid AND ($3::uuid IS NULL OR tenant_id = $3) AND status = 'COMPLETED' AND purging_at IS NULL
   AND retention_until > wall_clock() + interval '1 hour'
 ORDER BY run_id
 LIMIT $2::integer
