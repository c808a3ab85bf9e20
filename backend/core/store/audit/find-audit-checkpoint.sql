-- The audit of one tenant: the checkpoint that the last audit recorded, and whether the next must begin at the beginning.
-- $1 tenant_id  $2 seconds after which it must
-- Zero rows: there is no checkpoint.
SELECT version, through_transfer AS through, before::text AS before, (before AT TIME ZONE 'UTC')::date::text AS day, transfers,
       given::text, taken_back::text, reserve::text, charge::text, refund::text, lines, capped,
       full_at <= wall_clock() - make_interval(secs => $2::double precision) AS full_due
  FROM audit_checkpoints
 WHERE tenant_id = $1::uuid
