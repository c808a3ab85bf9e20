import { pagesOf } from "../../edge/http/cursor.ts";
import { expect, test } from "vitest";
import { problem } from "../../edge/service/problem-schema.ts";
import { runView } from "#core/domain/run-view.ts";
import { runList } from "../../edge/runs/schemas.ts";
import { acceptedRun, cancelRun, get, pointers, post, problemOf, work } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const ask = ({ api_key }: Account, query = "") => get(`${world.url}/v1/runs${query}`, api_key);

async function page(account: Account, query = "") {
  const answer = await ask(account, query);
  expect(answer.status, answer.text).toBe(200);
  return runList.parse(answer.body);
}
const ids = async (account: Account, query = "") => (await page(account, query)).runs.map(({ run_id }) => run_id);

async function submit({ api_key }: Account, change: Record<string, unknown> = {}): Promise<string> {
  return acceptedRun(await post({ url: world.url, api_key, body: work(change) })).run_id;
}

/** Follows the Link headers from this query to the end; `between` runs after every page. */
async function walk(account: Account, query: string, between: () => Promise<unknown> = async () => undefined) {
  const seen: string[] = [];
  let pages = 0;
  for (let path: string | undefined = `/v1/runs${query}`; path !== undefined; pages++) {
    const answer = await get(world.url + path, account.api_key);
    const { runs, next_cursor } = runList.parse(answer.body);
    seen.push(...runs.map(({ run_id }) => run_id));
    path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    expect(path === undefined).toBe(next_cursor === null);
    if (path !== undefined) expect(new URL(path, world.url).searchParams.get("cursor")).toBe(next_cursor);
    await between();
  }
  return { seen, pages };
}

test("an account without runs has an empty list", async () => {
  const account = await world.account();
  const answer = await ask(account);
  expect([answer.status, answer.body]).toEqual([200, { runs: [], next_cursor: null }]);
  expect(answer.headers.has("link")).toBe(false);
});

test("the newest run comes first, and each is shown as it is when read by itself", async () => {
  const account = await world.account();
  const done = await submit(account, { metadata: { order: "A-1" } });
  await complete(world.backend, done, { data: 1 }, 12_345);
  const failed = await submit(account);
  await fail(world.backend, failed);
  const queued = await submit(account);
  const answer = await ask(account);
  const { runs } = runList.parse(answer.body);
  expect(runs.map(({ run_id }) => run_id)).toEqual([queued, failed, done]);
  for (const run of runs) {
    expect(run).toEqual(runView.parse((await get(`${world.url}/v1/runs/${run.run_id}`, account.api_key)).body));
  }
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "cache-control": "no-store",
    ratelimit: expect.stringMatching(/^"read";r=\d+;t=\d+$/),
    "ratelimit-policy": expect.stringMatching(/^"read";q=\d+;w=\d+$/),
  });
});

test("paging through 250 runs while new ones are submitted sees each once", async () => {
  const account = await world.account({ funds: 1_000_000_000 });
  const submitted: string[] = [];
  for (let batch = 0; batch < 25; batch++) {
    submitted.push(...(await Promise.all(Array.from({ length: 10 }, () => submit(account)))));
  }
  const { seen, pages } = await walk(account, "?limit=20", () => submit(account));
  expect(seen.toSorted()).toEqual(submitted.toSorted());
  expect(pages).toBe(13);
});

test("runs of one microsecond, and of one millisecond, are each seen once", async () => {
  const account = await world.account();
  const submitted: string[] = [];
  for (let count = 0; count < 9; count++) {
    const run_id = await submit(account);
    submitted.push(run_id);
    const created_at = `2026-01-01T00:00:00.12345${Math.floor(count / 3)}Z`;
    await world.owner.query("UPDATE runs SET created_at = $2 WHERE run_id = $1", [run_id, created_at]);
  }
  for (const limit of [1, 2, 4, 9]) {
    const { seen, pages } = await walk(account, `?limit=${limit}`);
    expect(seen).toHaveLength(9);
    expect(new Set(seen)).toEqual(new Set(submitted));
    expect(pages).toBe(Math.ceil(9 / limit));
  }
});

