-- Keeps every state that a balance ever had, with the runs or the grant that moved it, in the order in which they came: the
-- row's lock is held while the number is drawn. For the chaos database alone.
CREATE TABLE chaos_balance (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL,
  available bigint NOT NULL,
  reserved bigint NOT NULL,
  open_runs integer NOT NULL,
  causes text[] NOT NULL,
  kind text,
  at timestamptz NOT NULL
);

CREATE FUNCTION chaos_note_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One transaction may close several runs, of several tenants.
  PERFORM set_config('chaos.causes', (coalesce(nullif(current_setting('chaos.causes', true), ''), '[]')::jsonb
    || jsonb_build_object('tenant', NEW.tenant_id, 'cause', coalesce(NEW.run_id::text, NEW.grant_id)))::text, true);
  PERFORM set_config('chaos.kind', NEW.kind, true);
  RETURN NEW;
END $$;
CREATE TRIGGER chaos_note_cause BEFORE INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION chaos_note_cause();

CREATE FUNCTION chaos_note_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  v_causes jsonb := coalesce(nullif(current_setting('chaos.causes', true), ''), '[]')::jsonb;
BEGIN
  INSERT INTO chaos_balance (tenant_id, available, reserved, open_runs, causes, kind, at)
  SELECT NEW.tenant_id, NEW.available, NEW.reserved, NEW.open_runs,
         coalesce(array_agg(DISTINCT c->>'cause') FILTER (WHERE (c->>'tenant')::uuid = NEW.tenant_id), '{}'),
         nullif(current_setting('chaos.kind', true), ''), clock_timestamp()
    FROM jsonb_array_elements(v_causes) c;
  PERFORM set_config('chaos.causes', (SELECT coalesce(jsonb_agg(c) FILTER (WHERE (c->>'tenant')::uuid <> NEW.tenant_id), '[]')::text
    FROM jsonb_array_elements(v_causes) c), true);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_note_balance AFTER INSERT OR UPDATE ON balances
  FOR EACH ROW EXECUTE FUNCTION chaos_note_balance();
