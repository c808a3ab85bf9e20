-- Every tenant with its plan and what it may still spend, oldest first.
-- Zero rows: there is none.
SELECT t.tenant_id, t.name, tp.plan_id, t.status, b.available
  FROM tenants t
  JOIN balances b USING (tenant_id)
  LEFT JOIN tenant_plans tp USING (tenant_id)
 ORDER BY t.created_at, t.tenant_id
