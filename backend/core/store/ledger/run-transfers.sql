-- The transfers of one run, in the order they were written.
-- $1 run_id
-- Zero rows: no such run.
SELECT transfer_id, kind, debit, credit, amount_micros, created_at
  FROM ledger_transfers
 WHERE run_id = $1::uuid
 ORDER BY transfer_id
