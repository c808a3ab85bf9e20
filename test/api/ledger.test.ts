import { pagesOf } from "../../edge/http/cursor.ts";
import { expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { ledgerPage } from "../../edge/ledger/schemas.ts";
import { acceptedRun, bearer, call, get, pointers, post, problemOf, work } from "./client.ts";
import { csvRows } from "./csv-rows.ts";
import { complete } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const ask = ({ api_key }: Account, query = "", headers: Record<string, string> = {}) =>
  call(`${world.url}/v1/ledger${query}`, { headers: { ...bearer(api_key), ...headers } });

async function transfers(account: Account, query = "") {
  const answer = await ask(account, query);
  expect(answer.status, answer.text).toBe(200);
  return ledgerPage.parse(answer.body);
}
const kinds = async (account: Account, query = "") =>
  (await transfers(account, query)).transfers.map(({ kind }) => kind);

async function submit({ api_key }: Account): Promise<string> {
  return acceptedRun(await post({ url: world.url, api_key, body: work() })).run_id;
}

const give = ({ tenant_id }: Account, grant_id: string) =>
  grantCredit(world.owner, { tenant_id, grant_id, amount: micros(1) });

/** A grant of 100 USD, and a run of 0.123456 USD: four transfers. */
async function worked(): Promise<{ account: Account; run_id: string }> {
  const account = await world.account();
  const run_id = await submit(account);
  await complete(world.backend, run_id, { data: 1 }, 123_456);
  return { account, run_id };
}

/** Follows the Link headers from this query to the end; what each page says is read by `read`. */
async function walk<T>(account: Account, query: string, read: (text: string) => readonly T[]) {
  const seen: T[] = [];
  let pages = 0;
  for (let path: string | undefined = `/v1/ledger${query}`; path !== undefined; pages++) {
    const answer = await get(world.url + path, account.api_key);
    seen.push(...read(answer.text));
    path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  return { seen, pages };
}

test("every movement of money is there, the newest first", async () => {
  const { account, run_id } = await worked();
  const answer = await ask(account);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    vary: "Accept",
    ratelimit: expect.stringMatching(/^"read";r=\d+;t=\d+$/),
  });
  const { transfers: all, next_cursor } = ledgerPage.parse(answer.body);
  expect(next_cursor).toBeNull();
  const of_run = { run_id, grant_id: null };
  expect(all).toMatchObject([
    { kind: "REFUND", debit: "reserved", credit: "available", amount_usd: "0.876544", ...of_run },
    { kind: "CHARGE", debit: "reserved", credit: "revenue", amount_usd: "0.123456", ...of_run },
    { kind: "RESERVE", debit: "available", credit: "reserved", amount_usd: "1.0000", ...of_run },
    { kind: "GRANT", debit: "funding", credit: "available", amount_usd: "100.0000", run_id: null },
  ]);
});

test("transfers are found by kind, by run and by time, all of which must fit", async () => {
  const { account, run_id } = await worked();
  const other = await submit(account);
  await clawbackCredit(world.owner, {
    tenant_id: account.tenant_id,
    clawback_id: `back-${account.tenant_id}`,
    amount: micros(7),
  });
  expect(await kinds(account)).toEqual(["CLAWBACK", "RESERVE", "REFUND", "CHARGE", "RESERVE", "GRANT"]);
  expect(await kinds(account, "?kind=GRANT,CLAWBACK")).toEqual(["CLAWBACK", "GRANT"]);
  expect(await kinds(account, "?kind=RESERVE&kind=GRANT&kind=GRANT")).toEqual(["RESERVE", "RESERVE", "GRANT"]);
  expect(await kinds(account, `?run_id=${run_id}`)).toEqual(["REFUND", "CHARGE", "RESERVE"]);
  expect(await kinds(account, `?run_id=${run_id.toUpperCase()}&kind=CHARGE`)).toEqual(["CHARGE"]);
  expect(await kinds(account, `?run_id=${other}`)).toEqual(["RESERVE"]);
  await world.owner.query(
    "UPDATE ledger_transfers SET created_at = '2026-02-01T00:00:00Z'::timestamptz + (kind = 'REFUND')::int * interval '1 microsecond' WHERE run_id = $1",
    [run_id],
  );
  expect(await kinds(account, "?created_before=2026-02-01T00:00:00.000002Z")).toEqual(["REFUND", "CHARGE", "RESERVE"]);
  expect(await kinds(account, "?created_before=2026-02-01T00:00:00.000001Z")).toEqual(["CHARGE", "RESERVE"]);
  const window = "created_after=2026-02-01T00:00:00.000001Z&created_before=2026-02-02T00:00:00Z";
  expect(await kinds(account, `?${window}`)).toEqual(["REFUND"]);
  expect(await kinds(account, `?${window}&run_id=${run_id}`)).toEqual(["REFUND"]);
  expect(await kinds(account, `?${window}&run_id=${other}`)).toEqual([]);
});

