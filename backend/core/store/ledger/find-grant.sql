-- The grant of an id.
-- $1 grant_id
-- Zero rows: the id was never used.
SELECT tenant_id, grant_id, amount_micros, created_at FROM ledger_transfers WHERE kind = 'GRANT' AND grant_id = $1
