import { expect, test } from "vitest";
import type { Row } from "#core/ports/db.ts";
import { createApp } from "../../../edge/app.ts";
import { loneDeps, madeUpKey } from "../../tools/bodies/lone-edge.ts";

const TENANT = "0190a000-0000-7000-8000-000000000001";
const ALLOWED = ["ALLOWED", "100", "60000", "99", "1000", "0"];
const NO_TRANSFER: Row = { outcome: "found", transfer_id: null };

/** An edge whose database answers once it is told to. */
function slowEdge() {
  const database = Promise.withResolvers<readonly Row[]>();
  const app = createApp(
    loneDeps({
      redis: {
        get: () => Promise.resolve(TENANT),
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

test("an isolate makes four large CSVs at a time, one of a key, and refuses others until one is made", async () => {
  const { ask, answer } = slowEdge();
  const keys = Array.from({ length: 4 }, () => madeUpKey());
  const made = keys.map((key) => ask(key, "format=csv"));
  for (const key of [keys[0] ?? "", madeUpKey()]) {
    const refused = await ask(key, "format=csv");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "2"]);
  }
  const small = [ask(madeUpKey(), "format=csv&limit=1000"), ask(madeUpKey(), "limit=100")];
  answer();
  for (const response of await Promise.all([...made, ...small])) expect(response.status).toBe(200);
  expect((await ask(keys[0] ?? "", "format=csv")).status).toBe(200);
});
