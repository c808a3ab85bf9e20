-- The sync sweep: tenants that have open runs, in the order of their ids, after one. One index lookup for each.
-- $1 tenant_id
-- Zero rows: there are no more.
WITH RECURSIVE at_work AS (
  (SELECT tenant_id FROM runs
    WHERE status IN ('QUEUED', 'PROCESSING') AND tenant_id > $1::uuid
    ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT r.tenant_id FROM runs r
           WHERE r.status IN ('QUEUED', 'PROCESSING') AND r.tenant_id > a.tenant_id
           ORDER BY r.tenant_id LIMIT 1)
    FROM at_work a
   WHERE a.tenant_id IS NOT NULL
)
SELECT tenant_id FROM at_work WHERE tenant_id IS NOT NULL LIMIT 100
