-- Puts a tenant on a plan, at once.
-- $1 tenant_id  $2 plan_id
-- Always one row: whether tenant and plan exist; unless both do, nothing was changed.
WITH tenant AS (
  SELECT tenant_id FROM tenants WHERE tenant_id = $1::uuid
), plan AS (
  SELECT plan_id FROM plans WHERE plan_id = $2
), put AS (
  INSERT INTO tenant_plans (tenant_id, plan_id) SELECT tenant_id, plan_id FROM tenant, plan
  ON CONFLICT (tenant_id) DO UPDATE SET plan_id = excluded.plan_id, updated_at = wall_clock()
)
SELECT EXISTS (SELECT FROM tenant) AS tenant_exists, EXISTS (SELECT FROM plan) AS plan_exists
