-- The runs of a tenant, newest first; one row with a null run_id where it has none such.
-- $1 tenant_id  $2 only of this status, or null  $3 how many at most
-- Zero rows: no such tenant.
SELECT r.*
  FROM tenants t
  LEFT JOIN LATERAL (
    SELECT run_id, pack_type, status, money_state, reserved_micros, charged_micros, reason_code, created_at, finished_at
      FROM runs
     WHERE tenant_id = t.tenant_id AND ($2::text IS NULL OR status = $2)
     ORDER BY created_at DESC, run_id DESC
     LIMIT $3::integer
  ) r ON true
 WHERE t.tenant_id = $1::uuid
 ORDER BY r.created_at DESC, r.run_id DESC
