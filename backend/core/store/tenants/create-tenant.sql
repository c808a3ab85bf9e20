-- Creates a tenant with an empty balance and, where one is named, its plan.
-- $1 tenant_id  $2 name  $3 plan_id, or null
-- Zero rows: no such plan, and nothing was created.
WITH tenant AS (
  INSERT INTO tenants (tenant_id, name)
  SELECT $1::uuid, $2 WHERE $3::text IS NULL OR EXISTS (SELECT FROM plans WHERE plan_id = $3)
  RETURNING tenant_id
), balance AS (
  INSERT INTO balances (tenant_id) SELECT tenant_id FROM tenant
), plan AS (
  INSERT INTO tenant_plans (tenant_id, plan_id) SELECT tenant_id, $3 FROM tenant WHERE $3 IS NOT NULL
)
SELECT tenant_id FROM tenant
