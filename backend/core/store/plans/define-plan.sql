-- Creates a plan, or changes some of its values; the others stay, and a new plan has modest defaults.
-- $1 plan_id  $2 submits per minute  $3 submit burst  $4 reads per minute  $5 read burst  $6 open runs
-- $7 max cost of a run, micros  $8 pack types  $9 retention days: each null to keep  $10 pack types of a new plan
-- Always one row.
WITH before AS (
  SELECT FROM plans WHERE plan_id = $1
)
INSERT INTO plans AS p (plan_id, submit_per_minute, submit_burst, read_per_minute, read_burst, max_open_runs,
  max_cost_micros, pack_types, retention_days)
VALUES ($1, coalesce($2::integer, 60), coalesce($3::integer, 10), coalesce($4::integer, 600), coalesce($5::integer, 100),
  coalesce($6::integer, 10), coalesce($7::bigint, 10000000), coalesce($8::text[], $10::text[]),
  coalesce($9::integer, 30))
ON CONFLICT (plan_id) DO UPDATE
  SET submit_per_minute = coalesce($2, p.submit_per_minute), submit_burst = coalesce($3, p.submit_burst),
      read_per_minute = coalesce($4, p.read_per_minute), read_burst = coalesce($5, p.read_burst),
      max_open_runs = coalesce($6, p.max_open_runs), max_cost_micros = coalesce($7, p.max_cost_micros),
      pack_types = coalesce($8, p.pack_types), retention_days = coalesce($9, p.retention_days),
      updated_at = wall_clock()
RETURNING plan_id, submit_per_minute, submit_burst, read_per_minute, read_burst, max_open_runs, max_cost_micros,
  pack_types, retention_days, NOT EXISTS (SELECT FROM before) AS created
