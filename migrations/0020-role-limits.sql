-- What the roles may hold and for how long. A role may change its own settings, for a session or for good: these bound
-- what goes wrong, not who means harm. `npm run migrate -- --check` tells of any that differ.

-- Roles are of the whole cluster, and other migrations of it may run at this moment: only what differs is set.
DO $$
DECLARE
  v_role text;
  v_setting text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['dpp_edge', 'dpp_backend'] LOOP
    -- Above the 3 s that functions wait for a lock and the 8 s that the edge waits for an answer; jit costs seconds a
    -- statement where LLVM is there, and these are short.
    FOREACH v_setting IN ARRAY ARRAY['statement_timeout=10s', 'lock_timeout=5s',
      'idle_in_transaction_session_timeout=10s', 'jit=off'] LOOP
      IF NOT EXISTS (SELECT FROM pg_db_role_setting s
                      WHERE s.setdatabase = 0 AND s.setrole = v_role::regrole AND v_setting = ANY (s.setconfig)) THEN
        BEGIN
          EXECUTE format('ALTER ROLE %I SET %I = %L', v_role, split_part(v_setting, '=', 1), split_part(v_setting, '=', 2));
        EXCEPTION WHEN insufficient_privilege THEN
          RAISE WARNING 'may not set % for role %: whoever made the role must', v_setting, v_role;
        END;
      END IF;
    END LOOP;
  END LOOP;
END $$;

-- Temporary tables fill the disk, and stand before public where a function forgets to name its search path.
DO $$
BEGIN
  EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC, dpp_edge, dpp_backend', current_database());
END $$;

-- Large objects and messages in the WAL fill the disk; advisory locks fill the table of locks that all sessions share.
-- Only a superuser may take them from PUBLIC: nothing of the product depends on it.
DO $$
DECLARE
  v_function regprocedure;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
    RETURN;
  END IF;
  FOR v_function IN
    SELECT p.oid FROM pg_proc p
     WHERE p.pronamespace = 'pg_catalog'::regnamespace
       AND (p.proname ~ '^(lo_.*|loread|lowrite|be_lo_.*)$' OR p.proname ~ '^pg_((try_)?advisory_.*|logical_emit_message)$')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_function);
  END LOOP;
END $$;

-- As in 0007 but for the lock: CLAWBACK: available -> funding, once per id, never below zero: what is missing is a
-- finding. The balance is locked first, for what it holds decides the transfer.
-- One row: what was asked and taken, now or (`already`) before, and of whom. Zero rows: no such tenant.
CREATE OR REPLACE FUNCTION clawback(p_tenant_id uuid, p_clawback_id text, p_micros bigint)
RETURNS TABLE (tenant_id uuid, asked_micros bigint, taken_micros bigint, already boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := wall_clock();
  v_available bigint;
BEGIN
  -- Two of one id, for two tenants, wait for each other here.
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
       SET granted = b.granted - clawback.taken_micros, available = b.available - clawback.taken_micros, moved_at = v_now
     WHERE b.tenant_id = p_tenant_id;
  END IF;
  IF taken_micros < p_micros THEN
    INSERT INTO audit_findings (tenant_id, kind, subject, detail, created_at)
    VALUES (p_tenant_id, 'clawback-short', p_clawback_id, jsonb_build_object('asked_micros', p_micros::text,
      'taken_micros', taken_micros::text, 'missing_micros', (p_micros - taken_micros)::text), v_now);
  END IF;
  RETURN NEXT;
END $$;
