-- The order in which transfers became visible. Neither created_at (the clock inside the transaction) nor transfer_id is that
-- order: a reader that goes on from either misses what committed later with a smaller one.
-- A transfer has the id of its transaction. All transactions below the oldest one in progress have ended, so what they
-- wrote is there for good, and nothing can come in among it: (commit_order, transfer_id) up to that horizon is safe to go on
-- from. Every run is created with a RESERVE and ended with a CHARGE or REFUND, so the same order serves runs.

-- The position of a transaction in the order. Never null: without the row of commit_epoch money still moves, and readers
-- are refused instead.
CREATE OR REPLACE FUNCTION commit_order(p_transaction xid8) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT (coalesce((SELECT e.epoch FROM commit_epoch e), 0)::bigint << 48) | p_transaction::text::bigint
$$;

-- Called where transaction ids may have started again; `npm run migrate` does. Null: this is the known cluster. Else the
-- new epoch: every position of an earlier one is refused, for it means nothing here. It waits for transactions that wrote
-- with the earlier epoch: none may commit behind a reader that began later.
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

-- Where a reader in commit order of this tenant goes on: after a position, or (nulls) from the first transfer, up to where
-- transfers are final. A position is an epoch, in which it was given out, and a transfer that was read.
-- state: found | no-position (not one of this tenant's, or of another history of this database: begin again)
--   | not-adopted (run adopt_cluster).
-- After a restore or a failover that lost commits the transfer of a position may be gone; while it is there, all later
-- transactions have higher ids.
CREATE OR REPLACE FUNCTION committed_from(p_tenant_id uuid, p_epoch integer, p_order bigint, p_id bigint,
  OUT state text, OUT epoch integer, OUT until bigint)
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
  SELECT CASE
           WHEN e.system_identifier IS DISTINCT FROM (SELECT s.system_identifier FROM pg_control_system() s) THEN 'not-adopted'
           WHEN p_order IS NULL THEN 'found'
           WHEN p_epoch = e.epoch AND EXISTS (
             SELECT FROM ledger_transfers l
              WHERE l.transfer_id = p_id AND l.tenant_id = p_tenant_id AND l.commit_order = p_order) THEN 'found'
           ELSE 'no-position'
         END,
         e.epoch, commit_order(pg_snapshot_xmin(pg_current_snapshot()))
    FROM (SELECT) always
    LEFT JOIN commit_epoch e ON true
$$;

-- The final transfers of the key's tenant in commit order, after the position (p_epoch, p_order, p_id): those of p_kinds,
-- with p_of_runs each with its run, which the filters then apply to (a REFUND counts only where nothing was charged: the
-- end of a run is one transfer); else they apply to the transfer. Null: not filtered.
-- At most p_limit + 1 of them (`matched`). Before the first of more than p_limit, p_scan_limit transfers are read; where
-- that ends it, the last row is not matched, has the last transfer that was read (null: none), and says whether there may
-- be more (`goes_on`).
-- outcome: found | no-position | not-adopted | unauthorized | scope-missing. Always a row.
CREATE OR REPLACE FUNCTION scan_committed(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, p_kinds text[],
  p_of_runs boolean, p_statuses text[], p_pack_type text, p_of_key uuid, p_created_after timestamptz,
  p_created_before timestamptz, p_metadata jsonb, p_limit integer, p_scan_limit integer)
RETURNS TABLE (outcome text, epoch integer, matched boolean, goes_on boolean, transfer ledger_transfers, run run_views)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant_id uuid;
  v_until bigint;
  v_transfer ledger_transfers;
  v_run run_views;
  v_created_at timestamptz;
  v_scanned integer := 0;
  v_matched integer := 0;
BEGIN
  SELECT c.tenant_id, c.refusal INTO v_tenant_id, outcome FROM check_key(p_key_sha256, 'read', false) c;
  IF outcome IS NULL THEN
    SELECT f.state, f.epoch, f.until INTO outcome, epoch, v_until
      FROM committed_from(v_tenant_id, p_epoch, p_order, p_id) f;
  END IF;
  goes_on := false;
  IF outcome = 'found' THEN
    FOR v_transfer IN
      SELECT l.* FROM ledger_transfers l
       WHERE l.tenant_id = v_tenant_id AND l.commit_order < v_until
         AND (l.commit_order, l.transfer_id) > (coalesce(p_order, -1), coalesce(p_id, 0))
       ORDER BY l.commit_order, l.transfer_id
       LIMIT p_scan_limit
    LOOP
      v_scanned := v_scanned + 1;
      transfer := v_transfer;
      matched := v_transfer.kind = ANY (p_kinds);
      v_created_at := v_transfer.created_at;
      IF matched AND p_of_runs THEN
        SELECT v.* INTO v_run FROM run_views v WHERE v.run_id = v_transfer.run_id;
        run := v_run;
        v_created_at := v_run.created_at;
        matched := (v_transfer.kind <> 'REFUND' OR v_run.charged_micros = 0)
          AND (p_pack_type IS NULL OR v_run.pack_type = p_pack_type)
          AND (p_of_key IS NULL OR v_run.key_id = p_of_key)
          AND (p_metadata IS NULL OR v_run.metadata @> p_metadata)
          AND (p_statuses IS NULL OR CASE WHEN v_run.expired THEN 'EXPIRED' ELSE v_run.status END = ANY (p_statuses));
      END IF;
      matched := matched AND v_created_at >= coalesce(p_created_after, '-infinity')
        AND v_created_at < coalesce(p_created_before, 'infinity');
      IF matched THEN
        RETURN NEXT;
        v_matched := v_matched + 1;
        IF v_matched > p_limit THEN
          RETURN;
        END IF;
      END IF;
    END LOOP;
    goes_on := v_scanned >= p_scan_limit;
  END IF;
  matched := false; run := NULL;
  RETURN NEXT;
END $$;

-- The final transfers of the key's tenant in commit order: see scan_committed.
CREATE OR REPLACE FUNCTION list_committed_transfers(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint,
  p_kinds text[], p_created_after timestamptz, p_created_before timestamptz, p_limit integer, p_scan_limit integer)
RETURNS TABLE (outcome text, epoch integer, matched boolean, goes_on boolean, transfer ledger_transfers)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.outcome, s.epoch, s.matched, s.goes_on, s.transfer
    FROM scan_committed(p_key_sha256 => p_key_sha256, p_epoch => p_epoch, p_order => p_order, p_id => p_id, p_kinds => p_kinds,
      p_of_runs => false, p_statuses => NULL, p_pack_type => NULL, p_of_key => NULL, p_created_after => p_created_after,
      p_created_before => p_created_before, p_metadata => NULL, p_limit => p_limit, p_scan_limit => p_scan_limit) s
$$;

-- No release has called it, or scan_committed, without p_of_key.
DROP FUNCTION IF EXISTS list_committed_runs(bytea, integer, bigint, bigint, boolean, text[], text, timestamptz, timestamptz, jsonb,
  integer, integer);
DROP FUNCTION IF EXISTS scan_committed(bytea, integer, bigint, bigint, text[], boolean, text[], text, timestamptz, timestamptz,
  jsonb, integer, integer);

-- The runs of the key's tenant in the order in which their creation, or with p_ended their end, was committed: each once,
-- as it is now; a run that is open has not ended. See scan_committed.
CREATE OR REPLACE FUNCTION list_committed_runs(p_key_sha256 bytea, p_epoch integer, p_order bigint, p_id bigint, p_ended boolean,
  p_statuses text[], p_pack_type text, p_of_key uuid, p_created_after timestamptz, p_created_before timestamptz,
  p_metadata jsonb, p_limit integer, p_scan_limit integer)
RETURNS TABLE (outcome text, epoch integer, matched boolean, goes_on boolean, commit_order bigint, transfer_id bigint,
  run run_views)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.outcome, s.epoch, s.matched, s.goes_on, (s.transfer).commit_order, (s.transfer).transfer_id, s.run
    FROM scan_committed(p_key_sha256 => p_key_sha256, p_epoch => p_epoch, p_order => p_order, p_id => p_id,
      p_kinds => CASE WHEN p_ended THEN ARRAY['CHARGE', 'REFUND'] ELSE ARRAY['RESERVE'] END, p_of_runs => true,
      p_statuses => p_statuses, p_pack_type => p_pack_type, p_of_key => p_of_key, p_created_after => p_created_after,
      p_created_before => p_created_before, p_metadata => p_metadata, p_limit => p_limit, p_scan_limit => p_scan_limit) s
$$;
