-- The audit: sums of transfers and closed runs, findings, what a person decides, and checkpoints. A checkpoint proves
-- nothing: a full audit adds everything from the beginning and compares, and a difference is a finding.

-- Sums of the transfers of a tenant after one and up to another (null: all that follow), at most p_limit of them.
-- STABLE: from the calling statement's snapshot. Always one row; `last_id` is null when there was none.
CREATE OR REPLACE FUNCTION add_transfers(p_tenant_id uuid, p_after bigint, p_through bigint, p_limit integer)
RETURNS TABLE (transfers bigint, last_id bigint, given numeric, taken_back numeric, reserve numeric, charge numeric, refund numeric)
LANGUAGE sql STABLE ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT count(*), max(transfer_id),
         coalesce(sum(amount_micros) FILTER (WHERE kind = 'GRANT'), 0),
         coalesce(sum(amount_micros) FILTER (WHERE kind = 'CLAWBACK'), 0),
         coalesce(sum(amount_micros) FILTER (WHERE kind = 'RESERVE'), 0),
         coalesce(sum(amount_micros) FILTER (WHERE kind = 'CHARGE'), 0),
         coalesce(sum(amount_micros) FILTER (WHERE kind = 'REFUND'), 0)
    FROM (
      SELECT transfer_id, kind, amount_micros FROM ledger_transfers
       WHERE tenant_id = p_tenant_id AND transfer_id > p_after AND transfer_id <= coalesce(p_through, 9223372036854775807)
       ORDER BY transfer_id
       LIMIT p_limit
    ) l
$$;

-- Sums of the closed runs of a tenant by day, pack and key: after (p_from, p_after) and before p_before, at most p_limit
-- runs. STABLE, likewise. Always one row; the cursor is null when there was none.
CREATE OR REPLACE FUNCTION add_closed_runs(p_tenant_id uuid, p_from timestamptz, p_after uuid, p_before timestamptz, p_limit integer)
RETURNS TABLE (runs bigint, last_finished_at text, last_run_id uuid, lines jsonb)
LANGUAGE sql STABLE ROWS 1 SET search_path = public, pg_temp AS $$
  WITH page AS MATERIALIZED (
    SELECT run_id, key_id, pack_type, key_capped, status, reserved_micros, charged_micros, finished_at FROM runs
     WHERE tenant_id = p_tenant_id AND finished_at IS NOT NULL AND finished_at < p_before
       AND (finished_at, run_id) > (p_from, p_after)
     ORDER BY finished_at, run_id
     LIMIT p_limit
  ), line AS (
    SELECT (finished_at AT TIME ZONE 'UTC')::date AS day, pack_type, key_id, count(*) AS runs,
           count(*) FILTER (WHERE status = 'COMPLETED') AS completed, count(*) FILTER (WHERE status = 'FAILED') AS failed,
           count(*) FILTER (WHERE status = 'CANCELED') AS canceled, sum(reserved_micros) AS reserved,
           coalesce(sum(charged_micros), 0) AS charged, coalesce(sum(charged_micros) FILTER (WHERE key_capped), 0) AS capped
      FROM page GROUP BY 1, 2, 3
  ), last AS (
    SELECT finished_at, run_id FROM page ORDER BY finished_at DESC, run_id DESC LIMIT 1
  )
  SELECT (SELECT count(*) FROM page), (SELECT finished_at::text FROM last), (SELECT run_id FROM last),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('day', day, 'pack_type', pack_type, 'key_id', key_id, 'figures',
        jsonb_build_array(runs::text, completed::text, failed::text, canceled::text, reserved::text, charged::text),
        'capped', capped::text)), '[]') FROM line)
$$;

