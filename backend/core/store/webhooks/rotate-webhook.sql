-- A fresh secret for a webhook endpoint; see the function rotate_webhook in migrations.
-- $1 key sha256 hex  $2 endpoint_id, or null for the default  $3 secret  $4 how long the one before signs too, s
-- Always one row.
SELECT * FROM rotate_webhook(decode($1, 'hex'), $2::uuid, $3, $4::integer)
