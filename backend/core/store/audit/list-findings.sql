-- Open findings, oldest first, each with the status of its run.
-- $1 tenant_id, or null for all
-- Zero rows: there are none.
SELECT f.finding_id, f.tenant_id, f.run_id, f.kind, f.subject, f.detail, f.created_at, r.status, r.money_state
  FROM audit_findings f
  LEFT JOIN runs r USING (run_id)
 WHERE f.resolved_at IS NULL AND ($1::uuid IS NULL OR f.tenant_id = $1)
 ORDER BY f.finding_id
