-- One run of the tenant whose API key this is; its columns are null where that tenant has no such run.
-- $1 key sha256 hex  $2 run_id
-- Zero rows: no such key.
SELECT * FROM find_run(decode($1, 'hex'), $2::uuid)
