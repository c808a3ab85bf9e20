-- The horizon sweep: the transaction id below which all transactions have ended, and the next id. When they are equal, no
-- transaction that has written is in progress. Ids are shared by all databases of the server.
-- Always one row.
SELECT pg_snapshot_xmin(s)::text AS horizon, pg_snapshot_xmax(s)::text AS next FROM pg_current_snapshot() s
