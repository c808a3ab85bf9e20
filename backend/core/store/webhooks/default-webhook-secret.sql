-- The secret of the tenant's default, made where there is none; see the function default_webhook_secret in migrations.
-- $1 key sha256 hex  $2 secret, should there be none yet
-- Always one row.
SELECT * FROM default_webhook_secret(decode($1, 'hex'), $2)
