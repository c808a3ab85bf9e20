-- Every tenant, run and capped key whose figures are not what its transfers add up to.
-- Zero rows: the books balance.
WITH added AS (
  SELECT tenant_id,
    sum(CASE kind WHEN 'GRANT' THEN amount_micros WHEN 'CLAWBACK' THEN -amount_micros ELSE 0 END) AS granted,
    sum(CASE WHEN credit = 'available' THEN amount_micros WHEN debit = 'available' THEN -amount_micros ELSE 0 END) AS available,
    sum(CASE WHEN credit = 'reserved' THEN amount_micros WHEN debit = 'reserved' THEN -amount_micros ELSE 0 END) AS reserved,
    sum(CASE WHEN credit = 'revenue' THEN amount_micros ELSE 0 END) AS charged
  FROM ledger_transfers GROUP BY tenant_id
), open AS (
  SELECT tenant_id, count(*) AS runs FROM runs WHERE status IN ('QUEUED', 'PROCESSING') GROUP BY tenant_id
)
SELECT 'balance' AS what, b.tenant_id::text AS id, to_jsonb(b) AS found, to_jsonb(a) AS expected
  FROM balances b LEFT JOIN added a USING (tenant_id) LEFT JOIN open o USING (tenant_id)
 WHERE (b.granted, b.available, b.reserved, b.charged, b.open_runs) IS DISTINCT FROM
   (coalesce(a.granted, 0)::bigint, coalesce(a.available, 0)::bigint, coalesce(a.reserved, 0)::bigint,
    coalesce(a.charged, 0)::bigint, coalesce(o.runs, 0)::integer)
UNION ALL
SELECT 'run', r.run_id::text, jsonb_build_object('status', r.status, 'money', r.money_state, 'reserved', r.reserved_micros,
    'charged', r.charged_micros), jsonb_object_agg(l.kind, l.amount_micros)
  FROM runs r JOIN ledger_transfers l USING (run_id)
 GROUP BY r.run_id
HAVING sum(l.amount_micros) FILTER (WHERE l.kind = 'RESERVE') IS DISTINCT FROM r.reserved_micros
    OR coalesce(sum(l.amount_micros) FILTER (WHERE l.kind = 'CHARGE'), 0) <> coalesce(r.charged_micros, 0)
    OR coalesce(sum(l.amount_micros) FILTER (WHERE l.kind = 'REFUND'), 0) <>
       CASE WHEN r.status IN ('QUEUED', 'PROCESSING') THEN 0 ELSE r.reserved_micros - r.charged_micros END
UNION ALL
SELECT 'run without a reservation', r.run_id::text, NULL, NULL
  FROM runs r WHERE NOT EXISTS (SELECT FROM ledger_transfers l WHERE l.run_id = r.run_id AND l.kind = 'RESERVE')
UNION ALL
SELECT 'key', k.spending_id::text, to_jsonb(s), to_jsonb(sum(coalesce(r.charged_micros, r.reserved_micros)))
  FROM api_keys k JOIN runs r ON r.key_id = k.key_id AND r.key_capped LEFT JOIN key_spending s USING (spending_id)
 GROUP BY k.spending_id, s.*, s.committed_micros
HAVING s.committed_micros IS DISTINCT FROM sum(coalesce(r.charged_micros, r.reserved_micros))
