-- Tenants and plans: versions of what is mirrored, and what a plan includes.

-- Trigger: every row of api_keys, plans, pack_rollouts, tenants and tenant_plans that changes gets a new version.
CREATE OR REPLACE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := nextval('config_version');
  RETURN NEW;
END $$;

-- Trigger of tenants and tenant_plans: what the shields mirror has changed, so that each of them syncs the tenant as if its
-- money had moved: the command that makes the change updates one shield at most.
CREATE OR REPLACE FUNCTION record_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO tenant_movements (tenant_id, moved_at) VALUES (NEW.tenant_id, wall_clock())
  ON CONFLICT (tenant_id) DO UPDATE SET moved_at = excluded.moved_at;
  RETURN NULL;
END $$;

-- Those of a plan's packs that the tenant may use. A tenant's share of a pack, from 0 to 99, never changes, and is another
-- for each pack: a higher percentage takes nobody's pack away. It runs with its caller's own rights.
CREATE OR REPLACE FUNCTION included_packs(p_pack_types text[], p_tenant_id uuid) RETURNS text[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN NOT EXISTS (SELECT FROM pack_rollouts) THEN p_pack_types ELSE ARRAY(
    SELECT x.pack_type
      FROM unnest(p_pack_types) WITH ORDINALITY x (pack_type, place)
      LEFT JOIN pack_rollouts r USING (pack_type)
     WHERE ('x' || substr(md5(p_tenant_id || ' ' || x.pack_type), 1, 8))::bit(32)::bigint % 100 < coalesce(r.percent, 100)
     ORDER BY x.place) END
$$;

-- What the plan of the key's tenant includes; without a plan no pack types, and a null limit.
-- outcome: found | unauthorized | scope-missing. Always one row.
CREATE OR REPLACE FUNCTION find_plan(p_key_sha256 bytea)
RETURNS TABLE (outcome text, pack_types text[], max_cost_micros bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(c.refusal, 'found'), coalesce(included_packs(p.pack_types, c.tenant_id), '{}'), p.max_cost_micros
    FROM check_key(p_key_sha256, 'read', false) c
    LEFT JOIN tenant_plans tp ON tp.tenant_id = c.tenant_id
    LEFT JOIN plans p USING (plan_id)
$$;
