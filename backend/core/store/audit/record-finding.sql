-- The audit: a finding that freezes no run.
-- $1 tenant_id  $2 run_id, or null  $3 kind  $4 subject  $5 detail, JSON
-- Zero rows: it is open already.
SELECT finding_id FROM record_finding($1::uuid, $2::uuid, $3, $4, $5::jsonb)
