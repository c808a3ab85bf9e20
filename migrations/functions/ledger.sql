-- Balances, transfers and usage. What is read for a key has always a row, whose `outcome` is found, unauthorized or
-- scope-missing (see check_key); its other columns are null where the key is refused or there is nothing to list.

-- The balance of the key's tenant, and what is left to the key where it has a cap (else key_cap_micros is null).
CREATE OR REPLACE FUNCTION find_budget(p_key_sha256 bytea)
RETURNS TABLE (outcome text, granted bigint, charged bigint, reserved bigint, available bigint,
  open_runs integer, max_open_runs integer, key_cap_micros bigint, key_committed_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), b.granted, b.charged, b.reserved, b.available, b.open_runs, p.max_open_runs,
         k.spending_cap_micros, coalesce(s.committed_micros, 0)
    FROM check_key(p_key_sha256, 'read', false) c
    LEFT JOIN api_keys k ON k.key_id = c.key_id
    LEFT JOIN balances b ON b.tenant_id = c.tenant_id
    LEFT JOIN tenant_plans tp ON tp.tenant_id = c.tenant_id
    LEFT JOIN plans p USING (plan_id)
    LEFT JOIN key_spending s ON s.spending_id = k.spending_id
$$;

-- The transfers of the key's tenant, newest first: those of any of p_kinds after the position (p_at, p_id), of one run
-- where p_run_id is not null, created from p_created_after on and before p_created_before; at most p_limit + 1.
-- Each kind is read alone, so that a rare one is not searched for among all.
CREATE OR REPLACE FUNCTION list_own_transfers(p_key_sha256 bytea, p_at timestamptz, p_id bigint, p_kinds text[], p_run_id uuid,
  p_created_after timestamptz, p_created_before timestamptz, p_limit integer)
RETURNS TABLE (outcome text, place_at text, transfer ledger_transfers)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), to_char(x.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), x.transfer
    FROM check_key(p_key_sha256, 'read', false) c
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
           SELECT o AS transfer, o.created_at, o.transfer_id FROM ledger_transfers o
            WHERE p_run_id IS NULL AND o.tenant_id = c.tenant_id AND o.kind = k.kind
              AND (o.created_at, o.transfer_id) < (s.at, s.id)
              AND o.created_at >= coalesce(p_created_after, '-infinity')
            ORDER BY o.created_at DESC, o.transfer_id DESC
            LIMIT p_limit + 1
         ) l
        UNION ALL
        SELECT o, o.created_at, o.transfer_id FROM ledger_transfers o
         WHERE o.run_id = p_run_id AND o.tenant_id = c.tenant_id AND o.kind = ANY (p_kinds)
           AND (o.created_at, o.transfer_id) < (s.at, s.id)
           AND o.created_at >= coalesce(p_created_after, '-infinity')
      ) u
      ORDER BY u.created_at DESC, u.transfer_id DESC
      LIMIT p_limit + 1
    ) x ON true
   ORDER BY x.created_at DESC, x.transfer_id DESC
$$;

-- Sums of the runs that were closed on the days from p_from to p_to (both included, UTC), by p_group_by: 'day' (in their
-- order), 'pack' or 'key' (the most charged first), or several of them with commas between; the columns of those that are not
-- named are null.
-- `complete_through`: the last day that can gain no more runs. A run that ended before midnight may be committed after
-- it, but not 120 s later, for no statement that writes takes so long (the audit relies on the same).
CREATE OR REPLACE FUNCTION find_usage(p_key_sha256 bytea, p_from date, p_to date, p_group_by text)
RETURNS TABLE (outcome text, day text, pack_type text, key_id uuid, key_name text, runs bigint,
  completed bigint, failed bigint, canceled bigint, reserved_micros bigint, charged_micros bigint, complete_through text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), to_char(g.day, 'YYYY-MM-DD'), g.pack_type, g.key_id, k.name, g.runs, g.completed,
         g.failed, g.canceled, g.reserved_micros, g.charged_micros,
         to_char(((wall_clock() - interval '120 seconds') AT TIME ZONE 'UTC')::date - 1, 'YYYY-MM-DD')
    FROM check_key(p_key_sha256, 'read', false) c
    LEFT JOIN LATERAL (
      SELECT CASE WHEN 'day' = ANY (b.names) THEN u.day END AS day,
             CASE WHEN 'pack' = ANY (b.names) THEN u.pack_type END AS pack_type,
             CASE WHEN 'key' = ANY (b.names) THEN u.key_id END AS key_id,
             sum(u.runs)::bigint AS runs, sum(u.completed)::bigint AS completed, sum(u.failed)::bigint AS failed,
             sum(u.canceled)::bigint AS canceled, sum(u.reserved_micros)::bigint AS reserved_micros,
             sum(u.charged_micros)::bigint AS charged_micros
        FROM usage_daily u, string_to_array(p_group_by, ',') b (names)
       WHERE u.tenant_id = c.tenant_id AND u.day BETWEEN p_from AND p_to
       GROUP BY 1, 2, 3
    ) g ON true
    LEFT JOIN api_keys k ON k.key_id = g.key_id AND k.tenant_id = c.tenant_id
   ORDER BY g.day, g.charged_micros DESC, g.pack_type, g.key_id
