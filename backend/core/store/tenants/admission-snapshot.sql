-- All that Redis mirrors of the tenant whose API key this is, from one snapshot.
-- $1 SHA-256 of the key, hex
-- Zero rows: no such key.
SELECT tenant_id, available_micros, open_runs, plan, keys FROM admission_snapshot(decode($1, 'hex'))
