-- Ends of runs and what they cost: a run ends in one of three ways, and what is told of those that cost nothing is bounded.

-- As in 0003 but for its first test: EXPIRED is how a run reads past its retention, never how it ends.
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

-- A delivery that was not made because its tenant had as many unpaid ones in this hour as it may have. Its owner sees it in
-- the list, and may ask for it again.
ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_status_check;
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_status_check
  CHECK (status IN ('pending', 'delivered', 'failed', 'canceled', 'skipped'));

-- How many deliveries each tenant had in its last hour that had any, of unpaid events (those skipped among them) and of
-- those that it asked for again.
CREATE TABLE unpaid_deliveries (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  hour timestamptz NOT NULL,
  wanted bigint NOT NULL CHECK (wanted >= 0)
);
ALTER TABLE unpaid_deliveries ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON unpaid_deliveries FROM PUBLIC;
