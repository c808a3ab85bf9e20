-- What a simulated world adds to its database: points at which a session waits, and a clean slate.
-- A session that was told to pause at this point waits until the world lets it go on.
CREATE FUNCTION sim_pause(p_point text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('sim.pause', true) = p_point THEN
    PERFORM set_config('lock_timeout', '0', true);
    PERFORM pg_advisory_xact_lock_shared(77);
  END IF;
END $$;

CREATE FUNCTION sim_reset() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE v_table text;
BEGIN
  FOR v_table IN
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('operator_switch', 'pgmigrations', 'applied_functions', 'lock_rows', 'commit_epoch')
  LOOP
    EXECUTE format('DELETE FROM %I', v_table);
  END LOOP;
  UPDATE operator_switch SET mode = 'normal' WHERE mode <> 'normal';
  PERFORM setval('config_version', 1, false);
  PERFORM setval(pg_get_serial_sequence('ledger_transfers', 'transfer_id'), 1, false);
  PERFORM setval(pg_get_serial_sequence('audit_findings', 'finding_id'), 1, false);
  PERFORM setval(pg_get_serial_sequence('outbox_events', 'event_id'), 1, false);
END $$;
