-- Least privilege. The edge holds no table at all; the backend moves money through functions alone; nobody but the
-- owner grants credit. Roles are cluster-wide: they may exist already, and an operator gives them LOGIN.

DO $$
DECLARE v_role text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['dpp_edge', 'dpp_backend'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
-- Not IN SCHEMA public: defaults of one schema can only add to those of the database.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dpp_edge, dpp_backend;

GRANT EXECUTE ON FUNCTION submit_run, find_run, find_budget, admission_snapshot TO dpp_edge;

GRANT EXECUTE ON FUNCTION close_run, freeze_run, tenant_snapshot, wall_clock TO dpp_backend;
GRANT SELECT ON tenants, plans, tenant_plans, api_keys, balances, runs, ledger_transfers, audit_findings TO dpp_backend;
GRANT UPDATE (status, finalize_stage, version, attempt, hand_backs, lease_token, lease_expires_at, finalize_token,
  claimed_at, last_signal_at, signal_count, started_at) ON runs TO dpp_backend;

DO $$
DECLARE v_table text;
BEGIN
  FOR v_table IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
  END LOOP;
END $$;

CREATE POLICY backend_reads ON tenants FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON plans FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON tenant_plans FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON api_keys FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON balances FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON ledger_transfers FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON audit_findings FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_reads ON runs FOR SELECT TO dpp_backend USING (true);
CREATE POLICY backend_moves ON runs FOR UPDATE TO dpp_backend USING (money_state = 'RESERVED') WITH CHECK (true);
