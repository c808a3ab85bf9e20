-- The webhook endpoints of the tenant whose API key this is; see the function list_webhooks in migrations.
-- $1 key sha256 hex  $2 endpoint_id, or null for all
-- Always one row at least: outcome, and an endpoint or nulls.
SELECT * FROM list_webhooks(decode($1, 'hex'), $2::uuid)
