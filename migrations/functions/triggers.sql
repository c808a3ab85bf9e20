-- Triggers, and a column's default that calls a function. Applied after the functions.
-- Creating one locks its table against writers until the migration is committed, so only a missing one is created: a
-- numbered file drops one that changes.

DO $do$
DECLARE
  v_trigger text;
BEGIN
  FOREACH v_trigger IN ARRAY ARRAY[
    'tenants_version BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION raise_config_version()',
    'plans_version BEFORE UPDATE ON plans FOR EACH ROW EXECUTE FUNCTION raise_config_version()',
    'pack_rollouts_version BEFORE UPDATE ON pack_rollouts FOR EACH ROW EXECUTE FUNCTION raise_config_version()',
    'tenant_plans_version BEFORE UPDATE ON tenant_plans FOR EACH ROW EXECUTE FUNCTION raise_config_version()',
    'api_keys_version BEFORE UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION raise_config_version()',
    'tenants_movement AFTER UPDATE OF status ON tenants FOR EACH ROW EXECUTE FUNCTION record_change()',
    'tenant_plans_movement AFTER INSERT OR UPDATE OF plan_id ON tenant_plans FOR EACH ROW EXECUTE FUNCTION record_change()',
    'balances_threshold AFTER UPDATE OF charged, granted ON balances
       FOR EACH ROW WHEN (NEW.charged > OLD.charged OR NEW.granted < OLD.granted) EXECUTE FUNCTION publish_budget_threshold()',
    $$balances_movement AFTER UPDATE OF moved_at ON balances
       FOR EACH ROW WHEN (date_bin('15 seconds', NEW.moved_at, '1970-01-01 00:00:00+00')
         <> date_bin('15 seconds', OLD.moved_at, '1970-01-01 00:00:00+00')) EXECUTE FUNCTION record_movement()$$
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                    WHERE c.relnamespace = 'public'::regnamespace AND t.tgname = split_part(v_trigger, ' ', 1)) THEN
      EXECUTE 'CREATE TRIGGER ' || v_trigger;
    END IF;
  END LOOP;
END $do$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'ledger_transfers'::regclass AND a.attname = 'commit_order'
                    AND a.atthasdef) THEN
    ALTER TABLE ledger_transfers ALTER COLUMN commit_order SET DEFAULT commit_order(pg_current_xact_id());
  END IF;
END $$;
