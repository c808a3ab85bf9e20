-- W1: leases a run for one attempt: QUEUED, or PROCESSING without a stage and with an expired lease, attempts left.
-- A repeat under the same lease token finds the attempt that the first try began, and changes only the version.
-- $1 run_id  $2 new lease token  $3 lease, s  $4 attempts at most (uncounted requeues are not counted)
-- One row: the run, leased under $2; or, when it could not be leased, `leased` false and its status.
-- Zero rows: no such run.
WITH leased AS (
  UPDATE runs r
     SET status = 'PROCESSING', lease_token = $2::uuid, version = r.version + 1,
         attempt = CASE WHEN r.lease_token = $2::uuid THEN r.attempt ELSE r.attempt + 1 END,
         lease_expires_at = CASE WHEN r.lease_token = $2::uuid THEN r.lease_expires_at
           ELSE wall_clock() + make_interval(secs => $3::double precision) END,
         started_at = CASE WHEN r.lease_token = $2::uuid THEN r.started_at ELSE wall_clock() END
   WHERE r.run_id = $1::uuid AND r.money_state = 'RESERVED' AND r.finalize_stage IS NULL
     AND (r.status = 'QUEUED' OR (r.status = 'PROCESSING' AND (r.lease_token = $2::uuid
       OR (r.lease_expires_at < wall_clock() AND r.attempt - r.uncounted_requeues < $4::integer))))
  RETURNING r.*
)
SELECT true AS leased, status, tenant_id, pack_type, pack_version, inputs, encode(payload_sha256, 'hex') AS payload_sha256,
       timebox_sec, min_reliability, reserved_micros, minimum_fee_micros, attempt, uncounted_requeues,
       trace_parent, created_at, extract(epoch FROM started_at - created_at)::double precision AS waited_seconds
  FROM leased
UNION ALL
SELECT false, status, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM runs WHERE run_id = $1::uuid AND NOT EXISTS (SELECT FROM leased)
