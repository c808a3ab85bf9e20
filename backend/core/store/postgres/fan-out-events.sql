-- The webhook sweep: turns events of the outbox into deliveries; see the function fan_out_events in migrations.
-- $1 how many events at most
-- Always one row: how many there were.
SELECT events FROM fan_out_events($1::integer)
