-- Which processes are alive, whether work can be taken, and what the service holds: nothing of one tenant.

-- Says that a process is alive, or (p_ended) that it takes no more work. Forgets others that said nothing for ten minutes.
-- Written while the switch is at halt, too: it is no change of anybody's. No row.
CREATE OR REPLACE FUNCTION note_process(p_process_id uuid, p_kind text, p_ended boolean) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  DELETE FROM processes p
   WHERE p.process_id IN (
     SELECT o.process_id FROM processes o
      WHERE o.kind = p_kind AND (o.beat_at < (SELECT wall_clock() - interval '10 minutes') OR (p_ended AND o.process_id = p_process_id))
      ORDER BY o.beat_at LIMIT 100 FOR UPDATE SKIP LOCKED);
  INSERT INTO processes AS p (process_id, kind, beat_at)
  SELECT p_process_id, p_kind, wall_clock() WHERE NOT p_ended
      ON CONFLICT (process_id) DO UPDATE SET beat_at = excluded.beat_at;
$$;

-- How many processes of a kind said within p_seconds that they are alive; 1000 stands for more.
CREATE OR REPLACE FUNCTION processes_alive(p_kind text, p_seconds double precision) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM (
    SELECT FROM processes p
     WHERE p.kind = p_kind AND p.beat_at > (SELECT wall_clock() - make_interval(secs => p_seconds)) LIMIT 1000) a
$$;

-- What the edge needs to know to say whether work can be taken: the mode of the switch, and the workers alive. One row.
CREATE OR REPLACE FUNCTION service_state(p_alive_seconds double precision) RETURNS TABLE (mode text, workers bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.mode, processes_alive('worker', p_alive_seconds) FROM operator_switch s
$$;

-- Seconds since a time; 0 where it is null or still to come.
CREATE OR REPLACE FUNCTION seconds_since(p_at timestamptz) RETURNS double precision
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT coalesce(greatest(extract(epoch FROM wall_clock() - p_at), 0), 0)::double precision
$$;

-- How many runs wait for a worker, up to p_limit, and for how long the one has waited that waited longest; of one that was
-- at work before, since it was last signalled. 0 where none waits. One row.
CREATE OR REPLACE FUNCTION queued_work(p_limit integer) RETURNS TABLE (queued_runs bigint, oldest_queued_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT
    (SELECT count(*) FROM (
      SELECT FROM runs r WHERE r.status = 'QUEUED' AND r.money_state = 'RESERVED' LIMIT p_limit) q),
    (SELECT seconds_since(min(CASE WHEN q.attempt = 0 THEN q.created_at ELSE q.last_signal_at END))
       FROM generate_series(1, 12) n, LATERAL (
         SELECT r.attempt, r.created_at, r.last_signal_at FROM runs r
          WHERE r.status = 'QUEUED' AND r.money_state = 'RESERVED' AND least(r.signal_count, 12) = n
          ORDER BY r.last_signal_at, r.run_id LIMIT 1) q)
$$;

-- What the service holds at this moment. Each count stops at p_limit, each age reads the first entries of an index: none
-- costs more where there is more. Ages are in seconds, 0 where there is nothing. One row.
CREATE OR REPLACE FUNCTION service_gauges(p_limit integer, p_alive_seconds double precision)
RETURNS TABLE (mode text, workers bigint, reapers bigint, queued_runs bigint, oldest_queued_seconds double precision,
  processing_runs bigint, claimed_runs bigint, oldest_claimed_seconds double precision, webhook_pending_deliveries bigint,
  webhook_oldest_due_seconds double precision, webhook_waiting_events bigint, retention_lag_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.mode, processes_alive('worker', p_alive_seconds), processes_alive('reaper', p_alive_seconds),
    w.queued_runs, w.oldest_queued_seconds,
    (SELECT count(*) FROM (SELECT FROM runs r WHERE r.status = 'PROCESSING' AND r.finalize_stage IS NULL LIMIT p_limit) q),
    (SELECT count(*) FROM (SELECT FROM runs r WHERE r.finalize_stage = 'CLAIMED' LIMIT p_limit) q),
    seconds_since((SELECT r.claimed_at FROM runs r WHERE r.finalize_stage = 'CLAIMED' ORDER BY r.claimed_at, r.run_id LIMIT 1)),
    (SELECT count(*) FROM (SELECT FROM webhook_deliveries d WHERE d.status = 'pending' LIMIT p_limit) q),
    (SELECT seconds_since(min(q.next_due_at)) FROM (VALUES (false), (true)) l(slow), LATERAL (
      SELECT e.next_due_at FROM webhook_endpoints e
       WHERE e.next_due_at IS NOT NULL AND e.slow = l.slow AND NOT e.passed_over
       ORDER BY e.next_due_at LIMIT 1) q),
    (SELECT count(*) FROM (SELECT FROM outbox_events e WHERE e.fanned_out_at IS NULL LIMIT p_limit) q),
    seconds_since((SELECT r.retention_until FROM runs r
      WHERE r.purged_at IS NULL AND r.money_state IN ('SETTLED', 'REFUNDED') ORDER BY r.retention_until, r.run_id LIMIT 1))
    FROM operator_switch s, queued_work(p_limit) w
$$;
