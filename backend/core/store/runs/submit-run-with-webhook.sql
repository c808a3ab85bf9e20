-- Linearization point 1 (S2) of a run with an address of its own: see the function submit_run_with_webhook in migrations.
-- $1 to $15 as in submit-run  $16 webhook url  $17 secret for the tenant's default, should it have none yet
-- Always one row.
SELECT outcome, run_id, status, created_at, reserved_micros, minimum_fee_micros, available_micros, refused_by
  FROM submit_run_with_webhook(decode($1, 'hex'), $2::uuid, $3, decode($4, 'hex'), $5, $6, $7, $8::jsonb, $9::bigint,
    $10::bigint, $11::integer, $12::double precision, $13, $14::boolean, $15::timestamptz, $16, $17)
