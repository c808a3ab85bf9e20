-- A person has dealt with a finding: see the function resolve_finding in migrations.
-- $1 finding_id  $2 note
-- Zero rows: no such open finding.
SELECT outcome, tenant_id, run_id, kind FROM resolve_finding($1::bigint, $2)
