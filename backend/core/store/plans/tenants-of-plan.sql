-- Who is on a plan.
-- $1 plan_id
-- Zero rows: nobody, or no such plan.
SELECT tenant_id FROM tenant_plans WHERE plan_id = $1 ORDER BY tenant_id
