-- Another attempt of a delivery at once; see the function redeliver_webhook in migrations.
-- $1 key sha256 hex  $2 endpoint_id, or null for the default  $3 delivery_id  $4 how many a tenant may have in an hour
-- Always one row.
SELECT * FROM redeliver_webhook(decode($1, 'hex'), $2::uuid, $3::uuid, $4::integer)
