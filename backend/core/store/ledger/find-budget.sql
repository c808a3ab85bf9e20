-- The balance and open runs of the tenant whose API key this is, and the key's own cap.
-- $1 key sha256 hex
-- Zero rows: no such key.
SELECT * FROM find_budget(decode($1, 'hex'))
