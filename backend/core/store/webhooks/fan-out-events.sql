-- The webhook sweep: turns events of the outbox into deliveries; see the function fan_out_events in migrations.
-- $1 how many events at most  $2 deliveries of unpaid events for a tenant in an hour  $3 reason codes of our own failures
-- $4 the tenant after which the turns go on, or null
-- Always one row: how many events there were, how many deliveries were skipped, and after which tenant to go on.
SELECT events, skipped, go_on_after FROM fan_out_events($1::integer, $2::integer, $3::text[], $4::uuid)
