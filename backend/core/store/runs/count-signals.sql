-- The signal sweep, after the send: counts a signal, so that the next one waits twice as long.
-- $1 run_ids
-- Zero rows: all of them were leased or closed meanwhile.
UPDATE runs SET signal_count = signal_count + 1, version = version + 1
 WHERE run_id = ANY ($1::uuid[]) AND status = 'QUEUED' AND money_state = 'RESERVED'
RETURNING run_id
