-- The audit of one tenant: its next runs, in the order of an existing index.
-- $1 cursor: idempotency key  $2 how many at most  $3 tenant_id
-- Zero rows: there are no more.
SELECT run_id, idempotency_key AS cursor
  FROM runs
 WHERE tenant_id = $3::uuid AND idempotency_key > $1
 ORDER BY idempotency_key
 LIMIT $2::integer
