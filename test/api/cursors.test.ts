import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { acceptedRun, get, pointers, post, problemOf } from "./client.ts";
import { authorized } from "./every-route.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();
let account: Account;
beforeAll(async () => {
  account = await authorized(world);
  for (let count = 0; count < 3; count++) acceptedRun(await post({ url: world.url, api_key: account.api_key }));
});

const LISTS = ["/v1/runs?", "/v1/runs?order=accepted&", "/v1/ledger?", "/v1/ledger?order=committed&"];
const FILTERS = ["", "created_after=2026-01-01T00:00:00Z&", "created_before=2999-01-01T00:00:00Z&"];
const page = z.looseObject({ next_cursor: z.string() });

const ask = (path: string) => get(world.url + path, account.api_key);
const cursorOf = async (list: string) => page.parse((await ask(`${list}limit=1`)).body).next_cursor;

test("a cursor leads on in its own list with its own filters, and is refused by every other query", async () => {
  const queries = LISTS.flatMap((list) => FILTERS.map((filter) => list + filter));
  for (const own of queries) {
    const cursor = await cursorOf(own);
    for (const query of queries) {
      const answer = await ask(`${query}limit=2&cursor=${cursor}`);
      if (query === own) expect(answer.status, query).toBe(200);
      else expect(pointers(problemOf(answer, 400, "invalid-request")), `${own} ${query}`).toEqual(["cursor"]);
    }
  }
  const keys = await ask(`/v1/keys?cursor=${await cursorOf("/v1/runs?")}`);
  expect(pointers(problemOf(keys, 400, "invalid-request"))).toEqual(["cursor"]);
});

test("a filter that is written in another way is the same filter", async () => {
  const cursor = await cursorOf("/v1/runs?status=QUEUED,PROCESSING&created_after=2026-01-01T00:00:00Z&");
  for (const query of [
    "status=PROCESSING&status[]=QUEUED&created_after=2026-01-01T00:00:00Z",
    "created_after=2026-01-01t01:00:00.000%2B01:00&status=QUEUED,PROCESSING,QUEUED",
  ])
    expect((await ask(`/v1/runs?${query}&cursor=${cursor}`)).status).toBe(200);
});
