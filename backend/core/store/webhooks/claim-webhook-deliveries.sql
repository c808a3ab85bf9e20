-- The webhook sweep: claims due deliveries; see the function claim_webhook_deliveries in migrations.
-- $1 quick places  $2 of them kept for tenants with nothing under way  $3 slow places
-- $4 under way per tenant at most  $5 per endpoint  $6 per target host  $7 lease, s
-- Zero rows: nothing is due, or its share is used up.
SELECT * FROM claim_webhook_deliveries($1::integer, $2::integer, $3::integer, $4::integer, $5::integer, $6::integer,
  $7::double precision)
