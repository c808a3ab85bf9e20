-- What the edge reads of runs. `outcome`: found, or why the key is refused (see check_key); the run is null unless it is
-- found. run_views reads the clock, so that a join on it would read all runs: it is read by the id of one run.

-- outcome: found | absent | unauthorized | scope-missing. Always one row.
CREATE OR REPLACE FUNCTION find_run(p_key_sha256 bytea, p_run_id uuid) RETURNS TABLE (outcome text, run run_views)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, CASE WHEN x.run IS NULL THEN 'absent' ELSE 'found' END), x.run
    FROM check_key(p_key_sha256, 'read', false) c
    LEFT JOIN LATERAL (
      SELECT v AS run FROM run_views v WHERE v.run_id = p_run_id AND v.tenant_id = c.tenant_id LIMIT 1
    ) x ON true
$$;

-- The same with what was submitted, as canonical JSON; null once its retention is over.
CREATE OR REPLACE FUNCTION find_run_with_inputs(p_key_sha256 bytea, p_run_id uuid)
RETURNS TABLE (outcome text, inputs text, run run_views)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.outcome, CASE WHEN (f.run).expired IS NOT TRUE THEN r.inputs END, f.run
    FROM find_run(p_key_sha256, p_run_id) f
    LEFT JOIN runs r ON r.run_id = (f.run).run_id
$$;

-- No release has called it without p_of_key.
DROP FUNCTION IF EXISTS list_own_runs(bytea, timestamptz, uuid, text[], text, timestamptz, timestamptz, jsonb, integer, integer);

-- The runs of the key's tenant, newest first: those after the position (p_at, p_id), of any of p_statuses, submitted by
-- p_of_key, created from p_created_after on and before p_created_before, with all of p_metadata; null: not filtered.
-- At most p_limit + 1, so that the caller sees whether there are more. A filter that matches few runs does not read all
-- of them: p_scan_limit runs are read, and the last of them is in the answer (`last_scanned`) even where it does not match
-- (`matched`). The few open runs have an index of their own, and all of them are read.
-- The scan starts at `s`, the position or the moment, whichever is earlier: an index is entered at one bound alone.
-- outcome: found | unauthorized | scope-missing. Always a row; its run is null if there are none.
CREATE OR REPLACE FUNCTION list_own_runs(p_key_sha256 bytea, p_at timestamptz, p_id uuid, p_statuses text[], p_pack_type text,
  p_of_key uuid, p_created_after timestamptz, p_created_before timestamptz, p_metadata jsonb, p_limit integer,
  p_scan_limit integer)
RETURNS TABLE (outcome text, matched boolean, last_scanned boolean, place_at text, run run_views)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), x.matched, x.last_scanned,
         to_char((r.run).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.run
    FROM check_key(p_key_sha256, 'read', false) c
   CROSS JOIN (
     SELECT least(coalesce(p_at, 'infinity'), p_created_before) AS at,
            CASE WHEN p_created_before <= coalesce(p_at, 'infinity') THEN '00000000-0000-0000-0000-000000000000'
                 ELSE coalesce(p_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff') END AS id
   ) s
    LEFT JOIN LATERAL (
      (SELECT f.run_id, f.matched, f.last_scanned
         FROM (
           SELECT l.run_id, l.created_at,
                  row_number() OVER (ORDER BY l.created_at DESC, l.run_id DESC) = p_scan_limit AS last_scanned,
                  (p_pack_type IS NULL OR l.pack_type = p_pack_type)
                  AND (p_of_key IS NULL OR l.key_id = p_of_key)
                  AND (p_metadata IS NULL OR l.metadata @> p_metadata)
                  AND (p_statuses IS NULL
                    OR CASE WHEN l.retention_until < wall_clock() THEN 'EXPIRED' ELSE l.status END = ANY (p_statuses))
                  AS matched
             FROM (
               SELECT o.run_id, o.created_at, o.pack_type, o.key_id, o.metadata, o.retention_until, o.status
                 FROM runs o
                WHERE NOT coalesce(p_statuses <@ ARRAY['QUEUED', 'PROCESSING'], false)
                  AND o.tenant_id = c.tenant_id
                  AND (o.created_at, o.run_id) < (s.at, s.id)
                  AND o.created_at >= coalesce(p_created_after, '-infinity')
                ORDER BY o.created_at DESC, o.run_id DESC
                LIMIT p_scan_limit
             ) l
         ) f
        WHERE f.matched OR f.last_scanned
        ORDER BY f.created_at DESC, f.run_id DESC
        LIMIT p_limit + 1)
      UNION ALL
      (SELECT o.run_id, true, false
         FROM runs o
        WHERE p_statuses <@ ARRAY['QUEUED', 'PROCESSING']
          AND o.tenant_id = c.tenant_id AND o.status IN ('QUEUED', 'PROCESSING') AND o.status = ANY (p_statuses)
          AND (p_pack_type IS NULL OR o.pack_type = p_pack_type) AND (p_of_key IS NULL OR o.key_id = p_of_key)
          AND (p_metadata IS NULL OR o.metadata @> p_metadata)
          AND (o.created_at, o.run_id) < (s.at, s.id) AND o.created_at >= coalesce(p_created_after, '-infinity')
        ORDER BY o.created_at DESC, o.run_id DESC
        LIMIT p_limit + 1)
    ) x ON true
    LEFT JOIN LATERAL (SELECT v AS run FROM run_views v WHERE v.run_id = x.run_id LIMIT 1) r ON true
   ORDER BY (r.run).created_at DESC, (r.run).run_id DESC
$$;
