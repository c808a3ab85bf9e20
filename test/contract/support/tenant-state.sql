-- All that the steps of a run's life may change of one tenant, its runs by their id.
-- $1 tenant_id
-- Always one row for a tenant.
SELECT to_jsonb(b) - 'tenant_id' - 'moved_at' AS balance,
  (SELECT coalesce(jsonb_object_agg(r.run_id, jsonb_build_object('status', r.status, 'stage', r.finalize_stage,
      'money', r.money_state, 'version', r.version, 'attempt', r.attempt, 'uncounted_requeues', r.uncounted_requeues,
      'cancel_requested', r.cancel_requested, 'lease_token', r.lease_token, 'finalize_token', r.finalize_token,
      'lease_until', extract(epoch FROM r.lease_expires_at), 'started', extract(epoch FROM r.started_at),
      'claimed', extract(epoch FROM r.claimed_at), 'charged', r.charged_micros, 'reason', r.reason_code,
      'transfers', (SELECT jsonb_object_agg(l.kind, l.amount_micros) FROM ledger_transfers l WHERE l.run_id = r.run_id))), '{}') FROM runs r WHERE r.tenant_id = b.tenant_id) AS runs,
  (SELECT coalesce(jsonb_agg(o.type ORDER BY o.type), '[]') FROM outbox_events o WHERE o.tenant_id = b.tenant_id) AS events,
  (SELECT jsonb_build_object('runs', coalesce(sum(u.runs), 0), 'charged', coalesce(sum(u.charged_micros), 0))
     FROM usage_daily u WHERE u.tenant_id = b.tenant_id) AS usage,
  (SELECT count(*)::integer FROM audit_findings f WHERE f.tenant_id = b.tenant_id) AS findings
  FROM balances b WHERE b.tenant_id = $1::uuid
