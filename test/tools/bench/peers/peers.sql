-- The money of a peer's paid runs: what an owner of a job queue would write beside it. For the bench's database alone.
-- As much as the product does with money, and no more: no lease, no outbox event, no usage, no key's cap.
CREATE SCHEMA peers;

CREATE TABLE peers.balances (
  tenant_id uuid PRIMARY KEY,
  granted bigint NOT NULL,
  available bigint NOT NULL CHECK (available >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  charged bigint NOT NULL DEFAULT 0 CHECK (charged >= 0),
  open_runs integer NOT NULL DEFAULT 0 CHECK (open_runs >= 0)
);

CREATE TABLE peers.runs (
  run_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES peers.balances,
  idempotency_key text NOT NULL,
  status text NOT NULL DEFAULT 'QUEUED' CHECK (status IN ('QUEUED', 'COMPLETED')),
  reserved_micros bigint NOT NULL CHECK (reserved_micros > 0),
  charged_micros bigint CHECK (charged_micros BETWEEN 0 AND reserved_micros),
  result_sha256 bytea,
  result_bytes bigint,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  UNIQUE (tenant_id, idempotency_key)
);

CREATE TABLE peers.ledger (
  transfer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL,
  run_id uuid NOT NULL REFERENCES peers.runs,
  kind text NOT NULL CHECK (kind IN ('RESERVE', 'CHARGE', 'REFUND')),
  amount_micros bigint NOT NULL CHECK (amount_micros > 0),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (run_id, kind)
);

-- Holds the most that a run may cost. False: a run of this key exists. A balance that is too small raises.
CREATE FUNCTION peers.hold(p_run_id uuid, p_tenant_id uuid, p_idempotency_key text, p_reserve bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO peers.runs (run_id, tenant_id, idempotency_key, reserved_micros)
  VALUES (p_run_id, p_tenant_id, p_idempotency_key, p_reserve) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO peers.ledger (tenant_id, run_id, kind, amount_micros) VALUES (p_tenant_id, p_run_id, 'RESERVE', p_reserve);
  UPDATE peers.balances
     SET available = available - p_reserve, reserved = reserved + p_reserve, open_runs = open_runs + 1
   WHERE tenant_id = p_tenant_id AND available >= p_reserve;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the balance of % is too small', p_tenant_id;
  END IF;
  RETURN true;
END $$;

-- Charges a run, and returns the rest of what was held. False: it was settled before.
CREATE FUNCTION peers.settle(p_run_id uuid, p_charge bigint, p_sha256 bytea, p_bytes bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_tenant_id uuid;
  v_reserved bigint;
BEGIN
  UPDATE peers.runs
     SET status = 'COMPLETED', charged_micros = p_charge, result_sha256 = p_sha256, result_bytes = p_bytes,
         finished_at = clock_timestamp()
   WHERE run_id = p_run_id AND status = 'QUEUED'
  RETURNING tenant_id, reserved_micros INTO v_tenant_id, v_reserved;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO peers.ledger (tenant_id, run_id, kind, amount_micros)
  SELECT v_tenant_id, p_run_id, kind, amount
    FROM (VALUES ('CHARGE', p_charge), ('REFUND', v_reserved - p_charge)) AS x (kind, amount)
   WHERE amount > 0;
  UPDATE peers.balances
     SET reserved = reserved - v_reserved, charged = charged + p_charge, available = available + v_reserved - p_charge,
         open_runs = open_runs - 1
   WHERE tenant_id = v_tenant_id;
  RETURN true;
END $$;
