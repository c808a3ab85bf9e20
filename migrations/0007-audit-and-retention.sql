-- Audit, retention and clawbacks: what re-adds the transfers, what a finding freezes, what a person decides, and what is
-- forgotten once its retention has passed.

-- `purging_at`: from then on its objects may be gone. `purged_at`: they are, and its inputs too.
ALTER TABLE runs ADD COLUMN purging_at timestamptz, ADD COLUMN purged_at timestamptz;
CREATE INDEX runs_outlived ON runs (retention_until, run_id)
  WHERE purged_at IS NULL AND money_state IN ('SETTLED', 'REFUNDED');
CREATE INDEX runs_finished ON runs (tenant_id, finished_at, run_id) WHERE finished_at IS NOT NULL;

-- `subject` tells findings of one tenant and kind apart: a chain of keys, a clawback, a line of usage.
ALTER TABLE audit_findings ADD COLUMN subject text NOT NULL DEFAULT '', ADD COLUMN note text;
CREATE UNIQUE INDEX audit_findings_tenant ON audit_findings (tenant_id, kind, subject)
  WHERE run_id IS NULL AND resolved_at IS NULL;

GRANT SELECT ON usage_daily, key_spending TO dpp_backend;
CREATE POLICY backend_reads ON usage_daily FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON key_spending FOR SELECT TO dpp_backend USING (true);

-- What the transfers of a tenant after one and up to another (null: all that follow) add up to, so many at most.
-- STABLE: from the calling statement's snapshot. Always one row; `last_id` is null where there was none.
CREATE FUNCTION add_transfers(p_tenant_id uuid, p_after bigint, p_through bigint, p_limit integer)
RETURNS TABLE (transfers bigint, last_id bigint, given numeric, taken_back numeric, reserve numeric, charge numeric, refund numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
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

-- What the closed runs of a tenant add up to, by day, pack and key, from one moment and run on (after both) and before
-- another moment, so many at most. STABLE, and always one row, likewise.
CREATE FUNCTION add_closed_runs(p_tenant_id uuid, p_from timestamptz, p_after uuid, p_before timestamptz, p_limit integer)
RETURNS TABLE (runs bigint, last_finished_at timestamptz, last_run_id uuid, lines jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
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
  SELECT (SELECT count(*) FROM page), (SELECT finished_at FROM last), (SELECT run_id FROM last),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('day', day, 'pack_type', pack_type, 'key_id', key_id, 'figures',
        jsonb_build_array(runs::text, completed::text, failed::text, canceled::text, reserved::text, charged::text),
        'capped', capped::text)), '[]') FROM line)
$$;

