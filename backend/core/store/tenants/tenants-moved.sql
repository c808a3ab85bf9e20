-- The sync sweep: tenants whose money moved within $1 seconds (and up to 15 s more), least recent first, after a cursor.
-- $1 seconds  $2 cursor: moved_at (text)  $3 cursor: tenant_id
-- Zero rows: there are no more.
SELECT tenant_id, moved_at::text AS cursor
  FROM tenant_movements
 WHERE (moved_at, tenant_id) > (
   greatest($2::timestamptz, (SELECT wall_clock()) - make_interval(secs => $1::double precision + 15)), $3::uuid)
 ORDER BY moved_at, tenant_id
 LIMIT 100
