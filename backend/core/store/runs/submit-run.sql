-- Linearization point 1 (S2): see the function submit_run in migrations.
-- $1 key sha256 hex  $2 run_id  $3 idempotency key  $4 payload sha256 hex  $5 pack type  $6 pack version  $7 inputs, JSON
-- $8 metadata, JSON  $9 max cost micros  $10 minimum fee micros  $11 timebox s  $12 min reliability  $13 traceparent
-- $14 reserve (false: look only)  $15 deadline
-- Always one row.
SELECT outcome, run_id, status, created_at, reserved_micros, minimum_fee_micros, available_micros, refused_by
  FROM submit_run(decode($1, 'hex'), $2::uuid, $3, decode($4, 'hex'), $5, $6, $7, $8::jsonb, $9::bigint, $10::bigint,
    $11::integer, $12::double precision, $13, $14::boolean, $15::timestamptz)
