-- The sync sweep: tenants whose money moved within $1 seconds or who have open runs, and the next $2 of all in turn.
-- $1 seconds  $2 how many in turn  $3 the last tenant of the turn before
-- `in_turn` marks the latter; none of them: the turn is over and starts anew.
(SELECT tenant_id, false AS in_turn
   FROM balances WHERE open_runs > 0 OR moved_at > wall_clock() - make_interval(secs => $1::double precision)
  ORDER BY tenant_id)
UNION ALL
(SELECT tenant_id, true FROM balances WHERE tenant_id > $3::uuid ORDER BY tenant_id LIMIT $2::integer)
