-- The runs of a tenant, newest first; one row with a null run_id when none matches.
-- $1 tenant_id  $2 only of this status, or null  $3 how many at most  $4 before this run, or null
-- $5 how many are read for those of a status: the last of them is in the answer (`last_scanned`) even where it does not
-- match (`matched`). The few open runs have an index of their own, and all of them are read.
-- Zero rows: no such tenant.
SELECT r.*
  FROM tenants t
  LEFT JOIN LATERAL (
    SELECT coalesce(b.created_at, CASE WHEN $4::uuid IS NULL THEN 'infinity' ELSE '-infinity' END::timestamptz) AS at,
           coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AS id
      FROM (SELECT) one
      LEFT JOIN runs b ON b.run_id = $4::uuid AND b.tenant_id = t.tenant_id
  ) s ON true
  LEFT JOIN LATERAL (
    (SELECT f.* FROM (
       SELECT l.*, $2::text IS NULL OR l.status = $2::text AS matched,
              row_number() OVER (ORDER BY l.created_at DESC, l.run_id DESC) = $5::integer AS last_scanned
         FROM (
           SELECT o.run_id, o.pack_type, o.status, o.money_state, o.reserved_micros, o.charged_micros, o.reason_code,
                  o.created_at, o.finished_at
             FROM runs o
            WHERE NOT coalesce($2::text IN ('QUEUED', 'PROCESSING'), false)
              AND o.tenant_id = t.tenant_id AND (o.created_at, o.run_id) < (s.at, s.id)
            ORDER BY o.created_at DESC, o.run_id DESC
            LIMIT $5::integer
         ) l
     ) f
     WHERE f.matched OR f.last_scanned
     ORDER BY f.created_at DESC, f.run_id DESC
     LIMIT $3::integer)
    UNION ALL
    -- OFFSET 0: found by the index of open runs, and sorted; else all runs would be read, newest first.
    (SELECT o.*, true, false
       FROM (
         SELECT r.run_id, r.pack_type, r.status, r.money_state, r.reserved_micros, r.charged_micros, r.reason_code,
                r.created_at, r.finished_at
           FROM runs r
          WHERE $2::text IN ('QUEUED', 'PROCESSING') AND r.tenant_id = t.tenant_id
            AND r.status IN ('QUEUED', 'PROCESSING') AND r.status = $2::text
         OFFSET 0
       ) o
      WHERE (o.created_at, o.run_id) < (s.at, s.id)
      ORDER BY o.created_at DESC, o.run_id DESC
      LIMIT $3::integer)
  ) r ON true
 WHERE t.tenant_id = $1::uuid
 ORDER BY r.created_at DESC, r.run_id DESC
