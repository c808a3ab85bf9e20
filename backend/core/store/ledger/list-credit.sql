-- Grants and clawbacks of a tenant, newest first.
-- $1 tenant_id  $2 how many
-- Zero rows: it has none, or there is no such tenant.
SELECT t.transfer_id, t.kind, t.grant_id, t.amount_micros, t.created_at
  FROM unnest(ARRAY['GRANT', 'CLAWBACK']) AS kinds (kind)
 CROSS JOIN LATERAL (
   SELECT transfer_id, l.kind, grant_id, amount_micros, created_at
     FROM ledger_transfers l
    WHERE l.tenant_id = $1::uuid AND l.kind = kinds.kind
    ORDER BY created_at DESC, transfer_id DESC
    LIMIT $2) AS t
 ORDER BY t.created_at DESC, t.transfer_id DESC
 LIMIT $2