test("paging through the ledger while it grows sees each transfer once, as JSON and as CSV", async () => {
  const account = await world.account();
  await Promise.all(Array.from({ length: 60 }, (_, count) => give(account, `page-${count}-${account.tenant_id}`)));
  // As one statement of many transfers would leave them.
  await world.owner.query("UPDATE ledger_transfers SET created_at = '2026-02-01T00:00:00Z' WHERE tenant_id = $1", [
    account.tenant_id,
  ]);
  const json = await walk(account, "?limit=7", (text) => ledgerPage.parse(JSON.parse(text)).transfers);
  expect(json.pages).toBe(9);
  const csv = await walk(account, "?limit=25&format=csv", (text) => csvRows(text).slice(1));
  expect(csv.pages).toBe(3);
  const ids = json.seen.map(({ transfer_id }) => transfer_id);
  expect(new Set(ids).size).toBe(61);
  expect(csv.seen.map(([transfer_id]) => transfer_id)).toEqual(ids);

  let added = 0;
  const growing: string[] = [];
  for (let path: string | undefined = "/v1/ledger?limit=20"; path !== undefined;) {
    const answer = await get(world.url + path, account.api_key);
    growing.push(...ledgerPage.parse(answer.body).transfers.map(({ transfer_id }) => transfer_id));
    path = /^<([^>]+)>/.exec(answer.headers.get("link") ?? "")?.[1];
    await give(account, `late-${added++}-${account.tenant_id}`);
  }
  expect(growing).toEqual(ids);
});

test("as CSV it is a file with the same columns, whichever way it is asked for", async () => {
  const { account } = await worked();
  const { transfers: all } = await transfers(account);
  const answers = [
    await ask(account, "", { Accept: "text/csv" }),
    await ask(account, "", { Accept: "text/csv, application/json;q=0.5" }),
    await ask(account, "?format=csv", { Accept: "application/json" }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="ledger.csv"',
      vary: "Accept",
      ratelimit: expect.any(String),
    });
    const [names = [], ...rows] = csvRows(answer.text);
    expect(names).toEqual(Object.keys(all[0] ?? {}));
    const entries = rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at]])));
    expect(entries).toEqual(
      all.map((entry) => Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, value ?? ""]))),
    );
  }
  for (const accept of ["*/*", "application/json", "text/html", "text/csv;q=0.5, application/json"]) {
    expect((await ask(account, "", { Accept: accept })).headers.get("content-type")).toBe("application/json");
  }
  const json = await ask(account, "?format=json", { Accept: "text/csv" });
  expect(json.headers.get("content-type")).toBe("application/json");
});

