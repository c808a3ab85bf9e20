-- A CLAIMED run whose object contradicts it: AUDIT_REQUIRED, money held, a finding for a person.
-- $1 run_id  $2 finalize token  $3 kind of finding  $4 detail, JSON
-- Zero rows: another decided it first.
SELECT run_id, tenant_id FROM freeze_run($1::uuid, $2::uuid, $3, $4::jsonb)
