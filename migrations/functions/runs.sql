-- A run ends (W5, C1, sweeps), is frozen, and is purged after its retention.

-- Linearization point 3: is the run closed? Ends it, writes CHARGE and REFUND, usage and the outbox event, and moves
-- the balance last. One function for success, failure, cancel and every sweep. A run ends COMPLETED, FAILED or CANCELED:
-- EXPIRED is how it reads past its retention, never how it ends.
--
-- Guard: status, stage and money_state as named, and by stage the token or version that the caller has:
--   QUEUED by p_version; PROCESSING without stage by lease token; CLAIMED by finalize token.
--   COMPLETED is reached from CLAIMED alone: there is no completion without a receipt.
-- Zero rows: another closed, requeued or froze it first: the caller stops and undoes nothing.
-- A charge above the reservation, a missing balance, or another end, raises.
CREATE OR REPLACE FUNCTION close_run(
  p_run_id uuid, p_from_status text, p_from_stage text, p_token uuid, p_version bigint,
  p_to_status text, p_charge_micros bigint, p_reason_code text, p_reason_detail text,
  p_result_attempt integer, p_result_sha256 bytea, p_result_bytes bigint, p_reliability double precision
) RETURNS TABLE (run_id uuid, tenant_id uuid, reserved_micros bigint, charged_micros bigint, version bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_run runs%ROWTYPE;
  v_refund bigint;
  v_rows integer;
BEGIN
  IF (p_to_status IN ('COMPLETED', 'FAILED', 'CANCELED')) IS NOT TRUE THEN
    RAISE EXCEPTION 'close_run: a run ends COMPLETED, FAILED or CANCELED, not %', p_to_status USING ERRCODE = '22023';
  END IF;
  UPDATE runs r
     SET status = p_to_status,
         finalize_stage = CASE WHEN p_to_status = 'COMPLETED' THEN 'COMMITTED' END,
         money_state = CASE WHEN p_charge_micros > 0 THEN 'SETTLED' ELSE 'REFUNDED' END,
         charged_micros = p_charge_micros, reason_code = p_reason_code, reason_detail = p_reason_detail,
         result_attempt = p_result_attempt, result_sha256 = p_result_sha256, result_bytes = p_result_bytes,
         reliability = p_reliability,
         lease_token = NULL, lease_expires_at = NULL, claimed_at = NULL,
         finished_at = v_now, retention_until = v_now + make_interval(days => r.retention_days),
         version = r.version + 1
   WHERE r.run_id = p_run_id AND r.money_state = 'RESERVED'
     AND r.status = p_from_status AND r.finalize_stage IS NOT DISTINCT FROM p_from_stage
     AND (p_to_status <> 'COMPLETED' OR p_from_stage = 'CLAIMED')
     AND CASE
           WHEN p_from_stage = 'CLAIMED' THEN r.finalize_token = p_token
           WHEN p_from_status = 'PROCESSING' THEN r.lease_token = p_token
           ELSE r.version = p_version
         END
  RETURNING r.* INTO v_run;
  IF NOT FOUND THEN
    RETURN;
  END IF;

  v_refund := v_run.reserved_micros - p_charge_micros;
  INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at)
  SELECT v_run.tenant_id, p_run_id, x.kind, 'reserved', x.credit, x.amount, v_now
    FROM (VALUES ('CHARGE', 'revenue', p_charge_micros), ('REFUND', 'available', v_refund)) AS x (kind, credit, amount)
   WHERE x.amount <> 0;

  INSERT INTO outbox_events (tenant_id, run_id, type, payload, created_at)
  VALUES (v_run.tenant_id, p_run_id, 'run.' || lower(p_to_status),
    jsonb_build_object('run_id', p_run_id, 'status', p_to_status, 'reason_code', p_reason_code,
      'charged_micros', p_charge_micros, 'reserved_micros', v_run.reserved_micros), v_now);

  INSERT INTO usage_daily AS u (tenant_id, day, pack_type, key_id, runs, completed, failed, canceled, reserved_micros,
    charged_micros)
  VALUES (v_run.tenant_id, (v_now AT TIME ZONE 'UTC')::date, v_run.pack_type, v_run.key_id, 1,
    (p_to_status = 'COMPLETED')::integer, (p_to_status = 'FAILED')::integer, (p_to_status = 'CANCELED')::integer,
    v_run.reserved_micros, p_charge_micros)
  ON CONFLICT (tenant_id, day, pack_type, key_id) DO UPDATE
    SET runs = u.runs + 1, completed = u.completed + excluded.completed, failed = u.failed + excluded.failed,
        canceled = u.canceled + excluded.canceled, reserved_micros = u.reserved_micros + excluded.reserved_micros,
        charged_micros = u.charged_micros + excluded.charged_micros;

  IF v_run.key_capped THEN
    UPDATE key_spending s SET committed_micros = s.committed_micros - v_refund
      FROM api_keys k
     WHERE k.key_id = v_run.key_id AND s.spending_id = k.spending_id;
  END IF;

  UPDATE balances b
     SET reserved = b.reserved - v_run.reserved_micros, charged = b.charged + p_charge_micros,
         available = b.available + v_refund, open_runs = b.open_runs - 1, moved_at = v_now
   WHERE b.tenant_id = v_run.tenant_id;
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  IF v_rows <> 1 THEN
    RAISE EXCEPTION 'no balance for tenant %', v_run.tenant_id;
  END IF;

  run_id := p_run_id; tenant_id := v_run.tenant_id; reserved_micros := v_run.reserved_micros;
  charged_micros := p_charge_micros; version := v_run.version;
  RETURN NEXT;
