-- The audit of one tenant, first: what is settled, so that its sums may be taken in pieces: every transfer up to
-- `through` and every run that finished before `before`. A tenant with few transfers needs no pieces: nothing is.
-- $1 tenant_id  $2 settled after, s  $3 how many transfers are few
-- Always one row.
WITH moment AS MATERIALIZED (
  SELECT wall_clock() - make_interval(secs => $2::double precision) AS at
), many AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM ledger_transfers WHERE tenant_id = $1::uuid ORDER BY transfer_id OFFSET $3::integer LIMIT 1) AS it
)
SELECT CASE WHEN many.it THEN coalesce((SELECT transfer_id FROM ledger_transfers
           WHERE tenant_id = $1::uuid AND created_at < moment.at ORDER BY transfer_id DESC LIMIT 1), 0)
         ELSE 0 END AS through,
       CASE WHEN many.it THEN moment.at ELSE '-infinity' END::text AS before
  FROM moment, many
