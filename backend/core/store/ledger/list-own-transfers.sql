-- The transfers of the tenant whose API key this is, newest first: see the function list_own_transfers in migrations.
-- $1 key sha256 hex  $2 $3 after this time and transfer_id, or null  $4 kinds  $5 of this run, or null
-- $6 created from this time on, or null  $7 created before, or null  $8 how many, and one more
-- Zero rows: no such key. One row whose transfer_id is null: no such transfer.
SELECT * FROM list_own_transfers(decode($1, 'hex'), $2::timestamptz, $3::bigint, $4::text[], $5::uuid,
  $6::timestamptz, $7::timestamptz, $8::integer)
