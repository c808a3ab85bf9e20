-- Deletes a webhook endpoint and cancels what is pending for it; see the function delete_webhook in migrations.
-- $1 key sha256 hex  $2 endpoint_id
-- Always one row.
SELECT * FROM delete_webhook(decode($1, 'hex'), $2::uuid)
