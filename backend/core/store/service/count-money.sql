-- What the next tenants have in all, by plan.
-- $1 the last tenant of the page before  $2 how many
-- One row for each plan among them (null: tenants without one), which also names the last tenant of the page.
-- Zero rows: there are no more tenants.
WITH page AS MATERIALIZED (
  SELECT b.tenant_id, b.granted, b.charged, b.reserved, b.available, p.plan_id
    FROM balances b LEFT JOIN tenant_plans p USING (tenant_id)
   WHERE b.tenant_id > $1::uuid
   ORDER BY b.tenant_id
   LIMIT $2::integer
)
SELECT plan_id, count(*) AS tenants, sum(granted)::text AS granted, sum(charged)::text AS charged,
       sum(reserved)::text AS reserved, sum(available)::text AS available, sum(count(*)) OVER ()::text AS of_page,
       (SELECT l.tenant_id FROM page l ORDER BY l.tenant_id DESC LIMIT 1) AS last
  FROM page GROUP BY plan_id
