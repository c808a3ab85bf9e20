-- CLAWBACK: available -> funding, once per id, never below zero: see the function clawback in migrations.
-- $1 tenant_id  $2 clawback id  $3 micros
-- Zero rows: no such tenant. `already`: this id was used before, and nothing was changed.
SELECT tenant_id, asked_micros, taken_micros, already FROM clawback($1::uuid, $2, $3::bigint)
