-- Suspends, resumes or closes a tenant. Closed is for good, and only a suspended tenant is closed, without open runs and
-- without credit: a suspended tenant starts no run, and a grant waits for these locks.
-- $1 tenant_id  $2 status
-- Zero rows: no such tenant, it is closed, or may not be closed.
WITH tenant AS (
  SELECT tenant_id FROM tenants WHERE tenant_id = $1::uuid AND status <> 'closed' FOR NO KEY UPDATE
), balance AS (
  SELECT b.tenant_id, b.open_runs = 0 AND b.available = 0 AND b.reserved = 0 AS is_empty
    FROM balances b JOIN tenant USING (tenant_id)
     FOR UPDATE OF b
)
UPDATE tenants t SET status = $2
  FROM balance b
 WHERE t.tenant_id = b.tenant_id AND ($2 <> 'closed' OR (t.status = 'suspended' AND b.is_empty))
RETURNING t.status
