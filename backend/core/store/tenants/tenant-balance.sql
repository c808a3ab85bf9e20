-- A tenant's balance, status and plan, for an operator.
-- $1 tenant_id
-- Zero rows: no such tenant.
SELECT t.tenant_id, t.name, t.status, tp.plan_id, b.granted, b.charged, b.reserved, b.available, b.open_runs
  FROM tenants t
  JOIN balances b USING (tenant_id)
  LEFT JOIN tenant_plans tp USING (tenant_id)
 WHERE t.tenant_id = $1::uuid
