-- The runs of a loaded history. Closed over 400 days, the last an hour ago; what is older than its 30 days of retention is
-- purged. Needs the temporary table `load`. However many there are, 10 stand in each other way.
INSERT INTO runs (run_id, tenant_id, key_id, idempotency_key, payload_sha256, pack_type, pack_version, inputs, trace_parent,
  timebox_sec, retention_days, key_capped, status, finalize_stage, money_state, reserved_micros, minimum_fee_micros,
  charged_micros, attempt, finalize_token, last_signal_at, result_attempt, result_sha256, result_bytes, reliability,
  created_at, started_at, finished_at, retention_until, purging_at, purged_at, version)
SELECT (lpad(to_hex((extract(epoch FROM x.at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(x.n), 12, '0'))::uuid,
       pg_temp.id_of('tenant ' || x.tenant), pg_temp.id_of('key ' || x.tenant), 'run ' || lpad(x.n::text, 9, '0'),
       '\xabababababababababababababababababababababababababababababababab', CASE WHEN x.n % 3 = 0 THEN 'url' ELSE 'decision' END,
       '1', CASE WHEN x.is_old THEN NULL ELSE '{"question":"which of these options is the best one for us now?"}' END,
       '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 90, 30, false, x.status,
       CASE x.status WHEN 'COMPLETED' THEN 'COMMITTED' END, CASE x.status WHEN 'CANCELED' THEN 'REFUNDED' ELSE 'SETTLED' END,
       10000, 5000, CASE x.status WHEN 'COMPLETED' THEN 10000 WHEN 'FAILED' THEN 5000 ELSE 0 END, 1,
       CASE x.status WHEN 'COMPLETED' THEN pg_temp.id_of('token ' || x.n) END, x.at,
       CASE x.status WHEN 'COMPLETED' THEN 1 END, CASE x.status WHEN 'COMPLETED' THEN sha256('x') END,
       CASE x.status WHEN 'COMPLETED' THEN 1000 END, CASE x.status WHEN 'COMPLETED' THEN 0.9 END,
       x.at, x.at, x.at + interval '2 seconds', x.at + interval '30 days 2 seconds',
       CASE WHEN x.is_old THEN x.at + interval '31 days' END, CASE WHEN x.is_old THEN x.at + interval '31 days' END, 4
  FROM load,
       LATERAL (
         SELECT n, CASE WHEN n % 2 = 0 THEN 0 ELSE 1 + n / 2 % (load.tenants - 1) END AS tenant,
                CASE WHEN n % 20 = 7 THEN 'FAILED' WHEN n % 20 = 13 THEN 'CANCELED' ELSE 'COMPLETED' END AS status,
                now() - interval '1 hour' - interval '400 days' * (1 - n::double precision / load.runs) AS at,
                n::double precision / load.runs < 370.1 / 400 AS is_old
           FROM generate_series(1, load.runs) n
       ) x;

-- Those that stand in some other way, ten of each, all of the first tenant.
INSERT INTO runs (run_id, tenant_id, key_id, idempotency_key, payload_sha256, pack_type, pack_version, inputs, trace_parent,
  timebox_sec, retention_days, key_capped, status, finalize_stage, money_state, reserved_micros, minimum_fee_micros,
  charged_micros, attempt, lease_token, lease_expires_at, finalize_token, claimed_at, last_signal_at, result_attempt,
  result_sha256, result_bytes, created_at, started_at, finished_at, retention_until, version)
SELECT pg_temp.id_of(s.name || ' ' || n), pg_temp.id_of('tenant 0'), pg_temp.id_of('key 0'), s.name || ' ' || n,
       '\xabababababababababababababababababababababababababababababababab', 'decision', '1', '{}',
       '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 90, 30, false,
       CASE WHEN s.name = 'queued' THEN 'QUEUED' WHEN s.is_open THEN 'PROCESSING' ELSE 'COMPLETED' END,
       CASE WHEN s.name IN ('claimed', 'stale', 'frozen') THEN 'CLAIMED' WHEN NOT s.is_open THEN 'COMMITTED' END,
       CASE WHEN s.name IN ('frozen', 'contradicted') THEN 'AUDIT_REQUIRED' WHEN s.is_open THEN 'RESERVED' ELSE 'SETTLED' END,
       10000, 5000, CASE WHEN NOT s.is_open THEN 10000 END, CASE WHEN s.name = 'queued' THEN 0 ELSE 1 END,
       CASE WHEN s.name IN ('leased', 'lapsed', 'claimed', 'stale', 'frozen') THEN pg_temp.id_of('lease ' || s.name || n) END,
       CASE WHEN s.name IN ('leased', 'claimed') THEN now() + interval '1 hour' WHEN s.is_open AND s.name <> 'queued' THEN now() - interval '1 hour' END,
       CASE WHEN s.name IN ('claimed', 'stale', 'frozen') OR NOT s.is_open THEN pg_temp.id_of('token ' || s.name || n) END,
       CASE WHEN s.name = 'claimed' THEN now() + interval '1 hour' WHEN s.name IN ('stale', 'frozen') THEN now() - interval '1 hour' END,
       CASE WHEN s.name = 'queued' THEN now() - interval '2 hours' ELSE now() END,
       CASE WHEN NOT s.is_open THEN 1 END, CASE WHEN NOT s.is_open THEN sha256('x') END, CASE WHEN NOT s.is_open THEN 1000 END,
       s.at, s.at, CASE WHEN NOT s.is_open THEN s.at END, CASE WHEN NOT s.is_open THEN s.at + interval '30 days' END, 3
  FROM load,
       LATERAL (
         SELECT name, name IN ('queued', 'leased', 'lapsed', 'claimed', 'stale', 'frozen') AS is_open,
                now() - CASE WHEN name = 'outlived' THEN interval '31 days' ELSE interval '30 minutes' END AS at
           FROM unnest(load.standings) name
       ) s,
       generate_series(1, 10) n;

-- A backlog that was signalled a moment ago, of the last ten tenants: a twentieth of the number of runs.
INSERT INTO runs (run_id, tenant_id, key_id, idempotency_key, payload_sha256, pack_type, pack_version, inputs, trace_parent,
  timebox_sec, retention_days, key_capped, reserved_micros, minimum_fee_micros, last_signal_at, signal_count, created_at)
SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '70009000' || lpad(to_hex(n), 12, '0'))::uuid, pg_temp.id_of('tenant ' || 90 + n % 10), pg_temp.id_of('key ' || 90 + n % 10), 'backlog ' || n,
       '\xabababababababababababababababababababababababababababababababab', 'decision', '1', '{}',
       '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 90, 30, false, 10000, 5000, now() + interval '1 hour', 4, now()
  FROM load, generate_series(1, load.runs / 20) n;

-- Findings about those that are frozen.
INSERT INTO audit_findings (tenant_id, run_id, kind, detail, created_at)
SELECT tenant_id, run_id, 'run-books', '{}', now() FROM runs WHERE money_state = 'AUDIT_REQUIRED';
