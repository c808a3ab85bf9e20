-- The audit of one tenant, after all, where it held: see the function note_audit_checkpoint in migrations.
-- $1 tenant_id  $2 version of the checkpoint it began from, or null  $3 through transfer  $4 before (text)  $5 transfers
-- $6 given  $7 taken back  $8 reserve  $9 charge  $10 refund  $11 lines, JSON  $12 capped, JSON
-- Zero rows: another came first, and nothing was changed.
SELECT version FROM note_audit_checkpoint($1::uuid, $2::bigint, $3::bigint, $4::timestamptz, $5::bigint, $6::numeric,
  $7::numeric, $8::numeric, $9::numeric, $10::numeric, $11::jsonb, $12::jsonb)
