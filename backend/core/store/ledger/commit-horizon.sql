-- The horizon sweep: below which transaction all have ended, and which is the next one. Where the two are the same, none is
-- in progress that has written. Of the whole server: a transaction id is one of every database.
-- Always one row.
SELECT pg_snapshot_xmin(s)::text AS horizon, pg_snapshot_xmax(s)::text AS next FROM pg_current_snapshot() s
