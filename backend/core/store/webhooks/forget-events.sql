-- Forgets old events of the outbox and their deliveries; see the function forget_events in migrations.
-- $1 days  $2 cursor: created_at (text)  $3 cursor: event_id  $4 how many are looked at
-- Always one row: how many were looked at and forgotten; the cursor is null where there was none.
SELECT looked, events, last_at::text, last_id FROM forget_events($1::integer, $2::timestamptz, $3::bigint, $4::integer)
