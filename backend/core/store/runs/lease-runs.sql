-- W1 of one run or several: leases each for one attempt: QUEUED, or PROCESSING without a stage and with an expired lease,
-- attempts left. A repeat under the same lease token finds the attempt that the first try began, and changes only the version.
-- Runs are locked in the order of their ids, so that two of these never deadlock.
-- $1 run_ids  $2 their new lease tokens  $3 leases, s  $4 attempts at most (uncounted requeues are not counted)
-- One row for each run: leased under its token; or, when it could not be leased, `leased` false and its status.
-- No row: no such run.
WITH wanted AS MATERIALIZED (
  SELECT w.*
    FROM unnest($1::uuid[], $2::uuid[], $3::double precision[], $4::integer[])
      AS w (run_id, lease_token, lease_seconds, max_attempts)
    JOIN runs r ON r.run_id = w.run_id
   ORDER BY r.run_id
     FOR NO KEY UPDATE OF r
), leased AS (
  UPDATE runs r
     SET status = 'PROCESSING', lease_token = w.lease_token, version = r.version + 1,
         attempt = CASE WHEN r.lease_token = w.lease_token THEN r.attempt ELSE r.attempt + 1 END,
         lease_expires_at = CASE WHEN r.lease_token = w.lease_token THEN r.lease_expires_at
           ELSE wall_clock() + make_interval(secs => w.lease_seconds) END,
         started_at = CASE WHEN r.lease_token = w.lease_token THEN r.started_at ELSE wall_clock() END
    FROM wanted w
   WHERE r.run_id = w.run_id AND r.money_state = 'RESERVED' AND r.finalize_stage IS NULL
     AND (r.status = 'QUEUED' OR (r.status = 'PROCESSING' AND (r.lease_token = w.lease_token
       OR (r.lease_expires_at < wall_clock() AND r.attempt - r.uncounted_requeues < w.max_attempts))))
  RETURNING r.*
)
SELECT run_id, lease_token, true AS leased, status, tenant_id, pack_type, pack_version, inputs,
       encode(payload_sha256, 'hex') AS payload_sha256, timebox_sec, min_reliability, reserved_micros, minimum_fee_micros,
       attempt, uncounted_requeues, trace_parent, created_at,
       extract(epoch FROM started_at - created_at)::double precision AS waited_seconds
  FROM leased
UNION ALL
SELECT r.run_id, w.lease_token, false, r.status, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL
  FROM unnest($1::uuid[], $2::uuid[]) AS w (run_id, lease_token)
  JOIN runs r ON r.run_id = w.run_id
 WHERE NOT EXISTS (SELECT FROM leased l WHERE l.run_id = w.run_id AND l.lease_token = w.lease_token)
