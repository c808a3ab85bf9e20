-- The order in which transfers became visible. Neither created_at (the clock inside the transaction) nor transfer_id is that
-- order: a reader that goes on from either misses what committed later with a smaller one.
-- A transfer bears the id of its transaction. All transactions below the oldest one in progress have ended, so what they
-- wrote is there for good, and nothing can come in among it: (commit_order, transfer_id) up to that horizon is safe to go on
-- from. Every run is created with a RESERVE and ended with a CHARGE or REFUND, so the same order serves runs.

-- Transaction ids begin again in another cluster (a dump restored, a logical replica promoted): `epoch` rises there, see
-- adopt_cluster(), and is the upper part of every commit_order.
CREATE TABLE commit_epoch (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch integer NOT NULL CHECK (epoch BETWEEN 1 AND 3500),
  system_identifier bigint NOT NULL
);
ALTER TABLE commit_epoch ENABLE ROW LEVEL SECURITY;
INSERT INTO commit_epoch (epoch, system_identifier) SELECT 1, s.system_identifier FROM pg_control_system() s;

-- The place of a transaction in the order. Never null: without the row of commit_epoch money still moves, and readers are
-- refused instead.
CREATE FUNCTION commit_order(p_transaction xid8) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT (coalesce((SELECT e.epoch FROM commit_epoch e), 0)::bigint << 48) | p_transaction::text::bigint
$$;

-- Those that are there have all been committed: they come first, by their ids. 0 as a constant rewrites no row.
ALTER TABLE ledger_transfers ADD COLUMN commit_order bigint NOT NULL DEFAULT 0;
ALTER TABLE ledger_transfers ALTER COLUMN commit_order SET DEFAULT commit_order(pg_current_xact_id());
CREATE INDEX ledger_transfers_committed ON ledger_transfers (tenant_id, commit_order, transfer_id);

-- To be called where transaction ids may have begun again; `npm run migrate` does. Null: this is the known cluster. Else the
-- new epoch: every position given out in an earlier one is refused, so that nobody goes on from one that means nothing here.
-- Transactions that wrote with the epoch before are waited for: none may come in behind a reader that began after.
CREATE FUNCTION adopt_cluster() RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_here bigint := (SELECT s.system_identifier FROM pg_control_system() s);
  v_epoch integer;
BEGIN
  IF EXISTS (SELECT FROM commit_epoch e WHERE e.system_identifier = v_here) THEN
    RETURN NULL;
  END IF;
  LOCK TABLE ledger_transfers IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO commit_epoch AS e (epoch, system_identifier)
  VALUES (1 + (SELECT coalesce(max(l.commit_order) >> 48, 0) FROM ledger_transfers l), v_here)
  ON CONFLICT (singleton) DO UPDATE SET epoch = greatest(e.epoch + 1, excluded.epoch), system_identifier = v_here
  RETURNING e.epoch INTO v_epoch;
  RETURN v_epoch;
END $$;

