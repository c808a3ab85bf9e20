-- Lets a part of the tenants use a pack that their plans have.
-- $1 pack_type  $2 percent
-- Always one row.
INSERT INTO pack_rollouts AS r (pack_type, percent) VALUES ($1, $2::integer)
ON CONFLICT (pack_type) DO UPDATE SET percent = excluded.percent, updated_at = wall_clock()
RETURNING r.pack_type, r.percent, r.updated_at
