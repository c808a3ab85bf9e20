-- What a receipt says of one run of the tenant whose API key this is; null where that tenant has no such run.
-- $1 key sha256 hex  $2 run_id
-- Zero rows: no such key.
SELECT * FROM find_receipt(decode($1, 'hex'), $2::uuid)
