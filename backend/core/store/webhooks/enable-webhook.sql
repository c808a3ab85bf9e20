-- Makes a webhook endpoint active again; see the function enable_webhook in migrations.
-- $1 key sha256 hex  $2 endpoint_id
-- Always one row.
SELECT * FROM enable_webhook(decode($1, 'hex'), $2::uuid)