$$;

-- CLAWBACK: available -> funding, once per id, never below zero: what is missing is a finding. The balance is locked
-- first, because its amount decides the transfer.
-- One row: what was asked and taken, now or (`already`) before, and from which tenant. Zero rows: no such tenant.
CREATE OR REPLACE FUNCTION clawback_credit(p_tenant_id uuid, p_clawback_id text, p_micros bigint)
RETURNS TABLE (tenant_id uuid, asked_micros bigint, taken_micros bigint, already boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_available bigint;
BEGIN
  -- Two calls with one id, for two tenants, wait for each other here.
  PERFORM take_lock_row('clawbacks');
  SELECT x.tenant_id, x.asked, x.taken, true INTO tenant_id, asked_micros, taken_micros, already
    FROM (
      SELECT f.tenant_id, (f.detail ->> 'asked_micros')::bigint AS asked, (f.detail ->> 'taken_micros')::bigint AS taken
        FROM audit_findings f
       WHERE f.run_id IS NULL AND f.kind = 'clawback-short' AND f.subject = p_clawback_id
      UNION ALL
      SELECT l.tenant_id, l.amount_micros, l.amount_micros
        FROM ledger_transfers l WHERE l.kind = 'CLAWBACK' AND l.grant_id = p_clawback_id
    ) x
   ORDER BY x.asked DESC
   LIMIT 1;
  IF FOUND THEN
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT b.available INTO v_available FROM balances b WHERE b.tenant_id = p_tenant_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  tenant_id := p_tenant_id; asked_micros := p_micros; taken_micros := least(v_available, p_micros); already := false;
  IF taken_micros > 0 THEN
    INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
    VALUES (p_tenant_id, p_clawback_id, 'CLAWBACK', 'available', 'funding', taken_micros, v_now);
    UPDATE balances b
       SET granted = b.granted - clawback_credit.taken_micros, available = b.available - clawback_credit.taken_micros, moved_at = v_now
     WHERE b.tenant_id = p_tenant_id;
  END IF;
  IF taken_micros < p_micros THEN
    INSERT INTO audit_findings (tenant_id, kind, subject, detail, created_at)
    VALUES (p_tenant_id, 'clawback-short', p_clawback_id, jsonb_build_object('asked_micros', p_micros::text,
      'taken_micros', taken_micros::text, 'missing_micros', (p_micros - taken_micros)::text), v_now);
  END IF;
  RETURN NEXT;
END $$;

-- Trigger of balances: the event budget.threshold, when the charged amount reaches 50, 80 or 100 % of the granted one; each
-- once per crossing.
CREATE OR REPLACE FUNCTION publish_budget_threshold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO outbox_events (tenant_id, type, payload, created_at)
  SELECT NEW.tenant_id, 'budget.threshold', jsonb_build_object('threshold_percent', x.percent,
           'granted_micros', NEW.granted, 'charged_micros', NEW.charged), NEW.moved_at
    FROM (VALUES (50), (80), (100)) AS x (percent)
   WHERE OLD.charged * 100 < x.percent * OLD.granted AND NEW.charged * 100 >= x.percent * NEW.granted
   ORDER BY x.percent;
  RETURN NULL;
END $$;

-- Trigger of balances: when a tenant's money moved last, to 15 s; see tenant_movements.
CREATE OR REPLACE FUNCTION record_movement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO tenant_movements (tenant_id, moved_at) VALUES (NEW.tenant_id, NEW.moved_at)
  ON CONFLICT (tenant_id) DO UPDATE SET moved_at = excluded.moved_at;
  RETURN NULL;
END $$;
