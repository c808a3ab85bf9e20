-- The clock, the views, and a run without its outcome. This file is applied first: functions of the others have these views in
-- their signatures.

-- The one clock of every statement.
CREATE OR REPLACE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT pg_catalog.clock_timestamp()';

-- A key as its owner may see it; committed_micros is null for a key without a cap.
CREATE OR REPLACE VIEW key_views AS
SELECT k.key_id, k.tenant_id, k.name, k.mode, k.scopes,
       CASE WHEN k.status = 'active' AND k.expires_at <= wall_clock() THEN 'expired' ELSE k.status END AS status,
       k.created_at, k.expires_at, k.revoked_at, k.rotated_from, k.submit_per_minute, k.read_per_minute,
       k.spending_cap_micros,
       CASE WHEN k.spending_cap_micros IS NOT NULL THEN coalesce(s.committed_micros, 0) END AS committed_micros
  FROM api_keys k LEFT JOIN key_spending s USING (spending_id);

-- A webhook endpoint as its owner may see it, without its secret; neither the tenant's default nor a deleted one.
CREATE OR REPLACE VIEW webhook_views AS
SELECT w.endpoint_id, w.tenant_id, w.url, w.events, w.description, w.status, w.disabled_reason, w.created_at,
       w.include_output
  FROM webhook_endpoints w
 WHERE w.url IS NOT NULL AND w.deleted_at IS NULL;

-- A delivery as the owner of its endpoint may see it.
CREATE OR REPLACE VIEW delivery_views AS
SELECT d.delivery_id, d.endpoint_id, e.event_uuid, e.type, e.run_id, coalesce(d.url, w.url) AS url, d.status, d.attempts, d.next_attempt_at,
       d.last_status, d.last_error, d.created_at, d.delivered_at
  FROM webhook_deliveries d JOIN outbox_events e USING (event_id) JOIN webhook_endpoints w USING (endpoint_id);

-- A run as its owner may see it.
CREATE OR REPLACE VIEW run_views AS
SELECT r.run_id, r.tenant_id, r.pack_type, r.pack_version, r.metadata, r.status, r.money_state, r.version, r.reserved_micros,
       r.minimum_fee_micros, r.charged_micros, r.attempt, r.reason_code, r.reason_detail, r.result_attempt,
       encode(r.result_sha256, 'hex') AS result_sha256, r.result_bytes, r.reliability, r.timebox_sec, r.trace_parent,
       r.created_at, r.started_at, r.finished_at, r.retention_until, r.retention_until < wall_clock() AS expired,
       r.key_id, encode(r.payload_sha256, 'hex') AS payload_sha256, r.min_reliability
  FROM runs r;

-- A run that mark_closed has closed: what move_money needs of it.
CREATE OR REPLACE VIEW closed_runs AS
SELECT r.run_id, r.tenant_id, r.key_id, r.key_capped, r.pack_type, r.status, r.reason_code, r.reserved_micros,
       r.charged_micros, r.finished_at, r.version
  FROM runs r
 WHERE r.finished_at IS NOT NULL;

-- The run for one that has no scope to read: what was submitted and where it stands, without result, error and charge.
CREATE OR REPLACE FUNCTION without_outcome(p_run run_views) RETURNS run_views
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
BEGIN
  p_run.result_attempt := NULL; p_run.result_sha256 := NULL; p_run.result_bytes := NULL; p_run.reliability := NULL;
  p_run.reason_code := NULL; p_run.reason_detail := NULL; p_run.charged_micros := NULL;
  RETURN p_run;
END $$;
