-- Tenants and plans: versions of what the mirror holds, and what a plan includes.

-- Trigger: every row of api_keys, plans, tenants and tenant_plans that changes gets a new version.
CREATE OR REPLACE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := nextval('config_version');
  RETURN NEW;
END $$;

-- What the plan of the caller's tenant includes; nothing, and no limit, where it has no plan.
CREATE OR REPLACE FUNCTION find_plan(p_key_sha256 bytea)
RETURNS TABLE (authorized boolean, scopes text[], pack_types text[], max_cost_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.authorized, c.scopes, coalesce(p.pack_types, '{}'), p.max_cost_micros
    FROM caller(p_key_sha256) c
    LEFT JOIN tenant_plans tp ON c.authorized AND tp.tenant_id = c.tenant_id
    LEFT JOIN plans p USING (plan_id)
$$;
