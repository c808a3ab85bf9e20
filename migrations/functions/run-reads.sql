-- What the edge reads of runs, for the one key whose hash it gives. Zero rows: no such key. `authorized` is false for a
-- key that is revoked, expired or of a suspended tenant.

-- The run's columns are null where the caller's tenant has no such run.
CREATE OR REPLACE FUNCTION find_run(p_key_sha256 bytea, p_run_id uuid)
RETURNS TABLE (authorized boolean, scopes text[], run_id uuid, tenant_id uuid, pack_type text, pack_version text,
  metadata jsonb, status text, money_state text, version bigint, reserved_micros bigint, minimum_fee_micros bigint,
  charged_micros bigint, attempt integer, reason_code text, reason_detail text, result_attempt integer,
  result_sha256 text, result_bytes bigint, reliability double precision, timebox_sec integer, trace_parent text,
  created_at timestamptz, started_at timestamptz, finished_at timestamptz, retention_until timestamptz, expired boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, r.run_id, r.tenant_id, r.pack_type, r.pack_version, r.metadata, r.status,
         r.money_state, r.version, r.reserved_micros, r.minimum_fee_micros, r.charged_micros, r.attempt,
         r.reason_code, r.reason_detail, r.result_attempt, encode(r.result_sha256, 'hex'), r.result_bytes,
         r.reliability, r.timebox_sec, r.trace_parent, r.created_at, r.started_at, r.finished_at, r.retention_until,
         r.retention_until < wall_clock()
    FROM caller(p_key_sha256) c
    LEFT JOIN runs r ON c.authorized AND r.tenant_id = c.tenant_id AND r.run_id = p_run_id
$$;

-- What a signed receipt says of a run, for the one key whose hash it is given: nothing that retention forgets.
-- Zero rows: no such key. The run's columns are null where the caller's tenant has no such run.
CREATE OR REPLACE FUNCTION find_receipt(p_key_sha256 bytea, p_run_id uuid)
RETURNS TABLE (authorized boolean, scopes text[], run_id uuid, tenant_id uuid, pack_type text, pack_version text,
  payload_sha256 text, status text, money_state text, result_sha256 text, result_bytes bigint, reserved_micros bigint,
  charged_micros bigint, minimum_fee_micros bigint, reason_code text, created_at timestamptz, started_at timestamptz,
  finished_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, r.run_id, r.tenant_id, r.pack_type, r.pack_version, encode(r.payload_sha256, 'hex'),
         r.status, r.money_state, encode(r.result_sha256, 'hex'), r.result_bytes, r.reserved_micros, r.charged_micros,
         r.minimum_fee_micros, r.reason_code, r.created_at, r.started_at, r.finished_at
    FROM caller(p_key_sha256) c
    LEFT JOIN runs r ON c.authorized AND r.tenant_id = c.tenant_id AND r.run_id = p_run_id
$$;

-- The runs of the caller's tenant, newest first: those after the place (p_at, p_id), of any of p_statuses, created from
-- p_created_after on and before p_created_before, bearing all of p_metadata; null asks for no such thing.
-- p_limit + 1 of them at most, so that the caller sees whether there are more. Filters that fit few runs are kept from
-- walking all of them: p_look runs are looked at, and the last of these is in the answer (`last_looked`) though it may
-- not fit (`matched`). The few that are open have an index of their own, and are looked at whole.
-- The walk starts at `s`, the place or the moment, whichever is earlier: an index is entered at one bound alone.
CREATE OR REPLACE FUNCTION list_own_runs(p_key_sha256 bytea, p_at timestamptz, p_id uuid, p_statuses text[], p_pack_type text,
  p_created_after timestamptz, p_created_before timestamptz, p_metadata jsonb, p_limit integer, p_look integer)
RETURNS TABLE (authorized boolean, scopes text[], matched boolean, last_looked boolean, place_at text, run_id uuid,
  tenant_id uuid, pack_type text, pack_version text, metadata jsonb, status text, money_state text, version bigint,
  reserved_micros bigint, minimum_fee_micros bigint, charged_micros bigint, attempt integer, reason_code text,
  reason_detail text, result_attempt integer, result_sha256 text, result_bytes bigint, reliability double precision,
  timebox_sec integer, trace_parent text, created_at timestamptz, started_at timestamptz, finished_at timestamptz,
  retention_until timestamptz, expired boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, x.matched, x.last_looked,
         to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.run_id, r.tenant_id, r.pack_type,
         r.pack_version, r.metadata, r.status, r.money_state, r.version, r.reserved_micros, r.minimum_fee_micros,
         r.charged_micros, r.attempt, r.reason_code, r.reason_detail, r.result_attempt, encode(r.result_sha256, 'hex'),
         r.result_bytes, r.reliability, r.timebox_sec, r.trace_parent, r.created_at, r.started_at, r.finished_at,
         r.retention_until, r.retention_until < wall_clock()
    FROM caller(p_key_sha256) c
   CROSS JOIN (
     SELECT least(coalesce(p_at, 'infinity'), p_created_before) AS at,
            CASE WHEN p_created_before <= coalesce(p_at, 'infinity') THEN '00000000-0000-0000-0000-000000000000'
                 ELSE coalesce(p_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff') END AS id
   ) s
    LEFT JOIN LATERAL (
      (SELECT f.run_id, f.matched, f.last_looked
         FROM (
           SELECT l.run_id, l.created_at, row_number() OVER (ORDER BY l.created_at DESC, l.run_id DESC) = p_look AS last_looked,
                  (p_pack_type IS NULL OR l.pack_type = p_pack_type)
                  AND (p_metadata IS NULL OR l.metadata @> p_metadata)
                  AND (p_statuses IS NULL
                    OR CASE WHEN l.retention_until < wall_clock() THEN 'EXPIRED' ELSE l.status END = ANY (p_statuses))
                  AS matched
             FROM (
               SELECT o.run_id, o.created_at, o.pack_type, o.metadata, o.retention_until, o.status
                 FROM runs o
                WHERE c.authorized AND NOT coalesce(p_statuses <@ ARRAY['QUEUED', 'PROCESSING'], false)
                  AND o.tenant_id = c.tenant_id
                  AND (o.created_at, o.run_id) < (s.at, s.id)
                  AND o.created_at >= coalesce(p_created_after, '-infinity')
                ORDER BY o.created_at DESC, o.run_id DESC
                LIMIT p_look
             ) l
         ) f
        WHERE f.matched OR f.last_looked
        ORDER BY f.created_at DESC, f.run_id DESC
        LIMIT p_limit + 1)
      UNION ALL
      (SELECT o.run_id, true, false
         FROM runs o
        WHERE c.authorized AND p_statuses <@ ARRAY['QUEUED', 'PROCESSING']
          AND o.tenant_id = c.tenant_id AND o.status IN ('QUEUED', 'PROCESSING') AND o.status = ANY (p_statuses)
          AND (p_pack_type IS NULL OR o.pack_type = p_pack_type) AND (p_metadata IS NULL OR o.metadata @> p_metadata)
          AND (o.created_at, o.run_id) < (s.at, s.id) AND o.created_at >= coalesce(p_created_after, '-infinity')
        ORDER BY o.created_at DESC, o.run_id DESC
        LIMIT p_limit + 1)
    ) x ON true
    LEFT JOIN runs r ON r.run_id = x.run_id
   ORDER BY r.created_at DESC, r.run_id DESC
$$;
