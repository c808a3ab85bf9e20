-- All that Redis mirrors of one tenant, from one snapshot.
-- $1 tenant_id
-- Zero rows: no such tenant.
SELECT tenant_id, available_micros, open_runs, plan, keys FROM tenant_snapshot($1::uuid)
