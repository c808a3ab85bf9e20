-- The tenants of a loaded history, their plan, keys, endpoints and findings. Needs the temporary table `load`.
-- Ids are md5 of a name, so that a test knows them. A hundredth of the number of runs: ended keys and deleted endpoints of
-- the first tenant, and resolved findings.
CREATE FUNCTION pg_temp.id_of(p_name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(p_name)::uuid $$;

INSERT INTO plans (plan_id, submit_per_minute, submit_burst, read_per_minute, read_burst, max_open_runs, max_cost_micros,
  pack_types, retention_days)
VALUES ('scale', 600, 100, 600, 100, 10000, 1000000000, '{decision,url}', 30),
       ('other', 600, 100, 600, 100, 10000, 1000000000, '{decision}', 30);

INSERT INTO tenants (tenant_id, name, created_at)
SELECT pg_temp.id_of('tenant ' || n), 'tenant ' || n, now() - interval '500 days' + make_interval(mins => n)
  FROM load, generate_series(0, load.tenants - 1) n;
INSERT INTO tenant_plans (tenant_id, plan_id)
SELECT pg_temp.id_of('tenant ' || n), CASE WHEN n % 10 = 0 THEN 'other' ELSE 'scale' END
  FROM load, generate_series(1, load.tenants - 1) n
UNION ALL SELECT pg_temp.id_of('tenant 0'), 'scale';

INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, spending_id, created_at)
SELECT pg_temp.id_of('key ' || n), pg_temp.id_of('tenant ' || n), sha256(convert_to('key ' || n, 'UTF8')), 'key', 'live',
       '{submit,read,admin}', pg_temp.id_of('key ' || n), now() - interval '499 days'
  FROM load, generate_series(0, load.tenants - 1) n;
INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, spending_id, created_at, status, revoked_at)
SELECT pg_temp.id_of('spare key ' || n), pg_temp.id_of('tenant 0'), sha256(convert_to('spare key ' || n, 'UTF8')), 'spare',
       'live', '{submit,read}', pg_temp.id_of('spare key ' || n), now() - interval '20 days', 'active', NULL
  FROM generate_series(1, 20) n;
INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, spending_id, created_at, status, revoked_at,
  expires_at)
SELECT pg_temp.id_of('old key ' || n), pg_temp.id_of('tenant 0'), sha256(convert_to('old key ' || n, 'UTF8')), 'old', 'live',
       '{submit}', pg_temp.id_of('old key ' || n), now() - interval '400 days' + make_interval(secs => n),
       CASE WHEN n % 2 = 0 THEN 'revoked' ELSE 'active' END,
       CASE WHEN n % 2 = 0 THEN now() - interval '300 days' END,
       CASE WHEN n % 2 = 1 THEN now() - interval '300 days' END
  FROM load, generate_series(1, load.runs / 100) n;
UPDATE api_keys SET spending_cap_micros = 1000000000000 WHERE key_id = pg_temp.id_of('spare key 1');
INSERT INTO key_spending (spending_id, committed_micros) VALUES (pg_temp.id_of('spare key 1'), 0);

-- Of the first tenant: its default, five that are live and what was deleted; of the others a default and one.
INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, secret, created_at)
SELECT pg_temp.id_of('default ' || n), pg_temp.id_of('tenant ' || n), NULL, 'secret', now() - interval '400 days'
  FROM load, generate_series(0, load.tenants - 1) n
UNION ALL
SELECT pg_temp.id_of('endpoint ' || n), pg_temp.id_of('tenant ' || n), 'https://hooks.example.com/', 'secret',
       now() - interval '400 days'
  FROM load, generate_series(0, load.tenants - 1) n
UNION ALL
SELECT pg_temp.id_of('spare endpoint ' || n), pg_temp.id_of('tenant 0'), 'https://hooks.example.com/spare', 'secret',
       now() - interval '10 days'
  FROM generate_series(1, 4) n;
INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, secret, created_at, deleted_at)
SELECT pg_temp.id_of('old endpoint ' || n), pg_temp.id_of('tenant 0'), 'https://hooks.example.com/old', NULL,
       now() - interval '20 days', now() - interval '10 days'
  FROM load, generate_series(1, load.runs / 100) n;

INSERT INTO audit_findings (tenant_id, kind, subject, detail, created_at, resolved_at)
SELECT pg_temp.id_of('tenant 0'), CASE WHEN n % 2 = 0 THEN 'usage' ELSE 'clawback-short' END, 'old ' || n, '{}',
       now() - interval '100 days', now() - interval '99 days'
  FROM load, generate_series(1, load.runs / 100) n;
INSERT INTO audit_findings (tenant_id, kind, subject, detail, created_at)
SELECT pg_temp.id_of('tenant 0'), 'usage', 'open ' || n, '{}', now() - interval '1 day' FROM generate_series(1, 10) n;
