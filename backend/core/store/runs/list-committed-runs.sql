-- The runs of the tenant whose API key this is, in commit order: see the function list_committed_runs in migrations.
-- $1 key sha256 hex  $2 $3 $4 after this position, or null  $5 by their ends, not their creations  $6 statuses, or null
-- $7 pack type, or null  $8 created from this time on, or null  $9 created before, or null  $10 metadata, JSON, or null
-- $11 how many, and one more  $12 how many transfers may be looked at
-- Zero rows: no such key. The last row may be a position that was looked at, without a run.
SELECT l.authorized, l.scopes, l.state, l.epoch, l.matched, l.goes_on, l.commit_order, l.transfer_id, (l.run).*
  FROM list_committed_runs(decode($1, 'hex'), $2::integer, $3::bigint, $4::bigint, $5::boolean, $6::text[], $7,
    $8::timestamptz, $9::timestamptz, $10::jsonb, $11::integer, $12::integer) l
