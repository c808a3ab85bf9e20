-- W3 of one run or several: PROCESSING in our attempt, under our lease -> CLAIMED under a new finalize token. From here S3
-- decides the attempt. A repeat under the same finalize token finds what the first try did, and changes only the version.
-- The attempt counts beside the lease token: a W1 that the database gets late, after a sweep has requeued the run, begins an
-- attempt under the same token, and the object of this one would have another attempt's key.
-- Runs are locked in the order of their ids, so that two of these never deadlock.
-- $1 run_ids  $2 their lease tokens  $3 finalize tokens  $4 attempts
-- One row for each run that is CLAIMED under its finalize token, and for how many seconds already.
-- No row: the run's lease is lost, or it was canceled or frozen: stop.
WITH wanted AS MATERIALIZED (
  SELECT w.*
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[]) AS w (run_id, lease_token, finalize_token, attempt)
    JOIN runs r ON r.run_id = w.run_id
   ORDER BY r.run_id
     FOR NO KEY UPDATE OF r
)
UPDATE runs r
   SET finalize_stage = 'CLAIMED', finalize_token = w.finalize_token, claimed_at = coalesce(r.claimed_at, wall_clock()),
       version = r.version + 1
  FROM wanted w
 WHERE r.run_id = w.run_id AND r.lease_token = w.lease_token AND r.attempt = w.attempt AND r.status = 'PROCESSING'
   AND (r.finalize_stage IS NULL OR (r.finalize_stage = 'CLAIMED' AND r.finalize_token = w.finalize_token))
   AND r.money_state = 'RESERVED'
RETURNING r.run_id, r.finalize_token, extract(epoch FROM wall_clock() - r.claimed_at)::double precision AS seconds
