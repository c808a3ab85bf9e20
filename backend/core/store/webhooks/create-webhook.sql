-- A webhook endpoint of the tenant whose API key this is; see the function create_webhook in migrations.
-- $1 key sha256 hex  $2 endpoint_id  $3 url  $4 events  $5 description  $6 secret  $7 how many a tenant may have
-- $8 how many it may make within a day
-- Always one row.
SELECT * FROM create_webhook(decode($1, 'hex'), $2::uuid, $3, $4::text[], $5, $6, $7::integer, $8::integer)