test("runs are found by status, in a list or repeated, and past retention as expired alone", async () => {
  const account = await world.account();
  const [queued, processing, done, failed, canceled, expired] = [
    await submit(account),
    await submit(account),
    await submit(account),
    await submit(account),
    await submit(account),
    await submit(account),
  ];
  await start(world.backend, processing);
  await complete(world.backend, done, { data: 1 }, 10_000);
  await fail(world.backend, failed);
  await cancelRun(`${world.url}/v1/runs/${canceled}`, account.api_key);
  await complete(world.backend, expired, { data: 1 }, 10_000);
  await world.owner.query("UPDATE runs SET retention_until = now() - interval '1 minute' WHERE run_id = $1", [expired]);
  expect(await ids(account, "?status=QUEUED")).toEqual([queued]);
  expect(await ids(account, "?status=QUEUED,PROCESSING")).toEqual([processing, queued]);
  expect(await ids(account, "?status=COMPLETED")).toEqual([done]);
  expect(await ids(account, "?status=EXPIRED")).toEqual([expired]);
  expect(await ids(account, "?status=CANCELED&status=FAILED,QUEUED")).toEqual([canceled, failed, queued]);
  // As axios and PHP write it, and qs.
  for (const query of ["?status[]=CANCELED&status[]=FAILED", "?status[0]=CANCELED&status[1]=FAILED"])
    expect(await ids(account, query)).toEqual([canceled, failed]);
  expect(await ids(account, "?status%5B%5D=CANCELED&status=FAILED")).toEqual([canceled, failed]);
  const open = await walk(account, "?status=QUEUED,PROCESSING&limit=1");
  expect(open).toEqual({ seen: [processing, queued], pages: 2 });
});

test("runs are found by the key that submitted them, and only the account's own", async () => {
  const account = await world.account();
  const second = await world.key(account.tenant_id);
  const [mine, theirs, failed] = [await submit(account), await submit(second), await submit(second)];
  await fail(world.backend, failed);
  expect(await ids(account)).toEqual([failed, theirs, mine]);
  expect(await ids(account, `?key_id=${second.key_id}`)).toEqual([failed, theirs]);
  expect(await ids(account, `?key_id=${second.key_id}&status=QUEUED`)).toEqual([theirs]);
  expect(await ids(account, `?key_id=${account.key_id}&status=FAILED`)).toEqual([]);
  expect((await page(account, `?key_id=${second.key_id}&limit=1`)).runs[0]?.key_id).toBe(second.key_id);
  expect(await ids(await world.account(), `?key_id=${second.key_id}`)).toEqual([]);
  const other = (await page(account, `?key_id=${second.key_id}&limit=1`)).next_cursor ?? "";
  const refused = await ask(account, `?limit=1&cursor=${encodeURIComponent(other)}`);
  expect(pointers(problemOf(refused, 400, "invalid-request"))).toEqual(["cursor"]);
});

test("runs are found by pack, time and metadata, all of which must fit", async () => {
  const account = await world.account();
  const one = await submit(account, { metadata: { order: "A-1", team: "b&=é[]" } });
  const page_run = await submit(account, {
    pack_type: "url",
    inputs: { url: "https://example.com/" },
    metadata: { order: "A-1" },
  });
  const other = await submit(account, { metadata: { order: "A-2" } });
  const times = { [one]: "10:00:00.000001", [page_run]: "10:00:00.000002", [other]: "11:00:00" };
  for (const [run_id, time] of Object.entries(times)) {
    await world.owner.query("UPDATE runs SET created_at = $2 WHERE run_id = $1", [run_id, `2026-02-01T${time}Z`]);
  }
  expect(await ids(account, "?pack_type=url")).toEqual([page_run]);
  expect(await ids(account, "?pack_type=alchemy")).toEqual([]);
  expect(await ids(account, "?metadata[order]=A-1")).toEqual([page_run, one]);
  const both = new URLSearchParams({ "metadata[order]": "A-1", "metadata[team]": "b&=é[]" });
  expect(await ids(account, `?${both.toString()}`)).toEqual([one]);
  expect(await ids(account, "?metadata[order]=A-1&pack_type=decision")).toEqual([one]);
  expect(await ids(account, "?metadata[order]=A-1&status=QUEUED")).toEqual([page_run, one]);
  expect(await ids(account, "?metadata[order]=A-1&status=CANCELED")).toEqual([]);
  expect(await ids(account, "?metadata[__proto__]=x")).toEqual([]);
  // From a moment on, and before it: windows that meet miss nothing and repeat nothing.
  expect(await ids(account, "?created_after=2026-02-01T10:00:00.000002Z")).toEqual([other, page_run]);
  expect(await ids(account, "?created_before=2026-02-01T10:00:00.000002Z")).toEqual([one]);
  expect(await ids(account, "?created_before=2026-02-01t10:00:00.000002z")).toEqual([one]);
  const zoned = "?created_after=2026-02-01T11:00:00.0000021%2B01:00&created_before=2026-02-01T12:00:00%2B01:00";
  expect(await ids(account, zoned)).toEqual([page_run]);
});

