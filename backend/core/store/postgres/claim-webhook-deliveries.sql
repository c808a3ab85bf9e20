-- The webhook sweep: claims due deliveries; see the function claim_webhook_deliveries in migrations.
-- $1 how many at most  $2 under way per tenant at most  $3 per endpoint  $4 lease, s
-- Zero rows: nothing is due, or its share is used up.
SELECT * FROM claim_webhook_deliveries($1::integer, $2::integer, $3::integer, $4::double precision)
