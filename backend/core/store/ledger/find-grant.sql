-- What a grant id gave, and to whom.
-- $1 grant_id
-- Zero rows: it was never used.
SELECT tenant_id, grant_id, amount_micros, created_at FROM ledger_transfers WHERE kind = 'GRANT' AND grant_id = $1
