-- The retention sweep, before the objects: decides that they are deleted.
-- $1 run_id  $2 version
-- One row: its version now. Zero rows: it is frozen, kept for longer, purged already, or not as it was seen.
SELECT version FROM begin_purge($1::uuid, $2::bigint)
