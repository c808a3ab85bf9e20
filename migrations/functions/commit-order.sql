-- The order in which transfers became visible. Neither created_at (the clock inside the transaction) nor transfer_id is that
-- order: a reader that goes on from either misses what committed later with a smaller one.
-- A transfer has the id of its transaction. All transactions below the oldest one in progress have ended, so what they
-- wrote is there for good, and nothing can come in among it: (commit_order, transfer_id) up to that horizon is safe to go on
-- from. Every run is created with a RESERVE and ended with a CHARGE or REFUND, so the same order serves runs.

-- The place of a transaction in the order. Never null: without the row of commit_epoch money still moves, and readers are
-- refused instead.
CREATE OR REPLACE FUNCTION commit_order(p_transaction xid8) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT (coalesce((SELECT e.epoch FROM commit_epoch e), 0)::bigint << 48) | p_transaction::text::bigint
$$;

-- To be called where transaction ids may have begun again; `npm run migrate` does. Null: this is the known cluster. Else the
-- new epoch: every position given out in an earlier one is refused, so that nobody goes on from one that means nothing here.
-- Transactions that wrote with the epoch before are waited for: none may come in behind a reader that began after.
CREATE OR REPLACE FUNCTION adopt_cluster() RETURNS integer
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
CREATE OR REPLACE FUNCTION committed_from(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, OUT authorized boolean,
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
CREATE OR REPLACE FUNCTION list_committed_transfers(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, p_kinds text[],
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

-- The runs of the caller's tenant in the order in which their creation, or with p_ended their end, was committed: each once,
-- as it is now. Positions, limits, states and the last row are those of list_committed_transfers; a run that is open has not
-- ended. Its end is its CHARGE, or its REFUND where nothing was charged.
CREATE OR REPLACE FUNCTION list_committed_runs(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, p_ended boolean,
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
