-- Linearization point 3 (W5, sweeps): see the function close_run in migrations.
-- $1 run_id  $2 from status  $3 from stage  $4 token  $5 version  $6 to status  $7 charge micros  $8 reason code
-- $9 reason detail  $10 result attempt  $11 result sha256 hex  $12 result bytes  $13 reliability
-- Zero rows: lost.
SELECT run_id, tenant_id, reserved_micros, charged_micros
  FROM close_run($1::uuid, $2, $3, $4::uuid, $5::bigint, $6, $7::bigint, $8, $9, $10::integer, decode($11, 'hex'),
    $12::bigint, $13::double precision)
