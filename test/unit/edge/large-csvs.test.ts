import { expect, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import type { Row } from "#core/ports/db.ts";
import { tenantOfKey } from "#core/store/redis/keys.ts";
import { createApp } from "../../../edge/app.ts";
import { loneDeps, madeUpKey } from "../../tools/bodies/lone-edge.ts";

const ALLOWED = ["ALLOWED", "100", "60000", "99", "1000", "0"];
const NO_TRANSFER: Row = { outcome: "found", transfer_id: null };

/** An edge whose keys are of accounts of their own, but for those `of_one`, and whose database answers once it is told to. */
function slowEdge(of_one: readonly string[] = []) {
  const same = new Set(of_one.map((key) => tenantOfKey(sha256Hex(key))));
  const tenants = new Map<string, string>();
  const tenantOf = (name: string) => {
    const key = same.has(name) ? "" : name;
    const tenant = tenants.get(key) ?? `0190a000-0000-7000-8000-${String(tenants.size).padStart(12, "0")}`;
    tenants.set(key, tenant);
    return tenant;
  };
  const database = Promise.withResolvers<readonly Row[]>();
  const app = createApp(
    loneDeps({
      redis: {
        get: (name) => Promise.resolve(tenantOf(name)),
        set: () => Promise.resolve(),
        run: () => Promise.resolve(ALLOWED),
      },
      db: { query: () => database.promise },
    }),
  );
  const ask = async (api_key: string, query: string) =>
    app.request(
      `https://api.example/v1/ledger?${query}`,
      { headers: { Authorization: `Bearer ${api_key}` } },
      {},
      { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} },
    );
  return { ask, answer: () => database.resolve([NO_TRANSFER]) };
}

test("an isolate makes four large CSVs at a time, one of an account, and refuses others until one is made", async () => {
  const keys = Array.from({ length: 4 }, () => madeUpKey());
  const sibling = madeUpKey();
  const { ask, answer } = slowEdge([keys[0] ?? "", sibling]);
  const first = ask(keys[0] ?? "", "format=csv");
  // Three places are free, but none for its account.
  expect((await ask(sibling, "format=csv")).status).toBe(429);
  const made = [first, ...keys.slice(1).map((key) => ask(key, "format=csv"))];
  for (const key of [keys[0] ?? "", sibling, madeUpKey()]) {
    const refused = await ask(key, "format=csv");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "2"]);
  }
  const small = [ask(madeUpKey(), "format=csv&limit=1000"), ask(madeUpKey(), "limit=100")];
  answer();
  for (const response of await Promise.all([...made, ...small])) expect(response.status).toBe(200);
  expect((await ask(keys[0] ?? "", "format=csv")).status).toBe(200);
});
