-- A person closes a frozen run whose money is held: see the function decide_run in migrations.
-- $1 run_id  $2 version  $3 charge micros  $4 reason detail, for the run's owner  $5 note, for the findings
-- Zero rows: it is not frozen with its money held, or not as it was seen.
SELECT run_id, tenant_id, reserved_micros, charged_micros FROM decide_run($1::uuid, $2::bigint, $3::bigint, $4, $5)
