-- What a role of the migrations has or is beyond the grants that they gave it.
-- Zero rows: nothing.
SELECT format('role %s %s', r.rolname, a.text) AS fault
  FROM pg_roles r,
  LATERAL (VALUES (r.rolsuper, 'is a superuser'), (r.rolbypassrls, 'bypasses row level security'),
    (r.rolcreaterole, 'may create roles'), (r.rolcreatedb, 'may create databases'),
    (r.rolreplication, 'may replicate')) AS a (holds, text)
 WHERE r.rolname IN ('dpp_edge', 'dpp_backend') AND a.holds
UNION ALL
SELECT format('role %s is a member of %s', m.rolname, g.rolname)
  FROM pg_auth_members x JOIN pg_roles m ON m.oid = x.member JOIN pg_roles g ON g.oid = x.roleid
 WHERE m.rolname IN ('dpp_edge', 'dpp_backend')
UNION ALL
SELECT format('role %s does not exist', n)
  FROM unnest(ARRAY['dpp_edge', 'dpp_backend']) n
 WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n)
 ORDER BY 1
