-- The audit of one tenant, first step: what is settled, so that its sums can be taken in batches: every transfer up to
-- `through` and every run that finished before `before`. It is never behind the position where the audit begins, and is that
-- position when few transfers follow it, which need no batches.
-- $1 tenant_id  $2 settled after, s  $3 how many transfers are few  $4 $5 where the audit begins: transfer, moment (text)
-- Always one row; `day` is that of `before` (UTC).
WITH moment AS MATERIALIZED (
  SELECT wall_clock() - make_interval(secs => $2::double precision) AS at
), many AS MATERIALIZED (
  SELECT EXISTS (
    SELECT FROM ledger_transfers
     WHERE tenant_id = $1::uuid AND transfer_id > $4::bigint ORDER BY transfer_id OFFSET $3::integer LIMIT 1) AS it
), horizon AS MATERIALIZED (
  SELECT CASE WHEN many.it THEN coalesce((SELECT transfer_id FROM ledger_transfers
             WHERE tenant_id = $1::uuid AND transfer_id > $4::bigint AND created_at < moment.at
             ORDER BY transfer_id DESC LIMIT 1), $4::bigint)
           ELSE $4::bigint END AS through,
         CASE WHEN many.it THEN greatest(moment.at, $5::timestamptz) ELSE $5::timestamptz END AS before
    FROM moment, many
)
SELECT through, before::text AS before, (before AT TIME ZONE 'UTC')::date::text AS day FROM horizon
