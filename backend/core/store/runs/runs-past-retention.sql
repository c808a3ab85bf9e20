-- The retention sweep, finding: closed runs past their retention and not purged, oldest first, after a cursor; also those
-- whose purge was begun and not finished.
-- $1 cursor: retention_until (text)  $2 cursor: run_id
-- Zero rows: there are no more. A frozen run keeps its evidence.
SELECT run_id, tenant_id, attempt, version, retention_until::text AS cursor
  FROM runs
 WHERE purged_at IS NULL AND money_state IN ('SETTLED', 'REFUNDED') AND status NOT IN ('QUEUED', 'PROCESSING')
   AND retention_until < (SELECT wall_clock()) AND (retention_until, run_id) > ($1::timestamptz, $2::uuid)
 ORDER BY retention_until, run_id
 LIMIT 50
