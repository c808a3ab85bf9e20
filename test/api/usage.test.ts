import { expect, test } from "vitest";
import { usageView } from "../../edge/ledger/schemas.ts";
import { acceptedRun, cancelRun, get, pointers, post, problemOf, work } from "./client.ts";
import { complete, fail } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const DAY_MS = 86_400_000;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const ask = ({ api_key }: Account, query = "") => get(`${world.url}/v1/usage${query}`, api_key);

async function usage(account: Account, query = "") {
  const answer = await ask(account, query);
  expect(answer.status, answer.text).toBe(200);
  return usageView.parse(answer.body);
}

async function submit({ api_key }: Account, change: Record<string, unknown> = {}): Promise<string> {
  return acceptedRun(await post({ url: world.url, api_key, body: work(change) })).run_id;
}

/** Three closed runs and one that is open. */
async function worked(account: Account): Promise<void> {
  await complete(world.backend, await submit(account), { data: 1 }, 123_456);
  await fail(world.backend, await submit(account));
  const page = { pack_type: "url", inputs: { url: "https://example.com/" }, max_cost_usd: "0.5000" };
  await cancelRun(`${world.url}/v1/runs/${await submit(account, page)}`, account.api_key);
  await submit(account);
}

/** Moves what an account used to other days: the day on which its runs ended. */
const moveTo = (account: Account, day: string) =>
  world.owner.query("UPDATE usage_daily SET day = $2 WHERE tenant_id = $1", [account.tenant_id, day]);

const decision = { successes: 1, failures: 1, canceled: 0, charged_usd: "0.134456", reserved_usd: "2.0000" };
const url = { successes: 0, failures: 0, canceled: 1, charged_usd: "0.0000", reserved_usd: "0.5000" };
const both = { runs: 3, successes: 1, failures: 1, canceled: 1, charged_usd: "0.134456", reserved_usd: "2.5000" };

test("usage is the last 30 days by day, unless something else is asked for", async () => {
  const account = await world.account();
  await worked(account);
  const before = dayOf(Date.now());
  const answer = await ask(account);
  const after = dayOf(Date.now());
  expect(answer.headers.get("ratelimit")).toMatch(/^"read";r=\d+;t=\d+$/);
  const { rows, totals, days, ...rest } = usageView.parse(answer.body);
  expect([before, after]).toContain(rest.end_date);
  expect(Date.parse(rest.end_date) - Date.parse(rest.start_date)).toBe(29 * DAY_MS);
  expect(rest.group_by).toBe("day");
  expect(totals).toEqual(both);
  expect(days).toMatch(/on which it ended/);
  // One row, but two where midnight came between the runs.
  expect(rows.reduce((sum, { runs }) => sum + runs, 0)).toBe(3);
  expect(rows.length).toBeLessThanOrEqual(2);
});

test("usage is grouped by day, by pack or by key", async () => {
  const account = await world.account();
  const second = await world.key(account.tenant_id, { name: "nightly" });
  await worked(account);
  await moveTo(account, "2026-03-01");
  await complete(world.backend, await submit(second), { data: 1 }, 500_000);
  await world.owner.query("UPDATE usage_daily SET day = '2026-03-03' WHERE key_id = $1", [second.key_id]);
  const march = "?start_date=2026-03-01&end_date=2026-03-31";
  const nightly = { runs: 1, successes: 1, failures: 0, canceled: 0, charged_usd: "0.5000", reserved_usd: "1.0000" };
  const totals = { runs: 4, successes: 2, failures: 1, canceled: 1, charged_usd: "0.634456", reserved_usd: "3.5000" };

  expect(await usage(account, march)).toMatchObject({
    start_date: "2026-03-01",
    end_date: "2026-03-31",
    rows: [
      { day: "2026-03-01", ...both },
      { day: "2026-03-03", ...nightly },
    ],
    totals,
  });
  const packs = await usage(second, `${march}&group_by=pack`);
  expect(packs.totals).toEqual(totals);
  const decisions = { ...decision, runs: 3, successes: 2, charged_usd: "0.634456", reserved_usd: "3.0000" };
  expect(packs.rows).toEqual([
    { pack_type: "decision", ...decisions },
    { pack_type: "url", runs: 1, ...url },
  ]);
  const keys = await usage(account, `${march}&group_by=key`);
  expect(keys.totals).toEqual(totals);
  expect(keys.rows).toEqual([
    { key_id: second.key_id, key_name: "nightly", ...nightly },
    { key_id: account.key_id, key_name: "key", ...both },
  ]);
});

