-- What the plan of the tenant whose API key this is includes.
-- $1 key sha256 hex
-- Zero rows: no such key.
SELECT * FROM find_plan(decode($1, 'hex'))
