-- A run ends (W5, C1, sweeps), is frozen, and is purged after its retention.

-- Linearization point 3: is the run closed? The one statement that ends a run, for success, failure, cancel and every sweep;
-- move_money follows in the same transaction. A run ends COMPLETED, FAILED or CANCELED: EXPIRED is how it reads past its
-- retention, never how it ends.
--
-- Guard: status, stage and money_state as named, and by stage the token or version that the caller has:
--   QUEUED by p_version; PROCESSING without stage by lease token; CLAIMED by finalize token.
--   COMPLETED is reached from CLAIMED alone: there is no completion without a receipt.
-- Null: another closed, requeued or froze it first.
CREATE OR REPLACE FUNCTION mark_closed(
  p_run_id uuid, p_from_status text, p_from_stage text, p_token uuid, p_version bigint,
  p_to_status text, p_charge_micros bigint, p_reason_code text, p_reason_detail text,
  p_result_attempt integer, p_result_sha256 bytea, p_result_bytes bigint, p_reliability double precision
) RETURNS closed_runs
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_now timestamptz := wall_clock();
  v_closed closed_runs;
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
  RETURNING r.run_id, r.tenant_id, r.key_id, r.key_capped, r.pack_type, r.status, r.reason_code, r.reserved_micros,
    r.charged_micros, r.finished_at, r.version
       INTO v_closed;
  RETURN v_closed;
END $$;

-- Moves the money of runs that mark_closed has closed in this transaction: CHARGE and REFUND, outbox events, usage, what
-- capped keys have spent, and the balances last, each once, by the sum of its runs.
-- Locks: usage by its key, then keys' spending by id, then balances by tenant: with the runs by id before them, calls that
-- share rows never deadlock. A charge that is null, or a missing balance, raises.
CREATE OR REPLACE FUNCTION move_money(p_runs closed_runs[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_sum record;
BEGIN
  INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at)
  SELECT c.tenant_id, c.run_id, x.kind, 'reserved', x.credit, x.amount, c.finished_at
    FROM unnest(p_runs) c
   CROSS JOIN LATERAL (VALUES
     ('CHARGE', 'revenue', c.charged_micros),
     ('REFUND', 'available', c.reserved_micros - c.charged_micros)) AS x (kind, credit, amount)
   WHERE x.amount IS DISTINCT FROM 0;

  INSERT INTO outbox_events (tenant_id, run_id, type, payload, created_at)
  SELECT c.tenant_id, c.run_id, 'run.' || lower(c.status),
         jsonb_build_object('run_id', c.run_id, 'status', c.status, 'reason_code', c.reason_code,
           'charged_micros', c.charged_micros, 'reserved_micros', c.reserved_micros), c.finished_at
    FROM unnest(p_runs) c;

  INSERT INTO usage_daily AS u (tenant_id, day, pack_type, key_id, runs, completed, failed, canceled, reserved_micros,
    charged_micros)
  SELECT c.tenant_id, (c.finished_at AT TIME ZONE 'UTC')::date, c.pack_type, c.key_id, count(*),
         count(*) FILTER (WHERE c.status = 'COMPLETED'), count(*) FILTER (WHERE c.status = 'FAILED'),
         count(*) FILTER (WHERE c.status = 'CANCELED'), sum(c.reserved_micros)::bigint, sum(c.charged_micros)::bigint
    FROM unnest(p_runs) c
   GROUP BY 1, 2, 3, 4
   ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, day, pack_type, key_id) DO UPDATE
    SET runs = u.runs + excluded.runs, completed = u.completed + excluded.completed, failed = u.failed + excluded.failed,
        canceled = u.canceled + excluded.canceled, reserved_micros = u.reserved_micros + excluded.reserved_micros,
        charged_micros = u.charged_micros + excluded.charged_micros;

  FOR v_sum IN
    SELECT k.spending_id, sum(c.reserved_micros - c.charged_micros)::bigint AS refunded
      FROM unnest(p_runs) c JOIN api_keys k ON k.key_id = c.key_id
     WHERE c.key_capped
     GROUP BY k.spending_id
     ORDER BY k.spending_id
  LOOP
    UPDATE key_spending s SET committed_micros = s.committed_micros - v_sum.refunded WHERE s.spending_id = v_sum.spending_id;
  END LOOP;

  FOR v_sum IN
    SELECT c.tenant_id, sum(c.reserved_micros)::bigint AS reserved, sum(c.charged_micros)::bigint AS charged,
           count(*)::integer AS runs, max(c.finished_at) AS at
      FROM unnest(p_runs) c
     GROUP BY c.tenant_id
     ORDER BY c.tenant_id
  LOOP
    UPDATE balances b
       SET reserved = b.reserved - v_sum.reserved, charged = b.charged + v_sum.charged,
           available = b.available + v_sum.reserved - v_sum.charged, open_runs = b.open_runs - v_sum.runs,
           moved_at = v_sum.at
     WHERE b.tenant_id = v_sum.tenant_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no balance for tenant %', v_sum.tenant_id;
    END IF;
  END LOOP;
