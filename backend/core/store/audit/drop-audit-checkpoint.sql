-- The audit of one tenant, after a finding that contradicts its checkpoint: drops it.
-- $1 tenant_id  $2 version
-- Zero rows: it was replaced meanwhile.
SELECT version FROM drop_audit_checkpoint($1::uuid, $2::bigint)
