-- The runs of a tenant, newest first; one row with a null run_id where it has none such. Of those that are closed the
-- newest $4 are looked at, however few have the status; `is_cut`: there are more. Open ones have an index of their own.
-- $1 tenant_id  $2 only of this status, or null  $3 how many at most  $4 how many may be looked at
-- Zero rows: no such tenant.
SELECT r.*,
       coalesce($2::text NOT IN ('QUEUED', 'PROCESSING'), false) AND EXISTS (
         SELECT FROM runs o WHERE o.tenant_id = t.tenant_id ORDER BY o.created_at DESC, o.run_id DESC OFFSET $4::integer LIMIT 1
       ) AS is_cut
  FROM tenants t
  LEFT JOIN LATERAL (
    (SELECT n.run_id, n.pack_type, n.status, n.money_state, n.reserved_micros, n.charged_micros, n.reason_code, n.created_at,
            n.finished_at
       FROM (
         SELECT * FROM runs
          WHERE tenant_id = t.tenant_id AND NOT coalesce($2::text IN ('QUEUED', 'PROCESSING'), false)
          ORDER BY created_at DESC, run_id DESC
          LIMIT $4::integer
       ) n
      WHERE n.status = coalesce($2::text, n.status)
      ORDER BY n.created_at DESC, n.run_id DESC
      LIMIT $3::integer)
    UNION ALL
    (SELECT run_id, pack_type, status, money_state, reserved_micros, charged_micros, reason_code, created_at, finished_at
       FROM runs
      WHERE tenant_id = t.tenant_id AND status IN ('QUEUED', 'PROCESSING') AND status = $2::text
      ORDER BY created_at DESC, run_id DESC
      LIMIT $3::integer)
  ) r ON true
 WHERE t.tenant_id = $1::uuid
 ORDER BY r.created_at DESC, r.run_id DESC
