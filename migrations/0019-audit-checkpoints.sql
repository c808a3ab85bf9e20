-- Checkpoints of the audit: what the settled transfers and closed runs of a tenant added up to when a turn of the audit
-- held. The next turn adds from there, so that its cost does not grow with history. A checkpoint vouches for nothing: a
-- full turn adds everything again, compares with it, and a difference is a finding.

CREATE SEQUENCE audit_checkpoint_version;

-- `before`: every run that finished before it is in. `lines`: what those that finished on that day (UTC) add up to, by
-- "day pack key"; usage of earlier days was compared and is final. `capped`: what capped runs were charged, by key.
CREATE TABLE audit_checkpoints (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  version bigint NOT NULL,
  through_transfer bigint NOT NULL CHECK (through_transfer > 0),
  before timestamptz NOT NULL CHECK (isfinite(before)),
  transfers bigint NOT NULL CHECK (transfers > 0),
  given numeric NOT NULL,
  taken_back numeric NOT NULL,
  reserve numeric NOT NULL,
  charge numeric NOT NULL,
  refund numeric NOT NULL,
  lines jsonb NOT NULL,
  capped jsonb NOT NULL,
  noted_at timestamptz NOT NULL,
  -- When all of it was last added up from the beginning.
  full_at timestamptz NOT NULL
);
ALTER TABLE audit_checkpoints ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON audit_checkpoints TO dpp_backend;
CREATE POLICY backend_reads ON audit_checkpoints FOR SELECT TO dpp_backend USING (true);

-- The keys whose spending a turn from a checkpoint compares.
CREATE INDEX api_keys_capped ON api_keys (tenant_id) WHERE spending_cap_micros IS NOT NULL;

-- Notes a checkpoint that was added up from the one of version p_from, or (null) from the beginning.
-- Zero rows, and nothing was changed: the one it began from was replaced or dropped meanwhile, or, from the beginning, the
-- one that is there reaches further. Or it reaches beyond what there is, a moment to come or a transfer that the tenant does
-- not have: it would vouch for what is still to be written. A caller that is sound asks so only after a failover.
CREATE FUNCTION note_audit_checkpoint(p_tenant_id uuid, p_from bigint, p_through_transfer bigint, p_before timestamptz,
  p_transfers bigint, p_given numeric, p_taken_back numeric, p_reserve numeric, p_charge numeric, p_refund numeric,
  p_lines jsonb, p_capped jsonb)
RETURNS TABLE (version bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  WITH bounds AS MATERIALIZED (
    SELECT n.now FROM (SELECT wall_clock() AS now) n
     WHERE p_before <= n.now
       AND p_through_transfer <= (SELECT max(l.transfer_id) FROM ledger_transfers l WHERE l.tenant_id = p_tenant_id)
  ), moved AS (
    UPDATE audit_checkpoints c
       SET version = nextval('audit_checkpoint_version'), through_transfer = p_through_transfer, before = p_before,
           transfers = p_transfers, given = p_given, taken_back = p_taken_back, reserve = p_reserve, charge = p_charge,
           refund = p_refund, lines = p_lines, capped = p_capped, noted_at = bounds.now
      FROM bounds
     WHERE c.tenant_id = p_tenant_id AND c.version = p_from
       AND c.through_transfer <= p_through_transfer AND c.before <= p_before
    RETURNING c.version
  ), begun AS (
    INSERT INTO audit_checkpoints AS c (tenant_id, version, through_transfer, before, transfers, given, taken_back, reserve,
      charge, refund, lines, capped, noted_at, full_at)
    SELECT p_tenant_id, nextval('audit_checkpoint_version'), p_through_transfer, p_before, p_transfers, p_given,
           p_taken_back, p_reserve, p_charge, p_refund, p_lines, p_capped, bounds.now, bounds.now
      FROM bounds
     WHERE p_from IS NULL
    ON CONFLICT (tenant_id) DO UPDATE
      SET version = excluded.version, through_transfer = excluded.through_transfer, before = excluded.before,
          transfers = excluded.transfers, given = excluded.given, taken_back = excluded.taken_back,
          reserve = excluded.reserve, charge = excluded.charge, refund = excluded.refund, lines = excluded.lines,
          capped = excluded.capped, noted_at = excluded.noted_at, full_at = excluded.full_at
      WHERE c.through_transfer <= excluded.through_transfer AND c.before <= excluded.before
    RETURNING c.version
  )
  SELECT version FROM moved UNION ALL SELECT version FROM begun
$$;

-- Drops a checkpoint that a full turn contradicted: what it said is in the finding, and the next turn begins at the
-- beginning. Zero rows: it was replaced meanwhile.
CREATE FUNCTION drop_audit_checkpoint(p_tenant_id uuid, p_version bigint) RETURNS TABLE (version bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
  DELETE FROM audit_checkpoints c WHERE c.tenant_id = p_tenant_id AND c.version = p_version
  RETURNING c.version
$$;

REVOKE EXECUTE ON FUNCTION note_audit_checkpoint, drop_audit_checkpoint FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_audit_checkpoint, drop_audit_checkpoint TO dpp_backend;
