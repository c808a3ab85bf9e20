-- Everything in schema public that migrations make, one row per object, as text to compare between two databases.
-- Names are qualified only outside pg_catalog: the session sets search_path to pg_catalog first.
-- Owners are told apart as "migrator" (who owns the table of applied migrations) or by name; what an owner may do to
-- its own object is left out, and so is everything that belongs to an extension.
-- Zero rows: an empty schema.
WITH migrator AS (
  SELECT coalesce((SELECT relowner FROM pg_class WHERE oid = to_regclass('public.pgmigrations')),
    (SELECT oid FROM pg_roles WHERE rolname = current_user)) AS oid
), extension_member AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relation AS (
  SELECT c.* FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace
     AND (('pg_class'::regclass, c.oid)) NOT IN (SELECT classid, objid FROM extension_member)
), routine AS (
  SELECT p.* FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace
     AND (('pg_proc'::regclass, p.oid)) NOT IN (SELECT classid, objid FROM extension_member)
), acl AS (
  SELECT 'relation' AS of, r.oid, 0 AS sub, a.*, r.relowner AS owner
    FROM relation r, aclexplode(coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner))) a
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'relation', r.oid, t.attnum, a.*, r.relowner
    FROM relation r JOIN pg_attribute t ON t.attrelid = r.oid, aclexplode(t.attacl) a
   WHERE NOT t.attisdropped
  UNION ALL
  SELECT 'routine', p.oid, 0, a.*, p.proowner FROM routine p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  UNION ALL
  SELECT 'schema', n.oid, 0, a.*, n.nspowner
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname = 'public'
), granted AS (
  SELECT of, oid, sub, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END || ' may '
      || string_agg(privilege_type || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END, ', '
           ORDER BY privilege_type) AS line
    FROM acl WHERE grantee <> owner
   GROUP BY of, oid, sub, grantee
), privileges AS (
  SELECT of, oid, sub, string_agg(line, E'\n' ORDER BY line) AS lines FROM granted GROUP BY of, oid, sub
), owned AS (
  SELECT r.oid AS role, CASE WHEN r.oid = m.oid THEN 'migrator' ELSE r.rolname::text END AS name
    FROM pg_roles r, migrator m
)
SELECT 'table' AS kind, r.relname::text AS name, concat_ws(E'\n',
    CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' END,
    'owner ' || o.name, 'row level security ' || r.relrowsecurity || ', forced ' || r.relforcerowsecurity,
    'persistence ' || r.relpersistence::text, 'options ' || array_to_string(r.reloptions, ', '),
    CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END, g.lines) AS definition
  FROM relation r JOIN owned o ON o.role = r.relowner
  LEFT JOIN privileges g ON g.of = 'relation' AND g.oid = r.oid AND g.sub = 0
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'column', r.relname || '.' || a.attname, concat_ws(E'\n',
    format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END,
    'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''),
    'generated ' || nullif(a.attgenerated::text, ''), 'collation ' || nullif(a.attcollation, t.typcollation)::regcollation::text,
    g.lines)
  FROM relation r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
  LEFT JOIN privileges g ON g.of = 'relation' AND g.oid = r.oid AND g.sub = a.attnum
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'constraint', r.relname || '.' || c.conname, pg_get_constraintdef(c.oid)
    || CASE WHEN c.convalidated THEN '' ELSE ' (not validated)' END
  FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
UNION ALL
SELECT 'index', r.relname::text, pg_get_indexdef(r.oid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
  FROM relation r JOIN pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'sequence', r.relname::text, concat_ws(E'\n', 'owner ' || o.name,
    format('%s from %s by %s, %s to %s, cache %s, cycle %s', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
      s.seqmax, s.seqcache, s.seqcycle), g.lines)
  FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid JOIN owned o ON o.role = r.relowner
  LEFT JOIN privileges g ON g.of = 'relation' AND g.oid = r.oid AND g.sub = 0
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(E'\n', 'owner ' || o.name,
    CASE WHEN p.prokind IN ('f', 'p', 'w') THEN pg_get_functiondef(p.oid) ELSE 'aggregate' END, g.lines)
  FROM routine p JOIN owned o ON o.role = p.proowner
  LEFT JOIN privileges g ON g.of = 'routine' AND g.oid = p.oid
UNION ALL
SELECT 'trigger', r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' (enabled ' || t.tgenabled::text || ')'
  FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule', r.relname || '.' || w.rulename, pg_get_ruledef(w.oid)
  FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', r.relname || '.' || p.polname, concat_ws(E'\n',
    CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END || ' for ' || p.polcmd::text,
    'to ' || (SELECT string_agg(CASE m WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(m)::text END, ', '
                ORDER BY m) FROM unnest(p.polroles) m),
    'using ' || pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid))
  FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'type', t.oid::regtype::text, concat_ws(E'\n', 'kind ' || t.typtype::text,
    (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    format_type(nullif(t.typbasetype, 0), t.typtypmod),
    (SELECT string_agg(pg_get_constraintdef(c.oid), ', ' ORDER BY c.conname) FROM pg_constraint c WHERE c.contypid = t.oid))
  FROM pg_type t
 WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r')
   AND (('pg_type'::regclass, t.oid)) NOT IN (SELECT classid, objid FROM extension_member)
UNION ALL
SELECT 'schema', n.nspname::text, g.lines
  FROM pg_namespace n JOIN privileges g ON g.of = 'schema' AND g.oid = n.oid
UNION ALL
SELECT 'default privileges', coalesce(n.nspname::text, 'everywhere') || ', ' || d.defaclobjtype::text,
    coalesce((SELECT string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' WHEN d.defaclrole THEN 'migrator'
        ELSE pg_get_userbyid(a.grantee)::text END || ' may ' || a.privilege_type, E'\n' ORDER BY a.grantee, a.privilege_type)
      FROM aclexplode(d.defaclacl) a), 'none')
  FROM pg_default_acl d JOIN migrator m ON m.oid = d.defaclrole
  LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
 ORDER BY 1, 2
