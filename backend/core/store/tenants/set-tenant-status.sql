-- Suspends, resumes or closes a tenant. Closed is for good, and only a suspended tenant is closed, without open runs and
-- without credit: a suspended tenant starts no run, so neither can come back meanwhile, but by a grant.
-- $1 tenant_id  $2 status
-- Zero rows: no such tenant, it is closed, or may not be closed.
UPDATE tenants t SET status = $2
  FROM balances b
 WHERE t.tenant_id = $1::uuid AND b.tenant_id = t.tenant_id AND t.status <> 'closed'
   AND ($2 <> 'closed' OR (t.status = 'suspended' AND b.open_runs = 0 AND b.available = 0 AND b.reserved = 0))
RETURNING t.status
