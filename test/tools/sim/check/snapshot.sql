-- Everything in Postgres that the invariants are about, of one moment.
-- Always one row.
SELECT jsonb_build_object(
  'runs', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'inputs' - 'metadata' || jsonb_build_object('has_inputs', r.inputs IS NOT NULL,
    'plan', r.inputs::jsonb)
    ORDER BY r.run_id), '[]') FROM runs r),
  'transfers', (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.transfer_id), '[]') FROM ledger_transfers l),
  'balances', (SELECT coalesce(jsonb_agg(to_jsonb(b) ORDER BY b.tenant_id), '[]') FROM balances b),
  'usage', (SELECT coalesce(jsonb_agg(to_jsonb(u) ORDER BY u.tenant_id, u.day, u.pack_type, u.key_id), '[]') FROM usage_daily u),
  'spending', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.spending_id), '[]') FROM key_spending s),
  'keys', (SELECT coalesce(jsonb_agg(jsonb_build_object('key_id', k.key_id, 'spending_id', k.spending_id,
    'tenant_id', k.tenant_id, 'sha256', encode(k.key_sha256, 'hex'), 'status', k.status, 'max_open_runs', p.max_open_runs)), '[]')
    FROM api_keys k JOIN tenant_plans USING (tenant_id) JOIN plans p USING (plan_id)),
  'events', (SELECT coalesce(jsonb_agg(jsonb_build_object('run_id', e.run_id, 'type', e.type)), '[]') FROM outbox_events e),
  'findings', (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.finding_id), '[]') FROM audit_findings f)) AS now