test("a CSV has 10,000 transfers unless fewer are asked for, and says where the next ones are", async () => {
  const account = await world.account();
  await world.owner.query(
    `INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
     SELECT $1::uuid, 'many-' || n || '-' || $1, 'GRANT', 'funding', 'available', n, now() FROM generate_series(1, 10500) n`,
    [account.tenant_id],
  );
  const first = await ask(account, "?format=csv");
  expect(csvRows(first.text)).toHaveLength(10_001);
  const { seen, pages } = await walk(account, "?format=csv", (text) => csvRows(text).slice(1));
  expect(pages).toBe(2);
  expect(new Set(seen.map(([transfer_id]) => transfer_id)).size).toBe(10_501);
});

test("a cell that a spreadsheet would run is made harmless, and others stand as they are", async () => {
  const account = await world.account({ funds: 0 });
  const { tenant_id } = account;
  const hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x","y")', "＝1"];
  const plain = ["a=b", "a,b", 'say "hi"', "two\nlines", "ünïcode 💰", " =1"];
  for (const id of [...hostile, ...plain]) await give(account, `${id}${tenant_id}`);
  const answer = await ask(account, "?format=csv");
  const [names = [], ...rows] = csvRows(answer.text);
  const at = names.indexOf("grant_id");
  expect(rows.map((cells) => cells[at]).toReversed()).toEqual([
    ...hostile.map((id) => `'${id}${tenant_id}`),
    ...plain.map((id) => `${id}${tenant_id}`),
  ]);
});

test("an account whose money never moved has an empty page, and a CSV of names alone", async () => {
  const account = await world.account({ funds: 0 });
  expect(await transfers(account)).toEqual({ transfers: [], next_cursor: null });
  const csv = await ask(account, "?format=csv");
  expect(csv.text).toBe("transfer_id,kind,debit,credit,amount_usd,run_id,grant_id,created_at\r\n");
});

test("nobody sees another account's transfers, by its cursor or its run neither", async () => {
  const [mine, theirs] = [await worked(), await worked()];
  const own = (await transfers(mine.account)).transfers;
  const { next_cursor } = await transfers(theirs.account, "?limit=1");
  expect((await transfers(mine.account, `?cursor=${next_cursor}`)).transfers).toEqual(own);
  const foreign = await ask(mine.account, `?run_id=${theirs.run_id}`);
  const absent = await ask(mine.account, "?run_id=01a1fa37-24d5-77a5-b92c-ccf601371541");
  expect(foreign.body).toEqual({ transfers: [], next_cursor: null });
  expect(foreign.text).toBe(absent.text);
});

test("HEAD answers like GET, without a body", async () => {
  const { account } = await worked();
  for (const query of ["?limit=1", "?limit=1&format=csv"]) {
    const init = { method: "HEAD", headers: bearer(account.api_key) };
    const answer = await call(`${world.url}/v1/ledger${query}`, init);
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(answer.headers.get("link")).toMatch(/rel="next"/);
  }
});

/** Of this list and these filters, with a position that it may not have. */
const cursorOf = (position: unknown) => pagesOf("transfers", {}).cursor(position as { readonly id: string });
const AT = "2026-01-01T00:00:00.000000Z";

test.each([
  ["limit=201", "limit"],
  ["limit=201&format=json", "limit"],
  ["limit=10001&format=csv", "limit"],
  [`cursor=${cursorOf({ at: AT, id: "01a1fa37-24d5-77a5-b92c-ccf601371541" })}`, "cursor"],
  [`cursor=${cursorOf({ at: AT, id: 7 })}`, "cursor"],
  [`cursor=${cursorOf({ at: AT, id: "9223372036854775808" })}`, "cursor"],
  [`cursor=${cursorOf({ at: "now", id: "7" })}`, "cursor"],
  ["kind=GRANT,", "kind"],
  ["tenant_id=7", "tenant_id"],
])("the query %s is a 400 that names the parameter", async (query, parameter) => {
  const account = await world.account();
  await get(`${world.url}/v1/budget`, account.api_key);
  const before = world.roundTrips();
  const document = problemOf(await ask(account, `?${query}`), 400, "invalid-request");
  expect(pointers(document)).toEqual([parameter]);
  expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
});
