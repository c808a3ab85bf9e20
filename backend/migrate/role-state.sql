-- What roles.sql sets of the roles outside of schema public: one migration compares it with what the last one left. In
-- another cluster, or in a database that was restored from a dump, it differs. Logins are an operator's, and left out.
-- Zero rows: no role of the product is there.
SELECT r.rolname::text AS role, array_to_string(s.setconfig, ', ') AS settings,
       has_database_privilege(r.oid, current_database(), 'TEMPORARY') AS may_create_temporary_tables,
       has_database_privilege(r.oid, current_database(), 'CREATE') AS may_create_schemas
  FROM pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
 WHERE r.rolname IN ('dpp_edge', 'dpp_backend', 'dpp_scaler')
 ORDER BY r.rolname
