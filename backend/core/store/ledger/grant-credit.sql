-- GRANT: funding -> available, once per grant id.
-- $1 tenant_id  $2 grant_id  $3 micros
-- Zero rows, and nothing was changed: no such tenant, or it is closed, the grant id was used already, or all grants of the tenant would exceed
-- 2^53 - 1 micros. The balance is locked first, so that two concurrent grants are both counted.
WITH tenant AS (
  SELECT tenant_id FROM tenants WHERE tenant_id = $1::uuid AND status <> 'closed' FOR SHARE
), given AS (
  INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
  SELECT tenant_id, $2, 'GRANT', 'funding', 'available', $3::bigint, wall_clock()
    FROM balances JOIN tenant USING (tenant_id)
   WHERE granted <= 9007199254740991 - $3::bigint
     FOR UPDATE OF balances
  ON CONFLICT (kind, grant_id) WHERE grant_id IS NOT NULL DO NOTHING
  RETURNING tenant_id, amount_micros
)
UPDATE balances b SET granted = b.granted + g.amount_micros, available = b.available + g.amount_micros,
       moved_at = wall_clock()
  FROM given g
 WHERE b.tenant_id = g.tenant_id
RETURNING b.available