END $$;

-- C1: reads a run under its lock, and takes the one step towards its end that follows.
-- QUEUED: closed as CANCELED for nothing. PROCESSING without stage: closed as CANCELED, for the minimum fee where
-- p_takes_fee, and its worker finds its lease gone. CLAIMED: S3 decides, so the owner's request is recorded: a receipt wins,
-- a tombstone means CANCELED, for the minimum fee. Without p_takes_fee nothing is recorded: the run ends, or is queued again.
-- canceled | requested | claimed (only without p_takes_fee) | already-canceled | already-terminal | frozen (a person
--   decides it) | absent | lost (another changed it first: call again).
CREATE OR REPLACE FUNCTION end_run(p_tenant_id uuid, p_run_id uuid, p_takes_fee boolean, p_reason_detail text) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_run runs%ROWTYPE;
BEGIN
  SELECT r.* INTO v_run FROM runs r
   WHERE r.run_id = p_run_id AND r.tenant_id = p_tenant_id
     FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'absent';
  END IF;

  IF v_run.status = 'CANCELED' AND (v_run.retention_until < wall_clock()) IS NOT TRUE THEN
    RETURN 'already-canceled';
  ELSIF v_run.status NOT IN ('QUEUED', 'PROCESSING') THEN
    RETURN 'already-terminal';
  ELSIF v_run.money_state = 'AUDIT_REQUIRED' THEN
    RETURN 'frozen';
  ELSIF v_run.cancel_requested THEN
    RETURN 'requested';
  ELSIF v_run.finalize_stage = 'CLAIMED' AND NOT p_takes_fee THEN
    RETURN 'claimed';
  ELSIF v_run.finalize_stage = 'CLAIMED' THEN
    UPDATE runs r
       SET cancel_requested = true, version = r.version + 1
     WHERE r.run_id = p_run_id AND r.money_state = 'RESERVED' AND r.status = 'PROCESSING'
       AND r.finalize_stage = 'CLAIMED' AND r.finalize_token = v_run.finalize_token;
    RETURN CASE WHEN FOUND THEN 'requested' ELSE 'lost' END;
  ELSIF v_run.status = 'QUEUED' THEN
    PERFORM FROM close_run(p_run_id, 'QUEUED', NULL, NULL, v_run.version, 'CANCELED', 0, 'CANCELED', p_reason_detail,
      NULL, NULL, NULL, NULL);
    RETURN CASE WHEN FOUND THEN 'canceled' ELSE 'lost' END;
  END IF;
  PERFORM FROM close_run(p_run_id, 'PROCESSING', NULL, v_run.lease_token, NULL, 'CANCELED',
    CASE WHEN p_takes_fee THEN v_run.minimum_fee_micros ELSE 0 END, 'CANCELED', p_reason_detail, NULL, NULL, NULL, NULL);
  RETURN CASE WHEN FOUND THEN 'canceled' ELSE 'lost' END;
