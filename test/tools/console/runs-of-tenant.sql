-- $2 runs of tenant $1 by key $3, which are over, a second apart, the last a minute ago: rows to list, without ledger or results.
INSERT INTO runs (run_id, tenant_id, key_id, idempotency_key, payload_sha256, pack_type, pack_version, inputs, metadata, trace_parent,
  timebox_sec, retention_days, key_capped, status, finalize_stage, money_state, reserved_micros, minimum_fee_micros, charged_micros,
  attempt, finalize_token, last_signal_at, reason_code, result_attempt, result_sha256, result_bytes, reliability, created_at,
  started_at, finished_at, retention_until, version)
SELECT (lpad(to_hex((extract(epoch FROM x.at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(x.n), 12, '0'))::uuid,
       $1::uuid, $3::uuid, 'row ' || lpad(x.n::text, 9, '0'), sha256('body'), CASE WHEN x.n % 3 = 0 THEN 'url' ELSE 'decision' END,
       '1.0.0', '{}', jsonb_build_object('order', 'A-' || x.n, 'customer', 'c' || x.n % 97),
       '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 90, 30, false, x.status,
       CASE x.status WHEN 'COMPLETED' THEN 'COMMITTED' END, CASE x.status WHEN 'CANCELED' THEN 'REFUNDED' ELSE 'SETTLED' END,
       20000, 5000, CASE x.status WHEN 'COMPLETED' THEN 12000 WHEN 'FAILED' THEN 5000 ELSE 0 END, 1,
       CASE x.status WHEN 'COMPLETED' THEN gen_random_uuid() END, x.at,
       CASE x.status WHEN 'FAILED' THEN 'PACK_FAILED' WHEN 'CANCELED' THEN 'CANCELED' END,
       CASE x.status WHEN 'COMPLETED' THEN 1 END, CASE x.status WHEN 'COMPLETED' THEN sha256('x') END,
       CASE x.status WHEN 'COMPLETED' THEN 1000 END, CASE x.status WHEN 'COMPLETED' THEN 0.9 END,
       x.at, x.at, x.at + interval '2 seconds', x.at + interval '30 days', 4
  FROM (
    SELECT n, CASE WHEN n % 20 = 7 THEN 'FAILED' WHEN n % 20 = 13 THEN 'CANCELED' ELSE 'COMPLETED' END AS status,
           now() - interval '1 minute' - interval '1 second' * ($2::integer - n) AS at
      FROM generate_series(1, $2::integer) n
  ) x
