-- S2 of the money protocol: a run begins.

-- Linearization point 1: does this run exist, and is its money held?
-- With p_reserve false it only reads. The balance row is locked last and held for the commit alone. A lock that is not
-- acquired within 3 s raises (55P03): nothing was done.
-- p_webhook_url: where to send the event of the run's end, or null, and p_webhook_include_output whether with the result;
-- p_webhook_secret becomes the secret of the tenant's default endpoint, which signs it, where there is no such endpoint yet.
--
-- outcome: inserted | existing | conflict | absent (only read: it would have been inserted) | insufficient
--   | too-many-open | late | unauthorized | scope-missing | read-scope-missing (submit it has, but not read, which
--   p_webhook_include_output needs) | pack-not-in-plan | cost-over-plan-limit | read-only | run-id-taken
-- run: of `inserted` and `existing`, as it is now; else null. To a key without the scope read it says where the run stands,
-- but nothing of its result, of why it ended without one, or of what it was charged.
-- refused_by: 'tenant' or 'key', whose budget was too small, with available_micros of that one.
CREATE OR REPLACE FUNCTION submit_run(
  p_key_sha256 bytea, p_run_id uuid, p_idempotency_key text, p_payload_sha256 bytea,
  p_pack_type text, p_pack_version text, p_inputs text, p_metadata jsonb,
  p_max_cost_micros bigint, p_minimum_fee_micros bigint, p_timebox_sec integer, p_min_reliability double precision,
  p_trace_parent text, p_reserve boolean, p_deadline timestamptz, p_webhook_url text, p_webhook_secret text,
  p_webhook_include_output boolean
) RETURNS TABLE (outcome text, available_micros bigint, refused_by text, run run_views) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
  v_key_id uuid;
  v_caller record;
  v_run runs%ROWTYPE;
  v_balance balances%ROWTYPE;
  v_committed bigint;
  v_rows integer;
