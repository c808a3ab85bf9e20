import { pagesOf } from "../../edge/http/cursor.ts";
import { expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { ledgerPage, usageView } from "../../edge/ledger/schemas.ts";
import { runList } from "../../edge/runs/schemas.ts";
import { acceptedRun, cancelRun, get, pointers, post, problemOf, work } from "./client.ts";
import { csvRows } from "./csv-rows.ts";
import { complete } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const ask = ({ api_key }: Account, path: string) => get(`${world.url}${path}`, api_key);
const submit = async ({ api_key }: Account, change = {}) =>
  acceptedRun(await post({ url: world.url, api_key, body: work(change) })).run_id;
const withCursor = (path: string, cursor: string | null | undefined) =>
  typeof cursor === "string" ? `${path}&cursor=${cursor}` : path;

/** Goes on from each page's position until so many entries were seen; that they are final may take a moment. */
async function readUntil<T>(count: number, read: (position: string | null | undefined) => Promise<Page<T>>) {
  const seen: T[] = [];
  let position: string | null | undefined;
  while (seen.length < count) {
    const page = await read(position);
    seen.push(...page.entries);
    position = page.next_position;
  }
  return { seen, position };
}
interface Page<T> {
  readonly entries: readonly T[];
  readonly next_position?: string | null | undefined;
}

const ledger =
  (account: Account, query = "") =>
  async (position: string | null | undefined) => {
    const answer = await ask(account, withCursor(`/v1/ledger?order=committed${query}`, position));
    const { transfers: entries, ...places } = ledgerPage.parse(answer.body);
    return { entries, ...places, headers: answer.headers };
  };
const runs = (account: Account, query: string) => async (position: string | null | undefined) => {
  const { runs: entries, ...places } = runList.parse((await ask(account, withCursor(query, position))).body);
  return { entries, ...places };
};

test("the ledger in commit order begins with the first transfer and is gone on from where it ended", async () => {
  const account = await world.account();
  const run_id = await submit(account);
  const first = await readUntil(2, ledger(account, "&limit=1"));
  expect(first.seen.map(({ kind }) => kind)).toEqual(["GRANT", "RESERVE"]);
  const nothing = await ledger(account)(first.position);
  expect(nothing).toMatchObject({ entries: [], next_cursor: null, next_position: first.position });
  expect(nothing.headers.get("link")).toBeNull();
  await complete(world.backend, run_id, { data: 1 }, 123_456);
  const rest: string[] = [];
  for (let position = first.position; rest.length < 2;) {
    const page = await ledger(account)(position);
    rest.push(...page.entries.map(({ kind }) => kind));
    position = page.next_position;
    expect(page.headers.get("x-dpp-next-position")).toBe(position);
  }
  expect(rest).toEqual(["CHARGE", "REFUND"]);
});

test("what there is more of now has a next_cursor and a Link too, as JSON and as CSV", async () => {
  const account = await world.account({ funds: 0 });
  const { tenant_id } = account;
  for (let count = 0; count < 5; count++)
    await grantCredit(world.owner, { tenant_id, grant_id: `${count} ${tenant_id}`, amount: micros(1) });
  const { seen } = await readUntil(5, ledger(account));
  const ids: (string | undefined)[] = [];
  const pages: number[] = [];
  for (let path: string | undefined = "/v1/ledger?order=committed&format=csv&limit=2"; path !== undefined;) {
    const answer = await ask(account, path);
    const rows = csvRows(answer.text).slice(1);
    ids.push(...rows.map(([id]) => id));
    pages.push(rows.length);
    const cursor = answer.headers.get("x-dpp-next-position") ?? "";
    path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    if (path !== undefined) expect(new URL(path, world.url).searchParams.get("cursor")).toBe(cursor);
  }
  expect(pages).toEqual([2, 2, 1]);
  expect(ids).toEqual(seen.map(({ transfer_id }) => transfer_id));
  const grants = await readUntil(5, ledger(account, "&kind=GRANT&limit=3"));
  expect(grants.seen).toEqual(seen);
});

test("runs come in the order in which they were accepted, or ended", async () => {
  const account = await world.account();
  const [a, b, c] = [await submit(account), await submit(account, { metadata: { order: "B" } }), await submit(account)];
  const accepted = await readUntil(3, runs(account, "/v1/runs?order=accepted&limit=2"));
  expect(accepted.seen.map(({ run_id }) => run_id)).toEqual([a, b, c]);
  await cancelRun(`${world.url}/v1/runs/${c}`, account.api_key);
  await complete(world.backend, a, { data: 1 }, 12_345);
  const ended = await readUntil(2, runs(account, "/v1/runs?order=ended&limit=1"));
  expect(ended.seen.map(({ run_id, status }) => [run_id, status])).toEqual([
    [c, "CANCELED"],
    [a, "COMPLETED"],
  ]);
  const completed = await readUntil(1, runs(account, "/v1/runs?order=ended&status=COMPLETED"));
  expect(completed.seen.map(({ run_id }) => run_id)).toEqual([a]);
  const filtered = await readUntil(1, runs(account, "/v1/runs?order=accepted&metadata[order]=B&pack_type=decision"));
  expect(filtered.seen.map(({ run_id }) => run_id)).toEqual([b]);
  const second = await world.key(account.tenant_id);
  const d = await submit({ ...account, api_key: second.api_key });
  const of_key = await readUntil(1, runs(account, `/v1/runs?order=accepted&key_id=${second.key_id}`));
  expect(of_key.seen.map(({ run_id }) => run_id)).toEqual([d]);
});

test("usage says up to which day it is final", async () => {
  const account = await world.account();
  const { complete_through } = usageView.parse((await ask(account, "/v1/usage")).body);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  expect([day(Date.now() - 86_400_000), day(Date.now() - 120_000 - 86_400_000)]).toContain(complete_through);
});

const POSITION = { epoch: 1, order: "1", id: "1" };
const cursorOf = (list: string, position: Parameters<ReturnType<typeof pagesOf>["cursor"]>[0] = POSITION) =>
  pagesOf(list, {}).cursor(position);

test.each([
  ["/v1/ledger?order=oldest", "order"],
  ["/v1/ledger?order=committed&order=committed", "order"],
  ["/v1/ledger?order=committed&run_id=01a1fa37-24d5-77a5-b92c-ccf601371541", "run_id"],
  ["/v1/ledger?order=committed&cursor=x", "cursor"],
  [`/v1/ledger?order=committed&cursor=${cursorOf("ledger")}`, "cursor"],
  [`/v1/ledger?order=committed&cursor=${cursorOf("ended")}`, "cursor"],
  [`/v1/ledger?order=committed&cursor=${cursorOf("ledger", { ...POSITION, id: "9223372036854775808" })}`, "cursor"],
  [`/v1/ledger?order=committed&cursor=${cursorOf("ledger", { at: "2026-01-01T00:00:00.000000Z", id: "7" })}`, "cursor"],
  [`/v1/ledger?cursor=${cursorOf("ledger")}`, "cursor"],
  ["/v1/runs?order=committed", "order"],
  ["/v1/runs?order=accepted&status=COMPLETED", "status"],
  [`/v1/runs?order=ended&cursor=${cursorOf("accepted")}`, "cursor"],
  [`/v1/runs?order=ended&cursor=${cursorOf("ended")}`, "cursor"],
])("the query %s is a 400 that names the parameter", async (path, parameter) => {
  const document = problemOf(await ask(await world.account(), path), 400, "invalid-request");
  expect(pointers(document)).toEqual([parameter]);
});
