-- The sync: of these runs of the tenant, those that are over.
-- $1 tenant_id  $2 run ids
-- Zero rows: none is.
SELECT run_id
  FROM runs
 WHERE run_id = ANY ($2::uuid[]) AND tenant_id = $1::uuid AND status NOT IN ('QUEUED', 'PROCESSING')
