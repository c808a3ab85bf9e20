-- The events of a loaded history, one for each closed run, within the 30 days that they are kept, and a delivery of each.
-- Of the first tenant they went to its endpoint. A hundredth are older and still pending. A tenth as many endpoints, of
-- tenants that have no events to fan out, have one delivery each that is to be tried again later, and a twentieth as many
-- events of the last ten tenants wait to be fanned out. However many there are, 100 are old and told, 100 of the first
-- tenant wait to be fanned out, and 20 deliveries are due.
INSERT INTO outbox_events (event_id, tenant_id, run_id, type, payload, created_at, fanned_out_at)
OVERRIDING SYSTEM VALUE
SELECT n, r.tenant_id, r.run_id, 'run.' || lower(r.status), jsonb_build_object('run_id', r.run_id, 'status', r.status,
         'charged_micros', r.charged_micros, 'reserved_micros', r.reserved_micros), e.at, e.at
  FROM load, (SELECT *, row_number() OVER (ORDER BY created_at) AS n FROM runs WHERE finished_at IS NOT NULL) r,
       LATERAL (SELECT CASE WHEN n % 100 = 0 THEN now() - interval '40 days' ELSE now() - interval '29 days' END
                  + interval '28 days' * (n % 100 <> 0)::integer * n / load.runs AS at) e
 WHERE n <= load.runs;
INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, status, attempts, tries, next_attempt_at, last_status,
  created_at, delivered_at)
SELECT e.tenant_id, e.event_id, pg_temp.id_of(replace(t.name, 'tenant', 'endpoint')),
       CASE WHEN e.event_id % 100 = 0 THEN 'pending' WHEN e.event_id % 50 = 2 THEN 'failed' ELSE 'delivered' END, 1, 1,
       CASE WHEN e.event_id % 100 = 0 THEN now() + interval '1 hour' END, 200, e.created_at,
       CASE WHEN e.event_id % 50 > 2 THEN e.created_at END
  FROM outbox_events e JOIN tenants t USING (tenant_id);

INSERT INTO outbox_events (event_id, tenant_id, type, payload, created_at, fanned_out_at)
OVERRIDING SYSTEM VALUE
SELECT load.runs + n, pg_temp.id_of('tenant 0'), 'key.revoked', '{}',
       CASE WHEN n <= 100 THEN now() - interval '50 days' ELSE now() END, CASE WHEN n <= 120 THEN now() END
  FROM load, generate_series(1, 220) n;
INSERT INTO webhook_deliveries (delivery_id, tenant_id, event_id, endpoint_id, status, attempts, tries, next_attempt_at,
  claim_token, created_at)
SELECT pg_temp.id_of('delivery ' || n), pg_temp.id_of('tenant 0'), load.runs + 100 + n, pg_temp.id_of('endpoint 0'), 'pending', 1, 1,
       CASE n WHEN 1 THEN now() + interval '1 hour' ELSE now() - interval '1 minute' END,
       CASE n WHEN 1 THEN pg_temp.id_of('flight') END, now() - interval '1 minute'
  FROM load, generate_series(1, 20) n;

-- Receivers that were down an hour ago, and what happens meanwhile.
INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, secret, created_at)
SELECT pg_temp.id_of('retry endpoint ' || n), pg_temp.id_of('tenant ' || 1 + n % 89), 'https://down.example.com/' || n, 'secret',
       now() - interval '1 day'
  FROM load, generate_series(1, load.runs / 10) n;
INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, status, attempts, tries, next_attempt_at, last_error, created_at)
SELECT pg_temp.id_of('tenant ' || 1 + n % 89), n, pg_temp.id_of('retry endpoint ' || n), 'pending', 3, 3,
       now() + interval '1 hour' + make_interval(secs => n), 'timeout', now() - interval '1 hour'
  FROM load, generate_series(1, load.runs / 10) n;
INSERT INTO outbox_events (event_id, tenant_id, type, payload, created_at)
OVERRIDING SYSTEM VALUE
SELECT load.runs + 220 + n, pg_temp.id_of('tenant ' || 90 + n % 10), 'key.revoked', '{}', now() - interval '2 days'
  FROM load, generate_series(1, load.runs / 20) n;
UPDATE webhook_endpoints w SET next_due_at = d.first_at
  FROM (SELECT endpoint_id, min(next_attempt_at) AS first_at FROM webhook_deliveries WHERE status = 'pending' GROUP BY 1) d
 WHERE d.endpoint_id = w.endpoint_id;
SELECT setval(pg_get_serial_sequence('outbox_events', 'event_id'), (SELECT max(event_id) FROM outbox_events));
