-- The audit of one tenant, last step: its rows, and what was not settled at the horizon, all from one snapshot.
-- $1 tenant_id  $2 the horizon's last transfer  $3 the horizon's moment (text)  $4 the first day of usage to compare
-- $5 every key (false: only those with a cap, which alone have spending)
-- Zero rows: no such tenant. `balance` is null when its row is missing.
SELECT (SELECT jsonb_build_object('granted', b.granted::text, 'charged', b.charged::text, 'reserved', b.reserved::text,
           'available', b.available::text, 'open_runs', b.open_runs::text)
          FROM balances b WHERE b.tenant_id = t.tenant_id) AS balance,
       (SELECT count(*) FROM runs r WHERE r.tenant_id = t.tenant_id AND r.status IN ('QUEUED', 'PROCESSING')) AS open_runs,
       a.transfers, a.last_id, a.given::text, a.taken_back::text, a.reserve::text, a.charge::text, a.refund::text,
       c.runs, c.lines,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('day', u.day, 'pack_type', u.pack_type, 'key_id', u.key_id, 'figures',
           jsonb_build_array(u.runs::text, u.completed::text, u.failed::text, u.canceled::text, u.reserved_micros::text,
             u.charged_micros::text))), '[]')
          FROM usage_daily u WHERE u.tenant_id = t.tenant_id AND u.day >= $4::date) AS usage,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('key_id', k.key_id, 'spending_id', k.spending_id,
           'committed', s.committed_micros::text, 'open', coalesce(o.reserved, 0)::text)), '[]')
          FROM (
            SELECT key_id, spending_id FROM api_keys WHERE NOT $5::boolean AND tenant_id = t.tenant_id AND spending_cap_micros IS NOT NULL
            UNION ALL
            SELECT key_id, spending_id FROM api_keys WHERE $5::boolean AND tenant_id = t.tenant_id
          ) k
          LEFT JOIN key_spending s USING (spending_id)
          LEFT JOIN (
            SELECT key_id, sum(reserved_micros) AS reserved FROM runs r
             WHERE r.tenant_id = t.tenant_id AND r.status IN ('QUEUED', 'PROCESSING') AND r.key_capped
             GROUP BY key_id
          ) o USING (key_id)) AS keys
  FROM tenants t,
       LATERAL add_transfers(t.tenant_id, $2::bigint, NULL, NULL) a,
       LATERAL add_closed_runs(t.tenant_id, $3::timestamptz, '00000000-0000-0000-0000-000000000000', 'infinity', NULL) c
 WHERE t.tenant_id = $1::uuid
