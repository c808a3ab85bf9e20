-- W3: PROCESSING in our attempt, under our lease -> CLAIMED under a new finalize token. From here S3 decides the attempt.
-- A repeat under the same finalize token finds what the first try did, and changes only the version.
-- The attempt counts beside the lease token: a W1 that the database gets late, after a sweep has requeued the run, begins an
-- attempt under the same token, and the object of this one would have another attempt's key.
-- $1 run_id  $2 lease token  $3 finalize token  $4 attempt
-- One row: CLAIMED under $3, and for how many seconds already.
-- Zero rows: the lease is lost, or the run was canceled or frozen: stop.
UPDATE runs
   SET finalize_stage = 'CLAIMED', finalize_token = $3::uuid, claimed_at = coalesce(claimed_at, wall_clock()),
       version = version + 1
 WHERE run_id = $1::uuid AND lease_token = $2::uuid AND attempt = $4::integer AND status = 'PROCESSING'
   AND (finalize_stage IS NULL OR (finalize_stage = 'CLAIMED' AND finalize_token = $3::uuid))
   AND money_state = 'RESERVED'
RETURNING extract(epoch FROM wall_clock() - claimed_at)::double precision AS seconds
