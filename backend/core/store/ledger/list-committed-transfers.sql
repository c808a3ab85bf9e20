-- The transfers of the tenant whose API key this is, in commit order: see the function list_committed_transfers in migrations.
-- $1 key sha256 hex  $2 $3 $4 after this position, or null  $5 kinds  $6 created from this time on, or null
-- $7 created before, or null  $8 how many, and one more  $9 how many transfers may be looked at
-- Zero rows: no such key. The last row may be a transfer that was looked at and is not in the list, or nulls.
SELECT l.authorized, l.scopes, l.state, l.epoch, l.matched, l.goes_on, (l.transfer).*
  FROM list_committed_transfers(decode($1, 'hex'), $2::integer, $3::bigint, $4::bigint, $5::text[], $6::timestamptz,
    $7::timestamptz, $8::integer, $9::integer) l
