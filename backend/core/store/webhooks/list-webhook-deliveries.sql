-- A page of an endpoint's deliveries, newest first; see the function list_webhook_deliveries in migrations.
-- $1 key sha256 hex  $2 endpoint_id, or null for the default  $3 status, or null for all  $4 delivery_id to go on after
-- $5 how many
-- Always one row at least: outcome, and a delivery or nulls.
SELECT * FROM list_webhook_deliveries(decode($1, 'hex'), $2::uuid, $3, $4::uuid, $5::integer)
