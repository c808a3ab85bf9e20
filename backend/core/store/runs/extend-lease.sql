-- W2, the heartbeat: extends our lease, never past the start of this attempt + its timebox + grace.
-- $1 run_id  $2 lease token  $3 lease, s  $4 grace beyond the timebox, which includes the attempt's waits, s
-- Zero rows: the lease is lost, or the run was canceled, frozen or is being finalized: abort.
UPDATE runs
   SET lease_expires_at = least(wall_clock() + make_interval(secs => $3::double precision),
         started_at + make_interval(secs => timebox_sec + $4::double precision)),
       version = version + 1
 WHERE run_id = $1::uuid AND lease_token = $2::uuid AND status = 'PROCESSING' AND finalize_stage IS NULL
   AND money_state = 'RESERVED'
RETURNING run_id
