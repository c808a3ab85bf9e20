-- Forgets old events of the outbox and their deliveries; see the function forget_events in migrations.
-- $1 days  $2 how many events at most
-- Always one row: how many there were.
SELECT events FROM forget_events($1::integer, $2::integer)
