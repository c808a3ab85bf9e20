-- Roles and their privileges. Applied last: what is not granted here is revoked. Least privilege: the edge has no table at
-- all; the backend moves money only through functions; the scaler reads what waits; only the owner grants credit. Roles belong to the whole cluster:
-- they may exist already, other migrations may run at this moment, and an operator gives them LOGIN.

DO $$
DECLARE
  v_role text;
  v_setting text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['dpp_edge', 'dpp_backend', 'dpp_scaler'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = v_role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    CONTINUE WHEN current_setting('dpp.keep_roles', true) = 'on';
    -- A role may change its own settings, for a session or permanently: these limit mistakes, not attackers.
    -- Above the 3 s that functions wait for a lock and the 8 s that the edge waits for an answer; jit costs seconds a
    -- statement where LLVM is there, and these are short.
    FOREACH v_setting IN ARRAY ARRAY['statement_timeout=10s', 'lock_timeout=5s',
      'idle_in_transaction_session_timeout=10s', 'jit=off'] LOOP
      IF NOT EXISTS (SELECT FROM pg_db_role_setting s
                      WHERE s.setdatabase = 0 AND s.setrole = v_role::regrole AND v_setting = ANY (s.setconfig)) THEN
        BEGIN
          EXECUTE format('ALTER ROLE %I SET %I = %L', v_role, split_part(v_setting, '=', 1), split_part(v_setting, '=', 2));
        EXCEPTION WHEN insufficient_privilege THEN
          RAISE WARNING 'cannot set % for role %: only a role that may alter it can', v_setting, v_role;
        END;
      END IF;
    END LOOP;
  END LOOP;
END $$;

-- Temporary tables fill the disk, and stand before public where a function forgets to name its search path.
DO $$
BEGIN
  EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC, dpp_edge, dpp_backend, dpp_scaler', current_database());
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
       AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_function);
  END LOOP;
END $$;

-- All that is in public, but for what belongs to an extension.
DO $$
DECLARE
  v_object text;
BEGIN
  FOR v_object IN
    SELECT format('%s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass) FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('ROUTINE %s', p.oid::regprocedure) FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, dpp_edge, dpp_backend, dpp_scaler', v_object);
  END LOOP;
END $$;
-- What is created by hand later. Not IN SCHEMA public: defaults of one schema can only add to those of the database.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM dpp_edge, dpp_backend, dpp_scaler;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dpp_edge, dpp_backend, dpp_scaler;

GRANT EXECUTE ON FUNCTION
  submit_run, cancel_run, find_run, find_run_with_inputs, list_own_runs, list_committed_runs,
  find_budget, find_plan, find_usage, list_own_transfers, list_committed_transfers,
  admission_snapshot, own_key_snapshot,
  list_own_keys, create_own_key, rotate_own_key, update_own_key, revoke_own_key,
  list_webhooks, create_webhook, enable_webhook, delete_webhook, rotate_webhook, default_webhook_secret,
  list_webhook_deliveries, redeliver_webhook, test_webhook, service_state
  TO dpp_edge;

GRANT EXECUTE ON FUNCTION
  wall_clock, close_run, complete_runs, freeze_run, begin_purge, purge_run,
  add_transfers, add_closed_runs, record_finding, freeze_closed_run, note_audit_checkpoint, drop_audit_checkpoint,
  fan_out_events, forget_events, claim_webhook_deliveries, finish_webhook_delivery, note_process, service_gauges,
  -- tenant_snapshot runs with its caller's own rights.
  tenant_snapshot, mirrored_tenant, mirrored_key, included_packs
  TO dpp_backend;
-- What the autoscaler of the workers asks, and nothing else.
GRANT EXECUTE ON FUNCTION queued_work TO dpp_scaler;
GRANT SELECT ON tenants, plans, pack_rollouts, tenant_plans, api_keys, key_spending, balances, tenant_movements, runs, ledger_transfers,
  usage_daily, audit_findings, audit_checkpoints TO dpp_backend;
GRANT UPDATE (status, finalize_stage, version, attempt, uncounted_requeues, lease_token, lease_expires_at, finalize_token,
  claimed_at, last_signal_at, signal_count, started_at) ON runs TO dpp_backend;

-- Row level security shows the rows of what is granted. As with triggers, only a missing policy is made.
DO $$
DECLARE
  v_table regclass;
BEGIN
  FOR v_table IN
    SELECT c.oid FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND has_table_privilege('dpp_backend', c.oid, 'SELECT')
       AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backend_reads')
  LOOP
    EXECUTE format('CREATE POLICY backend_reads ON %s FOR SELECT TO dpp_backend USING (true)', v_table);
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = 'runs'::regclass AND p.polname = 'backend_moves') THEN
    CREATE POLICY backend_moves ON runs FOR UPDATE TO dpp_backend USING (money_state = 'RESERVED') WITH CHECK (true);
  END IF;
END $$;
