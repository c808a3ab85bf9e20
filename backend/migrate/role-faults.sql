-- What a role of the migrations, or a login that is a member of one, has or is beyond what they gave it, and what of
-- that it lacks. Settings of a role are not its members': each login must have them.
-- Zero rows: nothing.
WITH product AS (
  SELECT r.* FROM pg_roles r WHERE r.rolname IN ('dpp_edge', 'dpp_backend', 'dpp_scaler')
), login AS (
  SELECT r.* FROM pg_roles r WHERE r.rolname IN ('dpp_edge', 'dpp_backend', 'dpp_scaler')
  UNION
  SELECT m.* FROM pg_auth_members x JOIN product p ON p.oid = x.roleid JOIN pg_roles m ON m.oid = x.member
   WHERE m.rolcanlogin AND NOT m.rolsuper AND m.rolname <> current_user
), wanted AS (
  SELECT unnest(ARRAY['statement_timeout=10s', 'lock_timeout=5s', 'idle_in_transaction_session_timeout=10s',
    'jit=off']) AS setting
), found AS (
  SELECT l.rolname, s.setdatabase, unnest(s.setconfig) AS setting
    FROM login l JOIN pg_db_role_setting s ON s.setrole = l.oid
   WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
)
SELECT format('role %s %s', r.rolname, a.text) AS fault
  FROM product r,
  LATERAL (VALUES (r.rolsuper, 'is a superuser'), (r.rolbypassrls, 'bypasses row level security'),
    (r.rolcreaterole, 'may create roles'), (r.rolcreatedb, 'may create databases'),
    (r.rolreplication, 'may replicate'),
    (has_database_privilege(r.oid, current_database(), 'TEMPORARY'), 'may create temporary tables'),
    (has_database_privilege(r.oid, current_database(), 'CREATE'), 'may create schemas')) AS a (holds, text)
 WHERE a.holds
UNION ALL
SELECT format('role %s is a member of %s', m.rolname, g.rolname)
  FROM pg_auth_members x JOIN product m ON m.oid = x.member JOIN pg_roles g ON g.oid = x.roleid
UNION ALL
SELECT format('role %s does not exist', n)
  FROM unnest(ARRAY['dpp_edge', 'dpp_backend', 'dpp_scaler']) n
 WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n)
UNION ALL
SELECT format('role %s lacks the setting %s', l.rolname, w.setting)
  FROM login l, wanted w
 WHERE NOT EXISTS (SELECT FROM found f WHERE f.rolname = l.rolname AND f.setdatabase = 0 AND f.setting = w.setting)
UNION ALL
SELECT format('role %s has a setting that no migration gave it: %s', f.rolname, f.setting)
  FROM found f
 WHERE f.setdatabase <> 0 OR f.setting NOT IN (SELECT w.setting FROM wanted w)
 ORDER BY 1