END $$;

-- Closes one run: mark_closed, then move_money.
-- Zero rows: another closed, requeued or froze it first: the caller stops and undoes nothing.
-- A charge above the reservation, a missing balance, or another end, raises.
CREATE OR REPLACE FUNCTION close_run(
  p_run_id uuid, p_from_status text, p_from_stage text, p_token uuid, p_version bigint,
  p_to_status text, p_charge_micros bigint, p_reason_code text, p_reason_detail text,
  p_result_attempt integer, p_result_sha256 bytea, p_result_bytes bigint, p_reliability double precision
) RETURNS TABLE (run_id uuid, tenant_id uuid, reserved_micros bigint, charged_micros bigint, version bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_closed closed_runs;
BEGIN
  v_closed := mark_closed(p_run_id, p_from_status, p_from_stage, p_token, p_version, p_to_status, p_charge_micros,
    p_reason_code, p_reason_detail, p_result_attempt, p_result_sha256, p_result_bytes, p_reliability);
  IF v_closed.run_id IS NULL THEN
    RETURN;
  END IF;
  PERFORM move_money(ARRAY[v_closed]);
  run_id := v_closed.run_id; tenant_id := v_closed.tenant_id; reserved_micros := v_closed.reserved_micros;
  charged_micros := v_closed.charged_micros; version := v_closed.version;
  RETURN NEXT;
END $$;

-- W5 of several runs, which share one commit: each from CLAIMED to COMPLETED by its own finalize token, as by close_run.
-- The arrays have one element for each run. Runs are closed in the order of their ids: see move_money.
-- One row for each run that this call closed. A run without one is lost, for its caller alone: another closed, requeued or
-- froze it first.
-- A lock that is not acquired within 1.5 s, longer than a deadlock is looked for, raises, because what this call holds others
-- wait for; of one run, which holds nobody else's, within 4 s. After anything that raises nothing was done, for none of them: call again for each run alone.
CREATE OR REPLACE FUNCTION complete_runs(
  p_run_ids uuid[], p_tokens uuid[], p_charges bigint[], p_attempts integer[], p_sha256s bytea[], p_bytes bigint[],
  p_reliabilities double precision[]
) RETURNS TABLE (finalize_token uuid, run_id uuid, tenant_id uuid, reserved_micros bigint, charged_micros bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '4s' AS $$
DECLARE
  v_item record;
  v_one closed_runs;
  v_closed closed_runs[] := '{}';
BEGIN
  IF cardinality(p_run_ids) > 1 THEN
    PERFORM set_config('lock_timeout', '1500ms', true);
  END IF;
  FOR v_item IN
    SELECT i.* FROM unnest(p_run_ids, p_tokens, p_charges, p_attempts, p_sha256s, p_bytes, p_reliabilities)
      AS i (id, token, charge_micros, attempt, sha256, bytes, reliability)
     ORDER BY i.id
  LOOP
    v_one := mark_closed(v_item.id, 'PROCESSING', 'CLAIMED', v_item.token, NULL, 'COMPLETED', v_item.charge_micros,
      NULL, NULL, v_item.attempt, v_item.sha256, v_item.bytes, v_item.reliability);
    CONTINUE WHEN v_one.run_id IS NULL;
    v_closed := v_closed || v_one;
    finalize_token := v_item.token; run_id := v_one.run_id; tenant_id := v_one.tenant_id;
    reserved_micros := v_one.reserved_micros; charged_micros := v_one.charged_micros;
    RETURN NEXT;
  END LOOP;
  PERFORM move_money(v_closed);
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