-- Who asks for transfers in commit order, from which position (null: from the first one), and up to where they are final.
-- A position is an epoch, in which it was given out, and a transfer.
-- state: ready | no-position (not one of this tenant's, or of another history of this database: begin again)
--   | not-adopted (run adopt_cluster). tenant_id is null where there is no such key.
-- A position is that of a transfer that was read. After a restore or a failover that lost commits it may be gone; while it is
-- there, all later transactions have higher ids.
CREATE FUNCTION committed_from(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, OUT authorized boolean,
  OUT scopes text[], OUT tenant_id uuid, OUT state text, OUT epoch integer, OUT until bigint)
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, c.tenant_id,
         CASE
           WHEN e.system_identifier IS DISTINCT FROM (SELECT s.system_identifier FROM pg_control_system() s) THEN 'not-adopted'
           WHEN p_order IS NULL THEN 'ready'
           WHEN p_epoch = e.epoch AND EXISTS (
             SELECT FROM ledger_transfers l
              WHERE l.transfer_id = p_id AND l.tenant_id = c.tenant_id AND l.commit_order = p_order) THEN 'ready'
           ELSE 'no-position'
         END,
         e.epoch, commit_order(pg_snapshot_xmin(pg_current_snapshot()))
    FROM caller(p_key_sha256) c
    LEFT JOIN commit_epoch e ON true
$$;

-- The final transfers of the caller's tenant in commit order, after the position (p_epoch, p_order, p_id): those of p_kinds, created
-- from p_created_after on and before p_created_before; p_limit + 1 of them at most (`matched`). Before the first of more than
-- p_limit, p_look transfers are looked at; where that ends it, the last row is not matched, bears the last transfer that was
-- looked at (nulls: none), and says whether there may be more (`goes_on`).
-- Zero rows: no such key. One row: not authorized, or a state other than ready.
CREATE FUNCTION list_committed_transfers(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, p_kinds text[],
  p_created_after timestamptz, p_created_before timestamptz, p_limit integer, p_look integer)
RETURNS TABLE (authorized boolean, scopes text[], state text, epoch integer, matched boolean, goes_on boolean, transfer ledger_transfers)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_from record;
  v_row ledger_transfers;
  v_looked integer := 0;
  v_matched integer := 0;
BEGIN
  SELECT f.* INTO v_from FROM committed_from(p_key_sha256, p_epoch, p_order, p_id) f;
  IF v_from.tenant_id IS NULL THEN
    RETURN;
  END IF;
  authorized := v_from.authorized; scopes := v_from.scopes; state := v_from.state; epoch := v_from.epoch;
  goes_on := false;
  IF authorized AND state = 'ready' THEN
    FOR v_row IN
      SELECT l.* FROM ledger_transfers l
       WHERE l.tenant_id = v_from.tenant_id AND l.commit_order < v_from.until
         AND (l.commit_order, l.transfer_id) > (coalesce(p_order, -1), coalesce(p_id, 0))
       ORDER BY l.commit_order, l.transfer_id
       LIMIT p_look
    LOOP
      v_looked := v_looked + 1;
      transfer := v_row;
      matched := v_row.kind = ANY (p_kinds) AND v_row.created_at >= coalesce(p_created_after, '-infinity')
        AND v_row.created_at < coalesce(p_created_before, 'infinity');
      IF matched THEN
        RETURN NEXT;
        v_matched := v_matched + 1;
        IF v_matched > p_limit THEN
          RETURN;
        END IF;
      END IF;
    END LOOP;
    goes_on := v_looked >= p_look;
  END IF;
  matched := false;
  RETURN NEXT;
END $$;

-- A run as its owner may see it.
CREATE VIEW run_views AS
SELECT r.run_id, r.tenant_id, r.pack_type, r.pack_version, r.metadata, r.status, r.money_state, r.version, r.reserved_micros,
       r.minimum_fee_micros, r.charged_micros, r.attempt, r.reason_code, r.reason_detail, r.result_attempt,
       encode(r.result_sha256, 'hex') AS result_sha256, r.result_bytes, r.reliability, r.timebox_sec, r.trace_parent,
       r.created_at, r.started_at, r.finished_at, r.retention_until, r.retention_until < wall_clock() AS expired
  FROM runs r;

-- The runs of the caller's tenant in the order in which their creation, or with p_ended their end, was committed: each once,
-- as it is now. Positions, limits, states and the last row are those of list_committed_transfers; a run that is open has not
-- ended. Its end is its CHARGE, or its REFUND where nothing was charged.
CREATE FUNCTION list_committed_runs(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, p_ended boolean,
  p_statuses text[], p_pack_type text, p_created_after timestamptz, p_created_before timestamptz, p_metadata jsonb,
  p_limit integer, p_look integer)
RETURNS TABLE (authorized boolean, scopes text[], state text, epoch integer, matched boolean, goes_on boolean,
  commit_order bigint, transfer_id bigint, run run_views)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_from record;
  v_row record;
  v_run run_views;
  v_looked integer := 0;
  v_matched integer := 0;
BEGIN
  SELECT f.* INTO v_from FROM committed_from(p_key_sha256, p_epoch, p_order, p_id) f;
  IF v_from.tenant_id IS NULL THEN
    RETURN;
  END IF;
  authorized := v_from.authorized; scopes := v_from.scopes; state := v_from.state; epoch := v_from.epoch;
  goes_on := false;
  IF authorized AND state = 'ready' THEN
    FOR v_row IN
      SELECT l.commit_order, l.transfer_id, l.kind, l.run_id FROM ledger_transfers l
       WHERE l.tenant_id = v_from.tenant_id AND l.commit_order < v_from.until
         AND (l.commit_order, l.transfer_id) > (coalesce(p_order, -1), coalesce(p_id, 0))
       ORDER BY l.commit_order, l.transfer_id
       LIMIT p_look
    LOOP
      v_looked := v_looked + 1;
      commit_order := v_row.commit_order; transfer_id := v_row.transfer_id;
      matched := v_row.kind = ANY (CASE WHEN p_ended THEN ARRAY['CHARGE', 'REFUND'] ELSE ARRAY['RESERVE'] END);
      IF matched THEN
        SELECT v.* INTO v_run FROM run_views v WHERE v.run_id = v_row.run_id;
        run := v_run;
        matched := (v_row.kind <> 'REFUND' OR v_run.charged_micros = 0)
          AND (p_pack_type IS NULL OR v_run.pack_type = p_pack_type)
          AND (p_metadata IS NULL OR v_run.metadata @> p_metadata)
          AND (p_statuses IS NULL OR CASE WHEN v_run.expired THEN 'EXPIRED' ELSE v_run.status END = ANY (p_statuses))
          AND v_run.created_at >= coalesce(p_created_after, '-infinity')
          AND v_run.created_at < coalesce(p_created_before, 'infinity');
      END IF;
      IF matched THEN
        RETURN NEXT;
        v_matched := v_matched + 1;
        IF v_matched > p_limit THEN
          RETURN;
        END IF;
      END IF;
    END LOOP;
    goes_on := v_looked >= p_look;
  END IF;
  matched := false; run := NULL;
  RETURN NEXT;
END $$;

-- As in 0008, and `complete_through`: the last day that can gain no more runs. A run that ended before midnight may be
-- committed after it, but not 120 s later, for no statement that writes lives so long (the audit relies on the same).
DROP FUNCTION find_usage(bytea, date, date, text);
CREATE FUNCTION find_usage(p_key_sha256 bytea, p_from date, p_to date, p_group_by text)
RETURNS TABLE (authorized boolean, scopes text[], day text, pack_type text, key_id uuid, key_name text, runs bigint,
  completed bigint, failed bigint, canceled bigint, reserved_micros bigint, charged_micros bigint, complete_through text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, to_char(g.day, 'YYYY-MM-DD'), g.pack_type, g.key_id, k.name, g.runs, g.completed,
         g.failed, g.canceled, g.reserved_micros, g.charged_micros,
         to_char(((wall_clock() - interval '120 seconds') AT TIME ZONE 'UTC')::date - 1, 'YYYY-MM-DD')
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

-- The default privileges that 0005 set hold for the role that set them alone; another may run this file.
REVOKE ALL ON run_views, commit_epoch FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION commit_order, adopt_cluster, committed_from, list_committed_transfers, list_committed_runs,
  find_usage FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_committed_transfers, list_committed_runs, find_usage TO dpp_edge;
