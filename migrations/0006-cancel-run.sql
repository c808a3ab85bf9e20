-- C1, the owner's cancel: one look at the run under its lock, and one step that follows from it.
-- QUEUED: closed as CANCELED for nothing. PROCESSING without stage: closed as CANCELED for the minimum fee, and its worker
-- finds its lease gone. CLAIMED: S3 decides, so the wish is noted: a receipt wins, a tombstone means CANCELED.
-- A lock that is not had within 3 s raises (55P03): nothing was done. Asking again is safe whatever became of it.
--
-- outcome: canceled | requested | already-canceled | already-terminal | frozen (a person decides it)
--   | lost (another changed it first: ask again), each with the run as it is now;
--   absent | unauthorized | scope-missing | read-only, with nothing of any run.
CREATE FUNCTION cancel_run(p_key_sha256 bytea, p_run_id uuid, p_reason_detail text)
RETURNS TABLE (outcome text, run_id uuid, tenant_id uuid, pack_type text, pack_version text, metadata jsonb,
  status text, money_state text, version bigint, reserved_micros bigint, minimum_fee_micros bigint,
  charged_micros bigint, attempt integer, reason_code text, reason_detail text, result_attempt integer,
  result_sha256 text, result_bytes bigint, reliability double precision, timebox_sec integer, trace_parent text,
  created_at timestamptz, started_at timestamptz, finished_at timestamptz, retention_until timestamptz, expired boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_caller record;
  v_run runs%ROWTYPE;
  v_outcome text;
BEGIN
  SELECT c.tenant_id, c.scopes, s.mode AS switch_mode INTO v_caller
    FROM caller(p_key_sha256) c CROSS JOIN operator_switch s
   WHERE c.authorized;
  outcome := CASE
    WHEN NOT FOUND THEN 'unauthorized'
    WHEN v_caller.switch_mode = 'halt' THEN 'read-only'
    WHEN NOT 'submit' = ANY (v_caller.scopes) THEN 'scope-missing'
  END;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT r.* INTO v_run FROM runs r
   WHERE r.run_id = p_run_id AND r.tenant_id = v_caller.tenant_id
     FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'absent';
    RETURN NEXT;
    RETURN;
  END IF;

  IF v_run.status = 'CANCELED' AND (v_run.retention_until < wall_clock()) IS NOT TRUE THEN
    v_outcome := 'already-canceled';
  ELSIF v_run.status NOT IN ('QUEUED', 'PROCESSING') THEN
    v_outcome := 'already-terminal';
  ELSIF v_run.money_state = 'AUDIT_REQUIRED' THEN
    v_outcome := 'frozen';
  ELSIF v_run.cancel_requested THEN
    v_outcome := 'requested';
  ELSIF v_run.finalize_stage = 'CLAIMED' THEN
    UPDATE runs r
       SET cancel_requested = true, version = r.version + 1
     WHERE r.run_id = p_run_id AND r.money_state = 'RESERVED' AND r.status = 'PROCESSING'
       AND r.finalize_stage = 'CLAIMED' AND r.finalize_token = v_run.finalize_token;
    v_outcome := CASE WHEN FOUND THEN 'requested' ELSE 'lost' END;
  ELSIF v_run.status = 'QUEUED' THEN
    PERFORM FROM close_run(p_run_id, 'QUEUED', NULL, NULL, v_run.version, 'CANCELED', 0, 'CANCELED', p_reason_detail,
      NULL, NULL, NULL, NULL);
    v_outcome := CASE WHEN FOUND THEN 'canceled' ELSE 'lost' END;
  ELSE
    PERFORM FROM close_run(p_run_id, 'PROCESSING', NULL, v_run.lease_token, NULL, 'CANCELED', v_run.minimum_fee_micros,
      'CANCELED', p_reason_detail, NULL, NULL, NULL, NULL);
    v_outcome := CASE WHEN FOUND THEN 'canceled' ELSE 'lost' END;
  END IF;

  RETURN QUERY
  SELECT v_outcome, r.run_id, r.tenant_id, r.pack_type, r.pack_version, r.metadata, r.status, r.money_state, r.version,
         r.reserved_micros, r.minimum_fee_micros, r.charged_micros, r.attempt, r.reason_code, r.reason_detail,
         r.result_attempt, encode(r.result_sha256, 'hex'), r.result_bytes, r.reliability, r.timebox_sec,
         r.trace_parent, r.created_at, r.started_at, r.finished_at, r.retention_until,
         r.retention_until < wall_clock()
    FROM runs r
   WHERE r.run_id = p_run_id AND r.tenant_id = v_caller.tenant_id;
END $$;

-- The default privileges that 0005 set hold for the role that set them alone; another may run this file.
REVOKE EXECUTE ON FUNCTION cancel_run FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_run TO dpp_edge;