END $$;

-- C1 by its owner: see end_run. A lock that is not acquired within 3 s raises (55P03): nothing was done. Calling again is
-- always safe.
-- outcome: those of end_run, each with the run as it is now; absent | unauthorized | scope-missing | read-only, without a run.
CREATE OR REPLACE FUNCTION cancel_run(p_key_sha256 bytea, p_run_id uuid, p_reason_detail text)
RETURNS TABLE (outcome text, run run_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  v_tenant_id uuid;
  v_outcome text;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'submit', true) c;
  IF outcome IS NULL THEN
    v_outcome := end_run(v_tenant_id, p_run_id, true, p_reason_detail);
    outcome := CASE WHEN v_outcome = 'absent' THEN 'absent' END;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, v FROM run_views v WHERE v.run_id = p_run_id AND v.tenant_id = v_tenant_id;
END $$;

-- C1 by an operator, who charges nothing for work that began: see end_run. Always one row.
CREATE OR REPLACE FUNCTION cancel_any_run(p_tenant_id uuid, p_run_id uuid, p_reason_detail text) RETURNS TABLE (outcome text)
LANGUAGE sql VOLATILE SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  SELECT end_run(p_tenant_id, p_run_id, false, p_reason_detail)
$$;

-- Freezes a CLAIMED run whose object contradicts it: AUDIT_REQUIRED, its money held, a finding for a person.
-- Zero rows: it was closed, requeued or frozen meanwhile.
CREATE OR REPLACE FUNCTION freeze_run(p_run_id uuid, p_finalize_token uuid, p_kind text, p_detail jsonb)
RETURNS TABLE (run_id uuid, tenant_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH frozen AS (
    UPDATE runs r SET money_state = 'AUDIT_REQUIRED', version = r.version + 1
     WHERE r.run_id = p_run_id AND r.money_state = 'RESERVED' AND r.status = 'PROCESSING'
       AND r.finalize_stage = 'CLAIMED' AND r.finalize_token = p_finalize_token
    RETURNING r.run_id, r.tenant_id
  ), finding AS (
    INSERT INTO audit_findings (tenant_id, run_id, kind, detail, created_at)
    SELECT tenant_id, run_id, p_kind, p_detail, wall_clock() FROM frozen
    ON CONFLICT (run_id, kind) WHERE resolved_at IS NULL DO NOTHING
  )
  SELECT run_id, tenant_id FROM frozen
$$;

-- Begins the purge of a run past its retention: from now on its objects may be deleted. A run that is frozen before keeps
-- them; one that is frozen after loses them, and keeps its inputs until a person decides. A purge that was begun and not
-- finished is begun again.
-- One row: its version now. Zero rows: it is frozen, open, not past its retention, purged already, or has changed since it
-- was read.
CREATE OR REPLACE FUNCTION begin_purge(p_run_id uuid, p_version bigint) RETURNS TABLE (version bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  UPDATE runs r SET purging_at = coalesce(r.purging_at, wall_clock()), version = r.version + 1
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state IN ('SETTLED', 'REFUNDED')
     AND r.status NOT IN ('QUEUED', 'PROCESSING') AND r.retention_until < wall_clock() AND r.purged_at IS NULL
  RETURNING r.version
$$;

-- Purges a run whose purge was begun and whose objects were deleted: its inputs, its metadata, and the webhook address
-- that it brought along, which may hold a secret. Its amounts stay, so that the audit still adds up.
-- Zero rows: its purge was not begun, or it is purged already, frozen, or has changed since it was read.
CREATE OR REPLACE FUNCTION purge_run(p_run_id uuid, p_version bigint) RETURNS TABLE (run_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  UPDATE runs r
     SET purged_at = wall_clock(), inputs = NULL, metadata = '{}', webhook_url = NULL, version = r.version + 1
   WHERE r.run_id = p_run_id AND r.version = p_version AND r.money_state IN ('SETTLED', 'REFUNDED')
     AND r.purging_at IS NOT NULL AND r.purged_at IS NULL
  RETURNING r.run_id
$$;