BEGIN
  -- It may wait for another call of the tenant: the deadline is tested after it, and nothing is locked before it.
  IF p_reserve AND p_webhook_url IS NOT NULL THEN
    PERFORM ensure_default_webhook(c.tenant_id, p_webhook_secret)
       FROM check_key(p_key_sha256, 'submit', true) c WHERE c.refusal IS NULL;
  END IF;
  v_now := wall_clock();
  IF v_now > p_deadline THEN
    outcome := 'late';
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT c.key_id, c.refusal INTO v_key_id, outcome FROM check_key(p_key_sha256, 'submit', true) c;
  -- A result goes to nobody whom its key could not show it.
  IF outcome IS NULL AND p_webhook_include_output THEN
    SELECT CASE c.refusal WHEN 'scope-missing' THEN 'read-scope-missing' ELSE c.refusal END INTO outcome
      FROM check_key(p_key_sha256, 'read', true) c;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT k.key_id, k.tenant_id, k.spending_cap_micros, k.spending_id, s.mode AS switch_mode,
         p.plan_id, included_packs(p.pack_types, k.tenant_id) AS pack_types, p.max_cost_micros, p.max_open_runs, p.retention_days
    INTO STRICT v_caller
    FROM api_keys k
    CROSS JOIN operator_switch s
    LEFT JOIN tenant_plans tp USING (tenant_id)
    LEFT JOIN plans p USING (plan_id)
   WHERE k.key_id = v_key_id;

  FOR v_round IN 1..2 LOOP
    SELECT r.* INTO v_run FROM runs r
     WHERE r.tenant_id = v_caller.tenant_id AND r.idempotency_key = p_idempotency_key;
    IF FOUND THEN
      outcome := CASE WHEN v_run.payload_sha256 = p_payload_sha256 THEN 'existing' ELSE 'conflict' END;
      IF outcome = 'existing' THEN
        SELECT v.* INTO run FROM run_views v WHERE v.run_id = v_run.run_id;
        IF EXISTS (SELECT FROM check_key(p_key_sha256, 'read', false) c WHERE c.refusal IS NOT NULL) THEN
          run := without_outcome(run);
        END IF;
      END IF;
      available_micros := NULL; refused_by := NULL;
      RETURN NEXT;
      RETURN;
    END IF;
    EXIT WHEN v_round = 2;

    outcome := CASE
      WHEN v_caller.switch_mode <> 'normal' THEN 'read-only'
      WHEN v_caller.plan_id IS NULL OR NOT p_pack_type = ANY (v_caller.pack_types) THEN 'pack-not-in-plan'
      WHEN p_max_cost_micros > v_caller.max_cost_micros THEN 'cost-over-plan-limit'
    END;
    EXIT WHEN outcome IS NOT NULL;

    SELECT b.* INTO v_balance FROM balances b WHERE b.tenant_id = v_caller.tenant_id;
    SELECT s.committed_micros INTO v_committed FROM key_spending s WHERE s.spending_id = v_caller.spending_id;
    IF v_balance.available < p_max_cost_micros THEN
      outcome := 'insufficient'; refused_by := 'tenant'; available_micros := v_balance.available;
    ELSIF v_caller.spending_cap_micros - coalesce(v_committed, 0) < p_max_cost_micros THEN
      outcome := 'insufficient'; refused_by := 'key';
      available_micros := greatest(v_caller.spending_cap_micros - coalesce(v_committed, 0), 0);
    ELSIF v_balance.open_runs >= v_caller.max_open_runs THEN
      outcome := 'too-many-open';
    END IF;
    IF outcome IS NULL AND NOT p_reserve THEN
      outcome := 'absent';
    END IF;
    CONTINUE WHEN outcome IS NOT NULL;

    BEGIN
      INSERT INTO runs (run_id, tenant_id, key_id, idempotency_key, payload_sha256, pack_type, pack_version, inputs,
        metadata, trace_parent, timebox_sec, min_reliability, retention_days, reserved_micros, minimum_fee_micros,
        key_capped, last_signal_at, created_at, webhook_url, webhook_include_output)
      VALUES (p_run_id, v_caller.tenant_id, v_caller.key_id, p_idempotency_key, p_payload_sha256, p_pack_type,
        p_pack_version, p_inputs, p_metadata, p_trace_parent, p_timebox_sec, p_min_reliability,
        v_caller.retention_days, p_max_cost_micros, p_minimum_fee_micros,
        v_caller.spending_cap_micros IS NOT NULL, v_now, v_now, p_webhook_url, p_webhook_include_output)
      ON CONFLICT DO NOTHING;
      GET DIAGNOSTICS v_rows = ROW_COUNT;
      IF v_rows = 0 THEN
        outcome := 'run-id-taken';
        CONTINUE;
      END IF;
      -- Before the balance is locked.
      SELECT v.* INTO run FROM run_views v WHERE v.run_id = p_run_id;

      INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at)
      VALUES (v_caller.tenant_id, p_run_id, 'RESERVE', 'available', 'reserved', p_max_cost_micros, v_now);

      IF v_caller.spending_cap_micros IS NOT NULL THEN
        INSERT INTO key_spending AS s (spending_id, committed_micros) VALUES (v_caller.spending_id, p_max_cost_micros)
        ON CONFLICT (spending_id) DO UPDATE SET committed_micros = s.committed_micros + excluded.committed_micros
          WHERE s.committed_micros + excluded.committed_micros <= v_caller.spending_cap_micros;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows = 0 THEN
          RAISE EXCEPTION 'key cap' USING ERRCODE = 'DP001';
        END IF;
      END IF;

      UPDATE balances b
         SET available = b.available - p_max_cost_micros, reserved = b.reserved + p_max_cost_micros,
             open_runs = b.open_runs + 1, moved_at = v_now
       WHERE b.tenant_id = v_caller.tenant_id AND b.available >= p_max_cost_micros
         AND b.open_runs < v_caller.max_open_runs
      RETURNING b.available INTO available_micros;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'balance' USING ERRCODE = 'DP002';
      END IF;

      outcome := 'inserted';
      RETURN NEXT;
      RETURN;
    EXCEPTION
      WHEN SQLSTATE 'DP001' THEN
        outcome := 'insufficient'; refused_by := 'key'; run := NULL;
        SELECT greatest(v_caller.spending_cap_micros - s.committed_micros, 0) INTO available_micros
          FROM key_spending s WHERE s.spending_id = v_caller.spending_id;
      WHEN SQLSTATE 'DP002' THEN
        run := NULL;
        SELECT b.* INTO v_balance FROM balances b WHERE b.tenant_id = v_caller.tenant_id;
        available_micros := v_balance.available;
        IF v_balance.available < p_max_cost_micros THEN
          outcome := 'insufficient'; refused_by := 'tenant';
        ELSE
          outcome := 'too-many-open';
        END IF;
    END;
  END LOOP;
  RETURN NEXT;
END $$;
