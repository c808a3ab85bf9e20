-- The webhook sweep: what became of an attempt; see the function conclude_webhook_delivery in migrations.
-- $1 delivery_id  $2 claim token  $3 outcome  $4 HTTP status  $5 error code  $6 seconds until the next attempt
-- $7 whether it took long
-- Zero rows: the claim lapsed and another has it, or it was canceled meanwhile.
SELECT status FROM conclude_webhook_delivery($1::uuid, $2::uuid, $3, $4::integer, $5, $6::double precision,
  $7::boolean)