test("a filter that fits one of very many runs leads to it by short pages", async () => {
  const account = await world.account();
  const oldest = await submit(account, { metadata: { rare: "yes" } });
  await world.owner.query("UPDATE runs SET created_at = '2026-01-01T00:00:00Z' WHERE run_id = $1", [oldest]);
  await world.owner.query(
    `INSERT INTO runs (run_id, tenant_id, key_id, idempotency_key, payload_sha256, pack_type, pack_version, trace_parent,
       timebox_sec, retention_days, key_capped, reserved_micros, minimum_fee_micros, last_signal_at, created_at)
     SELECT gen_random_uuid(), r.tenant_id, r.key_id, 'many-' || n, r.payload_sha256, r.pack_type, r.pack_version,
            r.trace_parent, 90, 30, false, 5000, 5000, now(), '2026-03-01T00:00:00Z'::timestamptz + n * interval '1 microsecond'
       FROM runs r, generate_series(1, 20500) n WHERE r.run_id = $1`,
    [oldest],
  );
  const first = await page(account, "?metadata[rare]=yes");
  expect(first.runs).toEqual([]);
  expect(first.next_cursor).not.toBeNull();
  expect(await walk(account, "?metadata[rare]=yes")).toEqual({ seen: [oldest], pages: 2 });
});

test("nobody sees another account's runs, whatever is asked for", async () => {
  const [mine, theirs] = [await world.account(), await world.account()];
  const own = [await submit(mine, { metadata: { a: "1" } }), await submit(mine, { metadata: { a: "1" } })];
  for (let count = 0; count < 4; count++) await submit(theirs, { metadata: { a: "1" } });
  const { next_cursor } = await page(theirs, "?limit=1");
  for (const query of ["", "?status=QUEUED", "?metadata[a]=1", "?pack_type=decision", `?cursor=${next_cursor}`]) {
    expect(await ids(mine, query)).toEqual(own.toReversed());
  }
});

/** Of this list and these filters, with a position that it may not have. */
const encoded = (position: unknown) => pagesOf("runs", {}).cursor(position as { readonly id: string });
const AT = "2026-01-01T00:00:00.000000Z";
const ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";

test.each([
  ["cursor=garbage", "cursor"],
  ["cursor=a", "cursor"],
  [`cursor=${encoded({ at: AT })}`, "cursor"],
  [`cursor=${encoded({ at: AT, id: "7" })}`, "cursor"],
  [`cursor=${encoded({ at: AT, id: ID, more: 1 })}`, "cursor"],
  [`cursor=${encoded({ at: "2026-13-01T00:00:00.000000Z", id: ID })}`, "cursor"],
  [`cursor=${encoded({ at: "infinity", id: ID })}`, "cursor"],
  [`cursor=${encoded([AT, ID])}`, "cursor"],
  ["created_after=2026-01-01T00:00:00+01:00", "created_after"],
  ["created_before=0001-01-01T00:00:00%2B23:59", "created_before"],
  ["metadata[%00]=a", "metadata"],
  [`metadata[${"x".repeat(65)}]=a`, "metadata"],
  ["page=2", "page"],
  ["toString=1", "toString"],
  ["__proto__=1", "__proto__"],
  ["constructor[name]=1", "constructor[name]"],
])("the query %s is a 400 that names the parameter", async (query, parameter) => {
  const account = await world.account();
  await get(`${world.url}/v1/budget`, account.api_key);
  const before = world.roundTrips();
  const document = problemOf(await ask(account, `?${query}`), 400, "invalid-request");
  expect(pointers(document)).toEqual([parameter]);
  expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
});

test("every fault of a query is told at once", async () => {
  const answer = await ask(await world.account(), "?limit=0&status=nope&page=1");
  expect(pointers(problemOf(answer, 400, "invalid-request")).toSorted()).toEqual(["limit", "page", "status"]);
  expect(problem.parse(answer.body).detail).toMatch(/\(first of 3 errors in `errors`\)\.$/);
});
