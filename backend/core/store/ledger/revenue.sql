-- What the runs of all tenants, or of one, that finished from $1 to $2 (days, UTC, both included) brought in, by day and pack.
-- $1 from  $2 to  $3 tenant_id or null
-- Zero rows: none finished.
SELECT u.day::text, u.pack_type, sum(u.runs)::text AS runs, sum(u.completed)::text AS completed,
       sum(u.failed)::text AS failed, sum(u.canceled)::text AS canceled, count(DISTINCT u.tenant_id)::text AS tenants,
       sum(u.charged_micros)::text AS charged_micros
  FROM usage_daily u
 WHERE u.day BETWEEN $1::date AND $2::date AND ($3::uuid IS NULL OR u.tenant_id = $3::uuid)
 GROUP BY u.day, u.pack_type
 ORDER BY u.day, u.pack_type
