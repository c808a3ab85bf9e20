-- The audit of one tenant: what its next settled transfers add up to.
-- $1 tenant_id  $2 after this transfer  $3 up to this one  $4 how many at most
-- Always one row; `last_id` is null when there were none.
SELECT transfers, last_id, given::text, taken_back::text, reserve::text, charge::text, refund::text
  FROM add_transfers($1::uuid, $2::bigint, $3::bigint, $4::integer)
