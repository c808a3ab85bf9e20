-- Keeps every state that a balance ever had, with the run or grant that moved it, in the order in which they came: the
-- row's lock is held while the number is drawn. For the chaos database alone.
CREATE TABLE chaos_balance (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL,
  available bigint NOT NULL,
  reserved bigint NOT NULL,
  open_runs integer NOT NULL,
  cause text,
  kind text,
  at timestamptz NOT NULL
);

CREATE FUNCTION chaos_note_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('chaos.cause', coalesce(NEW.run_id::text, NEW.grant_id), true);
  PERFORM set_config('chaos.kind', NEW.kind, true);
  RETURN NEW;
END $$;
CREATE TRIGGER chaos_note_cause BEFORE INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION chaos_note_cause();

CREATE FUNCTION chaos_note_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO chaos_balance (tenant_id, available, reserved, open_runs, cause, kind, at)
  VALUES (NEW.tenant_id, NEW.available, NEW.reserved, NEW.open_runs, nullif(current_setting('chaos.cause', true), ''),
    nullif(current_setting('chaos.kind', true), ''), clock_timestamp());
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_note_balance AFTER INSERT OR UPDATE ON balances
  FOR EACH ROW EXECUTE FUNCTION chaos_note_balance();
