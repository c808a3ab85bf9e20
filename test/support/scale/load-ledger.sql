-- The transfers of a loaded history, in the order in which they were made, and balances and usage that follow from them.
-- commit_order, which is of the transaction, is asked for once a statement: as a default it is a function call a row.
INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at, commit_order)
SELECT tenant_id, 'grant ' || name, 'GRANT', 'funding', 'available', 1000000000000000, created_at,
       (SELECT commit_order(pg_current_xact_id()))
  FROM tenants;
INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at, commit_order)
SELECT t.tenant_id, t.run_id, t.kind, t.debit, t.credit, t.amount, t.at, (SELECT commit_order(pg_current_xact_id()))
  FROM (
    SELECT tenant_id, run_id, 'RESERVE' AS kind, 'available' AS debit, 'reserved' AS credit, reserved_micros AS amount,
           created_at AS at FROM runs
    UNION ALL
    SELECT tenant_id, run_id, 'CHARGE', 'reserved', 'revenue', charged_micros, finished_at FROM runs WHERE charged_micros > 0
    UNION ALL
    SELECT tenant_id, run_id, 'REFUND', 'reserved', 'available', reserved_micros - charged_micros, finished_at
      FROM runs WHERE reserved_micros > charged_micros
  ) t
 ORDER BY t.at;

INSERT INTO balances (tenant_id, granted, charged, reserved, available, open_runs, moved_at)
SELECT t.tenant_id, 1000000000000000, coalesce(r.charged, 0), coalesce(r.reserved, 0),
       1000000000000000 - coalesce(r.charged, 0) - coalesce(r.reserved, 0), coalesce(r.open, 0),
       CASE WHEN t.tenant_id = pg_temp.id_of('tenant 0') THEN now() ELSE now() - interval '1 hour' END
  FROM tenants t
  LEFT JOIN (
    SELECT tenant_id, sum(charged_micros) AS charged,
           sum(reserved_micros) FILTER (WHERE status IN ('QUEUED', 'PROCESSING')) AS reserved,
           count(*) FILTER (WHERE status IN ('QUEUED', 'PROCESSING')) AS open
      FROM runs GROUP BY tenant_id
  ) r USING (tenant_id);
INSERT INTO tenant_movements (tenant_id, moved_at) SELECT tenant_id, moved_at FROM balances;

INSERT INTO usage_daily (tenant_id, day, pack_type, key_id, runs, completed, failed, canceled, reserved_micros, charged_micros)
SELECT tenant_id, (finished_at AT TIME ZONE 'UTC')::date, pack_type, key_id, count(*), count(*) FILTER (WHERE status = 'COMPLETED'),
       count(*) FILTER (WHERE status = 'FAILED'), count(*) FILTER (WHERE status = 'CANCELED'), sum(reserved_micros), sum(charged_micros)
  FROM runs WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4;

-- A hundred transfers of the first tenant that follow its checkpoint, under numbers that are known.
INSERT INTO ledger_transfers (transfer_id, tenant_id, grant_id, kind, debit, credit, amount_micros, created_at, commit_order)
OVERRIDING SYSTEM VALUE
SELECT 8000000000000000000 + n, pg_temp.id_of('tenant 0'), 'late ' || n, 'GRANT', 'funding', 'available', 1, now() - interval '30 minutes',
       (SELECT commit_order(pg_current_xact_id()))
  FROM generate_series(1, 100) n;
INSERT INTO audit_checkpoints (tenant_id, version, through_transfer, before, transfers, given, taken_back, reserve, charge,
  refund, lines, capped, noted_at, full_at)
SELECT pg_temp.id_of('tenant 0'), 1, 8000000000000000000, now() - interval '40 minutes', 1, 1, 0, 0, 0, 0, '{}', '{}', now(), now();
