-- The next tenants with their plan and what each may still spend, oldest first.
-- $1 $2 after this created_at (text) and tenant_id
-- Zero rows: there are no more.
SELECT t.tenant_id, t.name, tp.plan_id, t.status, b.available, t.created_at::text AS cursor
  FROM (
    SELECT * FROM tenants
     WHERE (created_at, tenant_id) > ($1::timestamptz, $2::uuid)
     ORDER BY created_at, tenant_id
     LIMIT 500
  ) t
  JOIN balances b USING (tenant_id)
  LEFT JOIN tenant_plans tp USING (tenant_id)
 ORDER BY t.created_at, t.tenant_id
