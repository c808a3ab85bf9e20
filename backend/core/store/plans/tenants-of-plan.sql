-- The tenants of a plan.
-- $1 plan_id
-- Zero rows: it has none, or there is no such plan.
SELECT tenant_id FROM tenant_plans WHERE plan_id = $1 ORDER BY tenant_id
