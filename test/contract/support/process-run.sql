-- Brings a QUEUED run as far as a worker would, without one: leased, and claimed where a finalize token is given.
-- $1 run_id  $2 lease token  $3 finalize token, or null
UPDATE runs
   SET status = 'PROCESSING', attempt = attempt + 1, lease_token = $2::uuid, started_at = wall_clock(),
       lease_expires_at = wall_clock() + interval '2 min', version = version + 1, finalize_token = $3::uuid,
       finalize_stage = CASE WHEN $3 IS NOT NULL THEN 'CLAIMED' END,
       claimed_at = CASE WHEN $3 IS NOT NULL THEN wall_clock() END
 WHERE run_id = $1::uuid AND status = 'QUEUED' AND money_state = 'RESERVED'
RETURNING run_id
