-- Tenants and plans: versions of what is mirrored, and what a plan includes.

-- Trigger: every row of api_keys, plans, tenants and tenant_plans that changes gets a new version.
CREATE OR REPLACE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := nextval('config_version');
  RETURN NEW;
END $$;

-- What the plan of the key's tenant includes; without a plan no pack types, and a null limit.
-- outcome: found | unauthorized | scope-missing. Always one row.
CREATE OR REPLACE FUNCTION find_plan(p_key_sha256 bytea)
RETURNS TABLE (outcome text, pack_types text[], max_cost_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), coalesce(p.pack_types, '{}'), p.max_cost_micros
    FROM check_key(p_key_sha256, 'read', false) c
    LEFT JOIN tenant_plans tp ON tp.tenant_id = c.tenant_id
    LEFT JOIN plans p USING (plan_id)
$$;
