-- The audit of runs: those whose transfers are wrong. A run and its transfers change together, so that one snapshot has
-- both. Closed: RESERVE, CHARGE and REFUND as the run says, one each where above zero. Open, frozen or not: only RESERVE.
-- $1 run_ids
-- Always one row: how many runs and transfers were read, and the wrong runs, each with what is wrong.
WITH seen AS MATERIALIZED (
  SELECT r.run_id, r.tenant_id, r.version, r.status, r.money_state, r.reserved_micros, r.charged_micros,
         r.status IN ('QUEUED', 'PROCESSING') AS open, l.*
    FROM runs r
    LEFT JOIN LATERAL (
      SELECT count(*) AS transfers, count(*) FILTER (WHERE tenant_id <> r.tenant_id) AS foreigners,
             sum(amount_micros) FILTER (WHERE kind = 'RESERVE') AS reserve,
             sum(amount_micros) FILTER (WHERE kind = 'CHARGE') AS charge,
             sum(amount_micros) FILTER (WHERE kind = 'REFUND') AS refund
        FROM ledger_transfers WHERE run_id = r.run_id
    ) l ON true
   WHERE r.run_id = ANY ($1::uuid[])
), judged AS (
  SELECT *, array_remove(ARRAY[
      CASE WHEN foreigners > 0 THEN 'a transfer of another tenant' END,
      CASE WHEN reserve IS DISTINCT FROM reserved_micros THEN 'RESERVE' END,
      CASE WHEN charge IS DISTINCT FROM CASE WHEN open THEN NULL ELSE nullif(charged_micros, 0) END THEN 'CHARGE' END,
      CASE WHEN refund IS DISTINCT FROM CASE WHEN open THEN NULL ELSE nullif(reserved_micros - charged_micros, 0) END
        THEN 'REFUND' END,
      CASE WHEN transfers <> num_nonnulls(reserve, charge, refund) THEN 'the number of transfers' END,
      CASE WHEN (charged_micros IS NULL) <> open OR charged_micros NOT BETWEEN 0 AND reserved_micros THEN 'charged_micros' END,
      CASE WHEN money_state NOT IN ('AUDIT_REQUIRED',
        CASE WHEN open THEN 'RESERVED' WHEN charged_micros > 0 THEN 'SETTLED' ELSE 'REFUNDED' END) THEN 'money_state' END
    ], NULL) AS wrong
    FROM seen
)
SELECT count(*) AS runs, coalesce(sum(transfers), 0)::bigint AS transfers,
       coalesce(jsonb_agg(jsonb_build_object('run_id', run_id, 'tenant_id', tenant_id, 'version', version::text,
         'status', status, 'money_state', money_state, 'detail', jsonb_build_object('wrong', wrong, 'status', status,
           'money_state', money_state, 'reserved_micros', reserved_micros::text, 'charged_micros', charged_micros::text,
           'reserve', reserve::text, 'charge', charge::text, 'refund', refund::text, 'transfers', transfers::text)))
         FILTER (WHERE wrong <> '{}'), '[]') AS faults
  FROM judged
