-- What the edge lists: functions alone, each answering for the one key whose hash it is given.
-- Zero rows: no such key. `authorized` is false for a key that is revoked, expired or of a suspended tenant. One row whose
-- other columns are null: there is nothing to list.

CREATE INDEX runs_newest ON runs (tenant_id, created_at DESC, run_id DESC);
CREATE INDEX ledger_transfers_newest ON ledger_transfers (tenant_id, kind, created_at DESC, transfer_id DESC);

-- The runs of the caller's tenant, newest first: those after the place (p_at, p_id), of any of p_statuses, created from
-- p_created_after on and before p_created_before, bearing all of p_metadata; null asks for no such thing.
-- p_limit + 1 of them at most, so that the caller sees whether there are more. Filters that fit few runs are kept from
-- walking all of them: p_look runs are looked at, and the last of these is in the answer (`last_looked`) though it may
-- not fit (`matched`). The few that are open have an index of their own, and are looked at whole.
-- The walk starts at `s`, the place or the moment, whichever is earlier: an index is entered at one bound alone.
CREATE FUNCTION list_own_runs(p_key_sha256 bytea, p_at timestamptz, p_id uuid, p_statuses text[], p_pack_type text,
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

-- The transfers of the caller's tenant, newest first: those of any of p_kinds after the place (p_at, p_id), of one run
-- where p_run_id is not null, created from p_created_after on and before p_created_before; p_limit + 1 at most.
-- Each kind is read by itself, so that rare ones are not looked for among all.
CREATE FUNCTION list_own_transfers(p_key_sha256 bytea, p_at timestamptz, p_id bigint, p_kinds text[], p_run_id uuid,
  p_created_after timestamptz, p_created_before timestamptz, p_limit integer)
RETURNS TABLE (authorized boolean, scopes text[], place_at text, transfer_id bigint, kind text, debit text, credit text,
  amount_micros bigint, run_id uuid, grant_id text, created_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, to_char(x.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
         x.transfer_id, x.kind, x.debit, x.credit, x.amount_micros, x.run_id, x.grant_id, x.created_at
    FROM caller(p_key_sha256) c
   CROSS JOIN (
     SELECT least(coalesce(p_at, 'infinity'), p_created_before) AS at,
            CASE WHEN p_created_before <= coalesce(p_at, 'infinity') THEN 0
                 ELSE coalesce(p_id, 9223372036854775807) END AS id
   ) s
    LEFT JOIN LATERAL (
      SELECT u.* FROM (
        SELECT l.*
          FROM unnest(p_kinds) k (kind)
         CROSS JOIN LATERAL (
           SELECT o.* FROM ledger_transfers o
            WHERE c.authorized AND p_run_id IS NULL AND o.tenant_id = c.tenant_id AND o.kind = k.kind
              AND (o.created_at, o.transfer_id) < (s.at, s.id)
              AND o.created_at >= coalesce(p_created_after, '-infinity')
            ORDER BY o.created_at DESC, o.transfer_id DESC
            LIMIT p_limit + 1
         ) l
        UNION ALL
        SELECT o.* FROM ledger_transfers o
         WHERE c.authorized AND o.run_id = p_run_id AND o.tenant_id = c.tenant_id AND o.kind = ANY (p_kinds)
           AND (o.created_at, o.transfer_id) < (s.at, s.id)
           AND o.created_at >= coalesce(p_created_after, '-infinity')
      ) u
      ORDER BY u.created_at DESC, u.transfer_id DESC
      LIMIT p_limit + 1
    ) x ON true
   ORDER BY x.created_at DESC, x.transfer_id DESC
$$;

-- What the runs that were closed on the days from p_from to p_to (both included, UTC) add up to, by p_group_by:
-- 'day' (in their order), 'pack' or 'key' (the most charged first); the columns of the other two are null.
CREATE FUNCTION find_usage(p_key_sha256 bytea, p_from date, p_to date, p_group_by text)
RETURNS TABLE (authorized boolean, scopes text[], day text, pack_type text, key_id uuid, key_name text, runs bigint,
  completed bigint, failed bigint, canceled bigint, reserved_micros bigint, charged_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, to_char(g.day, 'YYYY-MM-DD'), g.pack_type, g.key_id, k.name, g.runs, g.completed,
         g.failed, g.canceled, g.reserved_micros, g.charged_micros
    FROM caller(p_key_sha256) c
    LEFT JOIN LATERAL (
      SELECT CASE WHEN p_group_by = 'day' THEN u.day END AS day,
             CASE WHEN p_group_by = 'pack' THEN u.pack_type END AS pack_type,
             CASE WHEN p_group_by = 'key' THEN u.key_id END AS key_id,
             sum(u.runs)::bigint AS runs, sum(u.completed)::bigint AS completed, sum(u.failed)::bigint AS failed,
             sum(u.canceled)::bigint AS canceled, sum(u.reserved_micros)::bigint AS reserved_micros,
             sum(u.charged_micros)::bigint AS charged_micros
        FROM usage_daily u
       WHERE c.authorized AND u.tenant_id = c.tenant_id AND u.day BETWEEN p_from AND p_to
       GROUP BY 1, 2, 3
    ) g ON true
    LEFT JOIN api_keys k ON k.key_id = g.key_id AND k.tenant_id = c.tenant_id
   ORDER BY g.day, g.charged_micros DESC, g.pack_type, g.key_id
$$;

-- What the plan of the caller's tenant includes; nothing, and no limit, where it has no plan.
CREATE FUNCTION find_plan(p_key_sha256 bytea)
RETURNS TABLE (authorized boolean, scopes text[], pack_types text[], max_cost_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, coalesce(p.pack_types, '{}'), p.max_cost_micros
    FROM caller(p_key_sha256) c
    LEFT JOIN tenant_plans tp ON c.authorized AND tp.tenant_id = c.tenant_id
    LEFT JOIN plans p USING (plan_id)
$$;

-- The default privileges that 0005 set hold for the role that set them alone; another may run this file.
REVOKE EXECUTE ON FUNCTION list_own_runs, list_own_transfers, find_usage, find_plan FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_own_runs, list_own_transfers, find_usage, find_plan TO dpp_edge;
