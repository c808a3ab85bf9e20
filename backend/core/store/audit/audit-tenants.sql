-- The audit: the next tenants in the order of their ids.
-- $1 cursor: tenant_id  $2 how many at most
-- Zero rows: there are no more.
SELECT tenant_id FROM tenants WHERE tenant_id > $1::uuid ORDER BY tenant_id LIMIT $2::integer