-- Records a finding that freezes no run. Zero rows: it is open already.
-- `clawback-short` is refused (42501): it says what a clawback took, and a forged one would block the clawback's id.
CREATE OR REPLACE FUNCTION record_finding(p_tenant_id uuid, p_run_id uuid, p_kind text, p_subject text, p_detail jsonb)
RETURNS TABLE (finding_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_kind = 'clawback-short' THEN
    RAISE EXCEPTION 'only clawback_credit records a finding of this kind' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY
  INSERT INTO audit_findings AS f (tenant_id, run_id, kind, subject, detail, created_at)
  VALUES (p_tenant_id, p_run_id, p_kind, p_subject, p_detail, wall_clock())
  ON CONFLICT DO NOTHING
  RETURNING f.finding_id;
END $$;

-- Freezes a closed run whose transfers or result contradict it: AUDIT_REQUIRED, so that retention keeps its evidence, and
-- a finding.
-- outcome: found | known (this finding is open already) | lost (the run has changed since it was read: read it again).
CREATE OR REPLACE FUNCTION freeze_closed_run(p_run_id uuid, p_version bigint, p_money_state text, p_kind text, p_detail jsonb)
RETURNS TABLE (outcome text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  v_tenant_id uuid;
BEGIN
  SELECT r.tenant_id INTO v_tenant_id FROM runs r
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state = p_money_state
     AND r.status NOT IN ('QUEUED', 'PROCESSING')
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 'lost';
    RETURN NEXT;
    RETURN;
  END IF;
  UPDATE runs r SET money_state = 'AUDIT_REQUIRED', version = r.version + 1
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state = p_money_state
     AND r.money_state <> 'AUDIT_REQUIRED';
  PERFORM FROM record_finding(v_tenant_id, p_run_id, p_kind, '', p_detail);
  outcome := CASE WHEN FOUND THEN 'found' ELSE 'known' END;
  RETURN NEXT;
END $$;

-- Resolves a finding that a person has dealt with. The last one of a closed run unfreezes the run.
-- The run is locked before its finding, as freezing and deciding do.
-- outcome: resolved | money-held (its run is open and frozen: decide the run). Zero rows: no such open finding.
CREATE OR REPLACE FUNCTION resolve_finding(p_finding_id bigint, p_note text)
RETURNS TABLE (outcome text, tenant_id uuid, run_id uuid, kind text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_run runs%ROWTYPE;
BEGIN
  SELECT r.* INTO v_run FROM runs r
   WHERE r.run_id = (SELECT f.run_id FROM audit_findings f WHERE f.finding_id = p_finding_id)
     FOR NO KEY UPDATE;
  SELECT f.tenant_id, f.run_id, f.kind INTO tenant_id, run_id, kind FROM audit_findings f
   WHERE f.finding_id = p_finding_id AND f.resolved_at IS NULL
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF v_run.money_state = 'AUDIT_REQUIRED' AND v_run.status IN ('QUEUED', 'PROCESSING') THEN
    outcome := 'money-held';
    RETURN NEXT;
    RETURN;
  END IF;
  UPDATE audit_findings f SET resolved_at = wall_clock(), note = p_note
   WHERE f.finding_id = p_finding_id AND f.resolved_at IS NULL;
  UPDATE runs r
     SET money_state = CASE WHEN r.charged_micros > 0 THEN 'SETTLED' ELSE 'REFUNDED' END, version = r.version + 1
   WHERE r.run_id = v_run.run_id AND r.version = v_run.version AND r.money_state = 'AUDIT_REQUIRED'
     AND r.status NOT IN ('QUEUED', 'PROCESSING')
     AND NOT EXISTS (SELECT FROM audit_findings f WHERE f.run_id = r.run_id AND f.resolved_at IS NULL);
  outcome := 'resolved';
  RETURN NEXT;
END $$;

-- Closes a frozen run whose money is still held, as a person decided: FAILED, at a charge from zero to its reservation.
-- p_reason_detail is for the run's owner, p_note for the findings. Findings are locked before close_run locks the balance:
-- nothing is waited for while that is held.
-- Zero rows: it is not frozen with its money held, or has changed since it was read.
CREATE OR REPLACE FUNCTION decide_run(p_run_id uuid, p_version bigint, p_charge_micros bigint, p_reason_detail text, p_note text)
RETURNS TABLE (run_id uuid, tenant_id uuid, reserved_micros bigint, charged_micros bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_run runs%ROWTYPE;
BEGIN
  UPDATE runs r SET money_state = 'RESERVED', version = r.version + 1
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state = 'AUDIT_REQUIRED' AND r.status = 'PROCESSING'
  RETURNING r.* INTO v_run;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  UPDATE audit_findings f SET resolved_at = wall_clock(), note = p_note
   WHERE f.run_id = p_run_id AND f.resolved_at IS NULL;
  SELECT c.run_id, c.tenant_id, c.reserved_micros, c.charged_micros
    INTO run_id, tenant_id, reserved_micros, charged_micros
    FROM close_run(p_run_id, v_run.status, v_run.finalize_stage,
      CASE WHEN v_run.finalize_stage = 'CLAIMED' THEN v_run.finalize_token ELSE v_run.lease_token END, NULL,
      'FAILED', p_charge_micros, 'DECIDED_BY_OPERATOR', p_reason_detail, NULL, NULL, NULL, NULL) c;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'run % is frozen and cannot be closed', p_run_id;
  END IF;
  RETURN NEXT;
END $$;

-- Records a checkpoint that was added up from the one of version p_from, or (null) from the beginning.
-- Zero rows, and nothing was changed: the one it began from was replaced or dropped meanwhile; or, from the beginning, the
-- existing one reaches further; or it reaches into the future or beyond the tenant's last transfer, which a correct caller
-- asks for only after a failover.
CREATE OR REPLACE FUNCTION note_audit_checkpoint(p_tenant_id uuid, p_from bigint, p_through_transfer bigint, p_before timestamptz,
  p_transfers bigint, p_given numeric, p_taken_back numeric, p_reserve numeric, p_charge numeric, p_refund numeric,
  p_lines jsonb, p_capped jsonb)
RETURNS TABLE (version bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  WITH bounds AS MATERIALIZED (
    SELECT n.now FROM (SELECT wall_clock() AS now) n
     WHERE p_before <= n.now
       AND p_through_transfer <= (SELECT max(l.transfer_id) FROM ledger_transfers l WHERE l.tenant_id = p_tenant_id)
  ), moved AS (
    UPDATE audit_checkpoints c
       SET version = nextval('audit_checkpoint_version'), through_transfer = p_through_transfer, before = p_before,
           transfers = p_transfers, given = p_given, taken_back = p_taken_back, reserve = p_reserve, charge = p_charge,
           refund = p_refund, lines = p_lines, capped = p_capped, noted_at = bounds.now
      FROM bounds
     WHERE c.tenant_id = p_tenant_id AND c.version = p_from
       AND c.through_transfer <= p_through_transfer AND c.before <= p_before
    RETURNING c.version
  ), begun AS (
    INSERT INTO audit_checkpoints AS c (tenant_id, version, through_transfer, before, transfers, given, taken_back, reserve,
      charge, refund, lines, capped, noted_at, full_at)
    SELECT p_tenant_id, nextval('audit_checkpoint_version'), p_through_transfer, p_before, p_transfers, p_given,
           p_taken_back, p_reserve, p_charge, p_refund, p_lines, p_capped, bounds.now, bounds.now
      FROM bounds
     WHERE p_from IS NULL
    ON CONFLICT (tenant_id) DO UPDATE
      SET version = excluded.version, through_transfer = excluded.through_transfer, before = excluded.before,
          transfers = excluded.transfers, given = excluded.given, taken_back = excluded.taken_back,
          reserve = excluded.reserve, charge = excluded.charge, refund = excluded.refund, lines = excluded.lines,
          capped = excluded.capped, noted_at = excluded.noted_at, full_at = excluded.full_at
      WHERE c.through_transfer <= excluded.through_transfer AND c.before <= excluded.before
    RETURNING c.version
  )
  SELECT version FROM moved UNION ALL SELECT version FROM begun
$$;

-- Drops a checkpoint that a full audit contradicted: its content is in the finding, and the next audit begins at the
-- beginning. Zero rows: it was replaced meanwhile.
CREATE OR REPLACE FUNCTION drop_audit_checkpoint(p_tenant_id uuid, p_version bigint) RETURNS TABLE (version bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  DELETE FROM audit_checkpoints c WHERE c.tenant_id = p_tenant_id AND c.version = p_version
  RETURNING c.version
$$;