-- A finding that is about no closed run. Zero rows: it is open already.
-- `clawback-short` is refused (42501): it says what a clawback took, and a forged one would block the clawback's id.
CREATE FUNCTION record_finding(p_tenant_id uuid, p_run_id uuid, p_kind text, p_subject text, p_detail jsonb)
RETURNS TABLE (finding_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_kind = 'clawback-short' THEN
    RAISE EXCEPTION 'clawback alone records a finding of this kind' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY
  INSERT INTO audit_findings AS f (tenant_id, run_id, kind, subject, detail, created_at)
  VALUES (p_tenant_id, p_run_id, p_kind, p_subject, p_detail, wall_clock())
  ON CONFLICT DO NOTHING
  RETURNING f.finding_id;
END $$;

-- A closed run whose books or result contradict it: AUDIT_REQUIRED, so that retention keeps its evidence, and a finding.
-- outcome: found | known (this finding is open already) | lost (the run is not as it was seen: look again).
CREATE FUNCTION freeze_closed_run(p_run_id uuid, p_version bigint, p_money_state text, p_kind text, p_detail jsonb)
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

-- A person has dealt with a finding. The last one of a closed run lets the run go again.
-- The run is locked before its finding, as freezing and deciding do.
-- outcome: resolved | money-held (its run is open and frozen: decide the run). Zero rows: no such open finding.
CREATE FUNCTION resolve_finding(p_finding_id bigint, p_note text)
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

-- A person closes a frozen run whose money is still held: FAILED, at a charge from zero to its reservation.
-- Its findings come before close_run, which locks the balance: nothing is waited for with that held.
-- Zero rows: it is not frozen with its money held, or not as it was seen.
CREATE FUNCTION decide_run(p_run_id uuid, p_version bigint, p_charge_micros bigint, p_reason_detail text, p_note text)
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

-- CLAWBACK: available -> funding, once per id, never below zero: what is missing is a finding. The balance is locked
-- first, for what it holds decides the transfer.
-- One row: what was asked and taken, now or (`already`) before, and of whom. Zero rows: no such tenant.
CREATE FUNCTION clawback(p_tenant_id uuid, p_clawback_id text, p_micros bigint)
RETURNS TABLE (tenant_id uuid, asked_micros bigint, taken_micros bigint, already boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_available bigint;
BEGIN
  -- Two of one id, for two tenants, wait for each other here.
  PERFORM pg_advisory_xact_lock(hashtextextended('clawback ' || p_clawback_id, 0));
  SELECT x.tenant_id, x.asked, x.taken, true INTO tenant_id, asked_micros, taken_micros, already
    FROM (
      SELECT f.tenant_id, (f.detail ->> 'asked_micros')::bigint AS asked, (f.detail ->> 'taken_micros')::bigint AS taken
        FROM audit_findings f
       WHERE f.run_id IS NULL AND f.kind = 'clawback-short' AND f.subject = p_clawback_id
      UNION ALL
      SELECT l.tenant_id, l.amount_micros, l.amount_micros
        FROM ledger_transfers l WHERE l.kind = 'CLAWBACK' AND l.grant_id = p_clawback_id
    ) x
   ORDER BY x.asked DESC
   LIMIT 1;
  IF FOUND THEN
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT b.available INTO v_available FROM balances b WHERE b.tenant_id = p_tenant_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  tenant_id := p_tenant_id; asked_micros := p_micros; taken_micros := least(v_available, p_micros); already := false;
  IF taken_micros > 0 THEN
    INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
    VALUES (p_tenant_id, p_clawback_id, 'CLAWBACK', 'available', 'funding', taken_micros, v_now);
    UPDATE balances b
       SET granted = b.granted - clawback.taken_micros, available = b.available - clawback.taken_micros, moved_at = v_now
     WHERE b.tenant_id = p_tenant_id;
  END IF;
  IF taken_micros < p_micros THEN
    INSERT INTO audit_findings (tenant_id, kind, subject, detail, created_at)
    VALUES (p_tenant_id, 'clawback-short', p_clawback_id, jsonb_build_object('asked_micros', p_micros::text,
      'taken_micros', taken_micros::text, 'missing_micros', (p_micros - taken_micros)::text), v_now);
  END IF;
  RETURN NEXT;
END $$;

-- Retention decides here that a run past it is forgotten: from now on its objects may be deleted. One that is frozen
-- before keeps them; one that is frozen after loses them, and keeps its inputs until a person lets it go.
-- One begun before and not ended is begun again.
-- One row: its version now. Zero rows: it is frozen, open, kept for longer, purged already, or not as it was seen.
CREATE FUNCTION begin_purge(p_run_id uuid, p_version bigint) RETURNS TABLE (version bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  UPDATE runs r SET purging_at = coalesce(r.purging_at, wall_clock()), version = r.version + 1
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state IN ('SETTLED', 'REFUNDED')
     AND r.status NOT IN ('QUEUED', 'PROCESSING') AND r.retention_until < wall_clock() AND r.purged_at IS NULL
  RETURNING r.version
$$;

-- Forgets a run whose purge was begun and whose objects were deleted; its figures stay, so that the audit still adds up.
-- Zero rows: its purge was not begun, or it is purged already, frozen, or not as it was seen.
CREATE FUNCTION purge_run(p_run_id uuid, p_version bigint) RETURNS TABLE (run_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  UPDATE runs r SET purged_at = wall_clock(), inputs = NULL, metadata = '{}', version = r.version + 1
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state IN ('SETTLED', 'REFUNDED')
     AND r.purging_at IS NOT NULL AND r.purged_at IS NULL
  RETURNING r.run_id
$$;

-- The default privileges that 0005 set hold for the role that set them alone; another may run this file.
REVOKE EXECUTE ON FUNCTION add_transfers, add_closed_runs, record_finding, freeze_closed_run, resolve_finding, decide_run,
  clawback, begin_purge, purge_run FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_transfers, add_closed_runs, record_finding, freeze_closed_run, begin_purge, purge_run
  TO dpp_backend;
