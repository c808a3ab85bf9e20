-- What a signed receipt says of a run, for the one key whose hash it is given: nothing that retention forgets.
-- Zero rows: no such key. The run's columns are null where the caller's tenant has no such run.
CREATE FUNCTION find_receipt(p_key_sha256 bytea, p_run_id uuid)
RETURNS TABLE (authorized boolean, scopes text[], run_id uuid, tenant_id uuid, pack_type text, pack_version text,
  payload_sha256 text, status text, money_state text, result_sha256 text, result_bytes bigint, reserved_micros bigint,
  charged_micros bigint, minimum_fee_micros bigint, reason_code text, created_at timestamptz, started_at timestamptz,
  finished_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, r.run_id, r.tenant_id, r.pack_type, r.pack_version, encode(r.payload_sha256, 'hex'),
         r.status, r.money_state, encode(r.result_sha256, 'hex'), r.result_bytes, r.reserved_micros, r.charged_micros,
         r.minimum_fee_micros, r.reason_code, r.created_at, r.started_at, r.finished_at
    FROM caller(p_key_sha256) c
    LEFT JOIN runs r ON c.authorized AND r.tenant_id = c.tenant_id AND r.run_id = p_run_id
$$;

-- The default privileges that 0005 set hold for the role that set them alone; another may run this file.
REVOKE EXECUTE ON FUNCTION find_receipt FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_receipt TO dpp_edge;
