-- Every plan, and how many tenants are on it.
-- Zero rows: none is defined.
SELECT p.plan_id, p.submit_per_minute, p.submit_burst, p.read_per_minute, p.read_burst, p.max_open_runs,
       p.max_cost_micros, p.pack_types, p.retention_days,
       (SELECT count(*) FROM tenant_plans tp WHERE tp.plan_id = p.plan_id) AS tenants
  FROM plans p
 ORDER BY p.plan_id