test("usage is grouped by day and pack together, the most charged of a day first", async () => {
  const account = await world.account();
  await worked(account);
  await moveTo(account, "2026-03-01");
  await world.owner.query(
    `INSERT INTO usage_daily SELECT $1::uuid, '2026-03-02'::date, 'url', $2::uuid, 2, 2, 0, 0, 9000, 4000 UNION ALL
     SELECT $1, '2026-03-01', 'url', $3::uuid, 1, 1, 0, 0, 5000000, 3000000`,
    [account.tenant_id, account.key_id, (await world.key(account.tenant_id)).key_id],
  );
  const { group_by, rows, totals } = await usage(
    account,
    "?group_by=day,pack&start_date=2026-03-01&end_date=2026-03-31",
  );
  expect(group_by).toBe("day,pack");
  const ofDay = { ...url, runs: 2, successes: 1, charged_usd: "3.0000", reserved_usd: "5.5000" };
  expect(rows).toEqual([
    { day: "2026-03-01", pack_type: "url", ...ofDay },
    { day: "2026-03-01", pack_type: "decision", runs: 2, ...decision },
    {
      day: "2026-03-02",
      pack_type: "url",
      ...url,
      runs: 2,
      successes: 2,
      canceled: 0,
      charged_usd: "0.0040",
      reserved_usd: "0.0090",
    },
  ]);
  expect([totals.runs, totals.charged_usd]).toEqual([6, "3.138456"]);
});

test("both days that are asked for are included, and none beside them", async () => {
  const account = await world.account();
  await worked(account);
  await moveTo(account, "2028-02-29");
  for (const [query, runs] of [
    ["?start_date=2028-02-29&end_date=2028-02-29", 3],
    ["?end_date=2028-02-29", 3],
    ["?start_date=2028-01-01&end_date=2028-12-31", 3],
    ["?end_date=2028-03-29", 3],
    ["?end_date=2028-03-30", 0],
    ["?start_date=2028-03-01&end_date=2028-03-02", 0],
    ["?start_date=2028-02-01&end_date=2028-02-28", 0],
  ] as const) {
    expect((await usage(account, query)).totals.runs, query).toBe(runs);
  }
});

test("an account that used nothing has no rows, and totals of nothing", async () => {
  const { rows, totals } = await usage(await world.account());
  expect(rows).toEqual([]);
  const none = { runs: 0, successes: 0, failures: 0, canceled: 0, charged_usd: "0.0000", reserved_usd: "0.0000" };
  expect(totals).toEqual(none);
});

test("nobody sees what another account used", async () => {
  const [mine, theirs] = [await world.account(), await world.account()];
  await worked(theirs);
  for (const group of ["day", "pack", "key", "day,pack"])
    expect((await usage(mine, `?group_by=${group}`)).rows).toEqual([]);
});

test("sums beyond what one amount may be are told to the micro", async () => {
  const account = await world.account();
  await world.owner.query(
    `INSERT INTO usage_daily SELECT $1, '2026-01-01'::date + n, 'decision', $2, 1, 1, 0, 0, 9007199254740991, 9007199254740991
       FROM generate_series(0, 9) n`,
    [account.tenant_id, account.key_id],
  );
  const { totals } = await usage(account, "?start_date=2026-01-01&end_date=2026-01-31&group_by=pack");
  expect(totals.charged_usd).toBe("90071992547.409910");
});

test.each([
  ["start_date=1999-12-31&end_date=2000-01-01", "start_date"],
  ["start_date=2026-01-02&end_date=2026-01-01", "start_date"],
  ["start_date=2025-01-01&end_date=2026-01-02", "start_date"],
  ["start_date=9999-12-31", "start_date"],
  ["group_by=day,key", "group_by"],
  ["group_by=pack,day", "group_by"],
  ["days=7", "days"],
])("the query %s is a 400 that names the parameter", async (query, parameter) => {
  const account = await world.account();
  await get(`${world.url}/v1/budget`, account.api_key);
  const before = world.roundTrips();
  const document = problemOf(await ask(account, `?${query}`), 400, "invalid-request");
  expect(pointers(document)).toEqual([parameter]);
  expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
});
